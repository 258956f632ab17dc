"""Build the hand-out for students: template, grader, README and workflow, no solution."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from grader.core.errors import UserError
from grader.core.paths import REFERENCE, ROOT, TEMPLATE
from grader.core.zips import Member, zipped
from grader.marking.scheme import STAFF_ONLY
from grader.release.comparison import outdated_files
from grader.release.template import visible_files

FILES = Path(__file__).parent / "files"
PROJECT = ("LICENSE", "constraints.txt", "pyproject.toml")

Files = Mapping[PurePosixPath, Path]  # by where they will stand


def run_handout(args: argparse.Namespace) -> int:
    """Write the hand-out's ZIP: `grader handout`.

    Raises:
        UserError: This is no clone of the kit, or its template is not the generated one.
    """
    outdated = outdated_files(REFERENCE, TEMPLATE) if REFERENCE.is_dir() else []
    if outdated:
        raise UserError(
            f"student_template/{outdated[0]} is not what is generated from reference/, it may hold "
            "solutions: run `python -m grader template` first."
        )
    files = handout_files(ROOT)
    args.output.write_bytes(packed(files))
    print(f"{args.output}: {len(files)} files")
    return 0


def handout_files(root: Path) -> dict[PurePosixPath, Path]:
    """Return what students get, from a clone of the kit in ``root``."""
    return {
        **kit_files(root),
        **below(root / "student_template", PurePosixPath("student_template")),
        PurePosixPath("README.md"): FILES / "handout" / "README.md",
        PurePosixPath(".github/workflows/grade.yml"): FILES / "handout/.github/workflows/grade.yml",
    }


def kit_files(root: Path) -> dict[PurePosixPath, Path]:
    """Return the grader, without what is the staff's, and what its installation needs.

    Raises:
        UserError: ``root`` is no clone of the kit.
    """
    missing = [name for name in PROJECT if not (root / name).is_file()]
    if missing:
        raise UserError(f"{root} has no {missing[0]}: run this in a clone of the kit.")
    project = {PurePosixPath(name): root / name for name in PROJECT}
    kit = below(root / "grader", PurePosixPath("grader"))
    return project | {place: path for place, path in kit.items() if place.name != STAFF_ONLY}


def below(folder: Path, place: PurePosixPath) -> dict[PurePosixPath, Path]:
    """Return all files of a folder, except hidden ones and caches."""
    return {place / name: folder / name for name in visible_files(folder)}


def packed(files: Files, texts: Mapping[PurePosixPath, str] = MappingProxyType({})) -> bytes:
    """Pack files, executable ones as such, with ``texts`` in place of some."""
    members = {
        place: Member(str(place), source.read_bytes, bool(source.stat().st_mode & 0o100))
        for place, source in files.items()
    }
    members |= {place: Member(str(place), text.encode) for place, text in texts.items()}
    return zipped(members.values())
