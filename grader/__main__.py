"""Run one of the commands of ``rnn-autograder``, or ``python -m grader``.

The exit status is the command's own: 0 when all is well, 1 when it found something to report.
Bad input ends with status 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader import command_options
from grader.core.course import choose
from grader.core.errors import UserError

PROGRAM = "rnn-autograder"
DESCRIPTION = "Grade exercises on recurrent networks and backpropagation through time."


class Command(NamedTuple):
    """A subcommand; its module is imported only when it runs, so that light commands stay light."""

    module: str
    function: str  # takes the parsed arguments, returns the exit status
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]


COMMANDS = {
    "check": Command(
        "grader.check",
        "run_check",
        "grade one folder or ZIP, and show what is wrong",
        command_options.check_arguments,
    ),
    "init": Command(
        "grader.release.init",
        "run_init",
        "lay out the template for a student to work in, with a workflow for GitHub",
        command_options.init_arguments,
    ),
    "watch": Command(
        "grader.watch.command",
        "run_watch",
        "grade a folder again whenever a file in it is saved",
        command_options.watch_arguments,
    ),
    "batch": Command(
        "grader.batch.command",
        "run_batch",
        "grade many submissions, write grades, feedback and a report",
        command_options.batch_arguments,
    ),
    "marks": Command(
        "grader.batch.command",
        "run_marks",
        "write OUT/marks.csv for a person's marks, and merge those in it into all reports",
        command_options.marks_arguments,
    ),
    "review": Command(
        "grader.desk.command",
        "run_review",
        "mark written answers in a browser, and change points",
        command_options.review_arguments,
    ),
    "export": Command(
        "grader.batch.export",
        "run_export",
        "pack all results under pseudonyms, for research or an appeal",
        command_options.export_arguments,
    ),
    "handout": Command(
        "grader.release.handout",
        "run_handout",
        "pack template and grader for students",
        command_options.archive_arguments,
    ),
    "gradescope": Command(
        "grader.release.gradescope_pack",
        "run_gradescope",
        "pack an autograder for Gradescope",
        command_options.gradescope_arguments,
    ),
    "template": Command(
        "grader.release.template",
        "run_template",
        "generate student_template/ from reference/",
        command_options.template_arguments,
    ),
    "course": Command(
        "grader.release.course_check",
        "run_course",
        "check a course of one's own: reference, template and faults",
        command_options.course_arguments,
    ),
}
NOT_ON_WINDOWS = {"watch", "batch", "marks", "review", "export"}  # they lock files, and fork


class Version(argparse.Action):
    """Print what a grade depends on."""

    def __call__(self, *_: object) -> None:
        """Print it, and end."""
        from grader.batch.task import description  # here, because commands stay light

        print(description())
        raise SystemExit(0)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    main = argparse.ArgumentParser(prog=PROGRAM, description=DESCRIPTION)
    main.add_argument(
        "--version", action=Version, nargs=0, help="print the versions that a grade depends on"
    )
    subparsers = main.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        each = subparsers.add_parser(name, help=command.help, description=command.help)
        command.add_arguments(each)
        if name != "course":
            each.add_argument(
                "--course", type=Path, metavar="FOLDER", help="a course of your own, not the kit's"
            )
    return main


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments; only `check` takes unknown ones, for pytest."""
    main = parser()
    parsed, others = main.parse_known_args(arguments)
    if others and parsed.command != "check":
        main.error(f"unrecognized arguments: {' '.join(others)}")
    parsed.pytest = others
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parsed = parse(arguments)
    command = COMMANDS[parsed.command]
    try:
        if platform.system() == "Windows" and parsed.command in NOT_ON_WINDOWS:
            raise UserError(
                f"{parsed.command} needs Linux or macOS; on Windows, run it in WSL "
                "(pytest grader and check work without)"
            )
        if getattr(parsed, "course", None):
            choose(parsed.course)
        status: int = getattr(importlib.import_module(command.module), command.function)(parsed)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
