"""Define the options of each command of ``rnn-autograder``."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

N = TypeVar("N", int, float)
PLATFORMS = (
    "moodle", "blackboard", "canvas", "brightspace", "ilias", "gradescope", "github", "folders"
)  # fmt: skip


def check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader check`; all others are pytest's."""
    parser.add_argument("path", metavar="PATH", help="folder or ZIP to grade")
    parser.epilog = (
        "Further options are those of pytest and of its group rnn-autograder: -k lstm, --exercise "
        "NAME, --seed N, --in-process, --time-scale F; `pytest grader --help` lists them."
    )


def init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of `grader init`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or an empty one")


def course_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of `grader course`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the course's folder")


def template_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader template`."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing, show what is out of date"
    )


def worksheet_argument(parser: argparse.ArgumentParser) -> None:
    """Add options for the platform's table of grades."""
    parser.add_argument(
        "--worksheet",
        type=Path,
        metavar="CSV",
        help="the platform's table of grades, to be filled in place",
    )
    parser.add_argument(
        "--column",
        type=column,
        action="append",
        default=[],
        metavar="WHICH=NAME",
        help="what the table calls a column (identifier, grade, maximum, comment, group, "
        "status), where that is not known; repeatable",
    )
    parser.add_argument(
        "--provisional",
        action="store_true",
        help="enter the points so far where a person has yet to give some",
    )
    parser.add_argument(
        "--part-size",
        type=size,
        metavar="SIZE",
        help="write feedback.zip in parts of at most this size, like 50MB: the platform's limit",
    )
    parser.add_argument(
        "--late", type=Path, metavar="TOML", help="what late hand-ins cost; kept in OUT/late.toml"
    )


def watch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader watch`."""
    parser.add_argument(
        "path",
        type=Path,
        nargs="?",
        default=Path("student_template"),
        metavar="FOLDER",
        help="what you work on (default: %(default)s)",
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="default: %(default)s")
    grading_arguments(parser)


def batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader batch`."""
    add = parser.add_argument
    add("submissions", type=Path, help="folder of ZIPs or folders, or a platform's download")
    add(
        "--platform",
        default="",
        choices=PLATFORMS,
        help="whose download it is, where its names leave that open: %(choices)s",
        metavar="NAME",
    )
    add("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of results")
    add("-j", "--jobs", type=positive, default=os.cpu_count(), metavar="N", help="default: cores")
    add("--seed", type=natural, metavar="N", help="default: OUT's, or drawn for a new one")
    add("-k", dest="select", metavar="EXPRESSION", help="only these tests, as pytest's -k")
    grading_arguments(parser)
    add(
        "--again",
        action="append",
        default=[],
        metavar="NAME",
        help="grade this student again, changed or not; * stands for anything",
    )
    add(
        "--question",
        action="append",
        default=[],
        metavar="ID",
        help="with --again: grade this question alone, and leave all other results; repeatable",
    )
    add("--isolation", choices=["full", "limits"], default="full", help="the least that will do")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, like tcp://host:8786")
    add("--similar", action="store_true", help="look for submissions that share code")
    worksheet_argument(parser)


def grading_arguments(parser: argparse.ArgumentParser) -> None:
    """Add options that every grading takes."""
    add = parser.add_argument
    add("--exercise", action="append", default=[], metavar="NAME", help="only this; repeatable")
    add("--time-scale", type=factor, default=1.0, metavar="F", help="multiply every time limit")


def marks_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader marks`."""
    parser.add_argument("output", type=Path, metavar="OUT", help="folder of results")
    worksheet_argument(parser)


def review_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader review`."""
    add = parser.add_argument
    add("output", type=Path, metavar="OUT", help="folder of results")
    add("submissions", type=Path, nargs="?", help="where the submissions lie now, if elsewhere")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="to serve a team; has a password")
    add("--port", type=natural, metavar="N", help="default: the first that is free from 8642 on")
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that a tunnel has in the browser; repeatable",
    )
    add(
        "--password-file", type=Path, metavar="FILE", help="the team's password; default: a new one"
    )
    add("--person", metavar="NAME", help="who marks; default: the name on this computer")
    add("--no-browser", action="store_true", help="only print the address")
    add("--isolation", choices=["full", "limits"], default="full", help="the least that will do")
    worksheet_argument(parser)


def archive_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the archive to write."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="ZIP")


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader export`."""
    parser.add_argument("results", type=Path, metavar="OUT", help="folder of results")
    archive_arguments(parser)


def gradescope_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `grader gradescope`."""
    archive_arguments(parser)
    grading_arguments(parser)
    parser.add_argument(
        "--visibility",
        choices=["visible", "after_due_date", "after_published", "hidden"],
        default="visible",
        help="when students see results (default: at once)",
    )
    parser.add_argument(
        "--leaderboard", action="store_true", help="show all students each other's points"
    )


def positive(text: str) -> int:
    """Return a whole number, at least 1."""
    return _number(text, int, lambda number: number >= 1, "a whole number, at least 1")


def natural(text: str) -> int:
    """Return a whole number, at least 0."""
    return _number(text, int, lambda number: number >= 0, "a whole number, at least 0")


def factor(text: str) -> float:
    """Return a finite number above 0."""
    return _number(text, float, lambda number: 0 < number < math.inf, "a number above 0")


def size(text: str) -> int:
    """Return a number of bytes, of at least 1 MB; the text is like ``50MB`` or ``0.5GB``."""
    number, unit = text[:-2], text[-2:].upper()
    if unit not in ("MB", "GB"):
        raise argparse.ArgumentTypeError("must be like 50MB")
    scale = 10**6 if unit == "MB" else 10**9
    return int(
        scale * _number(number, float, lambda n: 10**6 <= scale * n < math.inf, "at least 1MB")
    )


def column(text: str) -> tuple[str, str]:
    """Return what ``WHICH=NAME`` says: a kind of column, and its name."""
    which, _, name = text.partition("=")
    kinds = ("identifier", "grade", "maximum", "comment", "group", "status")
    if which not in kinds or not name:
        raise argparse.ArgumentTypeError("must be like grade=Note")
    return which, name


def _number(text: str, kind: type[N], is_right: Callable[[N], bool], what: str) -> N:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not is_right(number):
        raise argparse.ArgumentTypeError(f"must be {what}")
    return number
