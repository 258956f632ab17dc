"""Build the wheel with the students' template in it; all settings stand in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
PROJECT = ("LICENSE", "constraints.txt", "pyproject.toml", "setup.py")  # of hand-outs


class BuildWithTemplate(build_py):
    """Copy what lies beside the package, for `init`, `handout` and `gradescope`."""

    def run(self) -> None:
        """Build the package, then add the files."""
        super().run()
        if self.editable_mode:
            return
        for path in Path(self.build_lib).rglob("marking.toml"):
            path.unlink()  # marking schemes are the staff's, who have a clone
        kit = Path(self.build_lib) / "grader"
        if (ROOT / "student_template").is_dir():  # Gradescope's autograder has none
            shutil.copytree(
                ROOT / "student_template",
                kit / "student_template",
                ignore=shutil.ignore_patterns("__pycache__", ".*"),
                dirs_exist_ok=True,
            )
        project = kit / "release" / "files" / "project"
        project.mkdir(exist_ok=True)
        for name in PROJECT:
            shutil.copy(ROOT / name, project)


setup(cmdclass={"build_py": BuildWithTemplate})
