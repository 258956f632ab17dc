"""Make `pytest grader` grade from any folder, without an installation of the kit."""

pytest_plugins = ["grader.plugin"]
