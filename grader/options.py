"""Add the options of a grading run to pytest's.

An installed kit registers this module as a plugin, so that pytest knows the options before it reads
any ``conftest.py``. Otherwise it would take the value of ``--submission PATH`` for a folder of
tests, and run a ``conftest.py`` of the submission: student code in the judge.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from grader.core.failures import Hints
from grader.core.paths import TEMPLATE
from grader.core.rubric import read_rubric


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a grading to pytest's."""
    group = parser.getgroup("rnn-autograder")
    group.addoption(
        "--submission",
        type=Path,
        default=TEMPLATE,
        metavar="PATH",
        help="folder or ZIP to grade (default: student_template)",
    )
    group.addoption(
        "--seed", type=int, metavar="N", help="repeat a run exactly (default: drawn, and printed)"
    )
    group.addoption(
        "--exercise",
        action="append",
        choices=sorted({question.exercise for question in read_rubric()}),
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
