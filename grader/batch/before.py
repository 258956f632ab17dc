"""Check before the first student is graded all that can be known by then.

A grading takes hours; what would stop its reports at the end is said at its beginning.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.batch.attempts import HandIn, platform_of
from grader.batch.platforms.known import PLATFORMS
from grader.batch.store import Store
from grader.batch.write_reports import read_worksheet
from grader.core.errors import UserError

MIB = 2**20
FEEDBACK = MIB // 4  # bytes that a student's result and pages take at least
SCRATCH = 64 * MIB  # bytes that a submission may need while it runs, at least


def check_arguments(args: argparse.Namespace) -> None:
    """Check what is known from the command line alone.

    Raises:
        UserError: The results would be taken for a submission, or a package is missing.
    """
    source, out = args.submissions.resolve(), args.output.resolve()
    if out.is_relative_to(source):
        raise UserError(f"{args.output} lies within {args.submissions}: name another for -o.")
    if args.worksheet and args.worksheet.resolve().is_relative_to(out):
        raise UserError(f"{args.worksheet} lies within {args.output}: move it out of there.")


def check_table(found: Sequence[HandIn], args: argparse.Namespace) -> None:
    """Check that the platform's table can be filled in.

    Raises:
        UserError: It can't be read or written, or is no table of the platform's.
    """
    if not args.worksheet:
        return
    read_worksheet(PLATFORMS[platform_of(found)], args.worksheet, dict(args.column))
    check_writable(args.worksheet)


def check_writable(path: Path) -> None:
    """Check that a file may be replaced.

    Raises:
        UserError: It, or the folder that it lies in, may not be written to.
    """
    for place in (path, path.resolve().parent):
        if not os.access(place, os.W_OK):
            raise UserError(f"{place} may not be written to: change its rights, or copy the file.")


def check_space(store: Store, count: int, jobs: int) -> None:
    """Check that there is room for all results, and for what runs at a time.

    Raises:
        UserError: A disk is too full.
    """
    needed: dict[int, int] = {}  # by disk
    for place, size in ((store.folder, FEEDBACK * count), (_temporary(), SCRATCH * jobs)):
        disk = os.stat(place).st_dev
        needed[disk] = needed.get(disk, 0) + size
        free = shutil.disk_usage(place).free
        if free < needed[disk]:
            raise UserError(
                f"{place} has {free // MIB} MiB free, and {count} students take at least "
                f"{needed[disk] // MIB} MiB: make room, or name another folder."
            )


def _temporary() -> Path:
    return Path(tempfile.gettempdir())
