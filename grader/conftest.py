"""Makes ``pytest grader`` grade, from any folder and without an installation of the kit."""

pytest_plugins = ["grader.plugin"]
