"""The command line: `python -m grader COMMAND`, one entry a command in the table below.

The exit status is the command's own: 0 when all is well, 1 when it found something to report.
Bad input ends with status 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.errors import UserError


class Command(NamedTuple):
    """A subcommand; its module is imported only when it runs, so that light commands stay light."""

    module: str
    function: str  # takes the parsed arguments, returns the exit status
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


def template_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="write nothing, show what is out of date"
    )


def worksheet_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--worksheet",
        type=Path,
        metavar="CSV",
        help="Moodle's grading worksheet, to be filled in place",
    )


def batch_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("submissions", type=Path, help="folder of ZIPs or folders, or Moodle's ZIP of all")
    add("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of results")
    add("-j", "--jobs", type=positive, default=os.cpu_count(), metavar="N", help="default: cores")
    add("--seed", type=int, metavar="N", help="default: OUT's, or drawn for a new one")
    add("--exercise", action="append", default=[], metavar="NAME", help="only this; repeatable")
    add("-k", dest="select", metavar="EXPRESSION", help="only these tests, as pytest's -k")
    add("--time-scale", type=float, default=1.0, metavar="F", help="multiply every time limit")
    add(
        "--again",
        action="append",
        default=[],
        metavar="NAME",
        help="grade this student again, changed or not; * stands for anything",
    )
    add("--isolation", choices=["full", "limits"], default="full", help="the least that will do")
    add("--scheduler", metavar="ADDRESS", help="of a Dask cluster, like tcp://host:8786")
    add("--similar", action="store_true", help="look for submissions that share code")
    worksheet_argument(parser)


def marks_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("output", type=Path, metavar="OUT", help="folder of results")
    worksheet_argument(parser)


def archive_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="ZIP")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


COMMANDS = {
    "batch": Command(
        "grader.batch.command",
        "run_batch",
        "grade many submissions, write grades, feedback and a report",
        batch_arguments,
    ),
    "marks": Command(
        "grader.batch.command",
        "run_marks",
        "write OUT/marks.csv for a person's marks, and merge those in it into all reports",
        marks_arguments,
    ),
    "handout": Command(
        "grader.handout", "run_handout", "pack template and grader for students", archive_arguments
    ),
    "gradescope": Command(
        "grader.gradescope",
        "run_gradescope",
        "pack an autograder for Gradescope",
        archive_arguments,
    ),
    "template": Command(
        "grader.release",
        "run_template",
        "generate student_template/ from reference/",
        template_arguments,
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grader")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        command.add_arguments(
            subparsers.add_parser(name, help=command.help, description=command.help)
        )
    parsed = parser.parse_args(arguments)
    command = COMMANDS[parsed.command]
    try:
        status: int = getattr(importlib.import_module(command.module), command.function)(parsed)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
