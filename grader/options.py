"""Add the options of a grading run to pytest's.

An installed kit registers this module as a plugin, so that pytest knows the options before it reads
any ``conftest.py``. Otherwise it would take the value of ``--submission PATH`` for a folder of
tests, and run a ``conftest.py`` of the submission: student code in the judge.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from grader.core.course import KITS, choose, course
from grader.core.errors import UserError
from grader.core.failures import Hints
from grader.core.language import sentences
from grader.core.paths import IS_CLONE, KIT


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a grading to pytest's."""
    group = parser.getgroup("rnn-autograder")
    group.addoption(
        "--submission",
        type=Path,
        metavar="PATH",
        help="folder or ZIP to grade (default: student_template)",
    )
    group.addoption(
        "--course",
        type=Path,
        metavar="FOLDER",
        help="grade the exercises in FOLDER/exercises, instead of the kit's own",
    )
    group.addoption(
        "--seed", type=int, metavar="N", help="repeat a run exactly (default: drawn, and printed)"
    )
    group.addoption(
        "--exercise",
        action="append",
        metavar="NAME",
        help="grade only this exercise (may be given more than once)",
    )
    group.addoption(
        "--hints",
        choices=get_args(Hints),
        help="how much a wrong answer tells: everything, all but the hint, or which check failed "
        "(default: what the exercise's rubric.toml says)",
    )
    group.addoption(
        "--in-process",
        action="store_true",
        help="run the submission in pytest's own process, so that breakpoints work; "
        "only for code that you trust",
    )
    _add_limits(group)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the grader where pytest does not find its conftest.py, and the course asked for."""
    is_grading = config.option.course or any(_is_kit(each, config) for each in config.args)
    if config.option.help or not is_grading:
        return
    try:
        _choose_course(config)
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.import_plugin("grader.plugin")


def _is_kit(argument: str, config: pytest.Config) -> bool:
    """Return whether an argument of pytest is this kit, or a part of it."""
    place = argument.partition("::")[0]
    if config.option.pyargs and place.partition(".")[0] == "grader":
        return True
    return (config.invocation_params.dir / place).resolve().is_relative_to(KIT)


def _choose_course(config: pytest.Config) -> None:
    """Let pytest collect the exercises of the course that was asked for.

    Raises:
        UserError: There is no such course or exercise.
    """
    if config.option.course:
        config.add_cleanup(partial(_restore, course().root))
        choose(config.option.course)
    sentences()  # what is wrong with a course's translations is said now
    if course() != KITS:
        whole = {str(KIT), "grader"}
        folder = str(course().exercises)
        config.args[:] = [
            folder if whole & {each, str((config.invocation_params.dir / each).resolve())} else each
            for each in config.args
        ]
        config.option.importmode = "importlib"  # the folders of a course may have any name
    for name in config.option.exercise or ():
        if name not in course().names:
            raise UserError(
                f"--exercise {name}: there is no such exercise; choose from "
                f"{', '.join(course().names)}"
            )


def _restore(root: Path | None) -> None:
    choose(root)


def submission_of(config: pytest.Config) -> Path:
    """Return what to grade: `--submission`, or else the students' template.

    Raises:
        UserError: There is none.
    """
    given: Path | None = config.getoption("submission")
    if given:
        return given
    own = course().template
    if not IS_CLONE and course() == KITS:  # an installed kit: its template is nobody's work
        own = config.invocation_params.dir / own.name
    if not own.is_dir():
        raise UserError(f"Say what to grade: --submission=PATH (there is no folder {own})")
    return own


def _add_limits(group: pytest.OptionGroup) -> None:
    """Add the options that limit what student code can do, and for how long."""
    group.addoption(
        "--time-scale",
        type=float,
        default=1.0,
        metavar="F",
        help="multiply every time limit, for a slow machine",
    )
    group.addoption(
        "--isolation",
        choices=("auto", "full", "limits"),
        default="auto",
        help="how student code is locked up: fully (Linux with Landlock and seccomp), by limits on "
        "time and memory alone, or as well as can be done here (default)",
    )
    group.addoption(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=N",
        help="change a limit on student code: cpu (seconds), memory, file, disk (MiB), files, "
        "threads",
    )
