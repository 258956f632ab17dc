"""The command line: `python -m grader COMMAND`, one entry a command in the table below.

The exit status is the command's own: 0 when all is well, 1 when it found something to report.
Bad input ends with status 2 and one line on stderr.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
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


COMMANDS = {
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
