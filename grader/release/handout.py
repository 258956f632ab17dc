"""Build the hand-out for students: template, grader, README and workflow, no solution."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from grader.core.course import KITS, course
from grader.core.errors import UserError
from grader.core.paths import IS_CLONE, KIT, ROOT
from grader.core.zips import Member, zipped
from grader.marking.scheme import STAFF_ONLY
from grader.release.comparison import outdated_files
from grader.release.template import visible_files

FILES = Path(__file__).parent / "files"
PROJECT = ("LICENSE", "constraints.txt", "pyproject.toml", "setup.py")

Files = Mapping[PurePosixPath, Path]  # by where they will stand


def run_handout(args: argparse.Namespace) -> int:
    """Write the hand-out's ZIP: `grader handout`.

    Raises:
        UserError: The course's template is missing, or is not the generated one.
    """
    reference, template = course().reference, course().template
    if not template.is_dir():
        raise UserError(f"{template} is missing: run `python -m grader template` first.")
    outdated = outdated_files(reference, template) if reference.is_dir() else []
    if outdated:
        raise UserError(
            f"{template.name}/{outdated[0]} is not what is generated from reference/, it may hold "
            "solutions: run `python -m grader template` first."
        )
    files = handout_files()
    save(args.output, packed(files))
    print(f"{args.output}: {len(files)} files")
    return 0


def handout_files() -> dict[PurePosixPath, Path]:
    """Return the files that students get."""
    return {
        **kit_files(),
        **below(course().template, PurePosixPath("student_template")),
        PurePosixPath("README.md"): _readme(),
        PurePosixPath(".github/workflows/grade.yml"): FILES / "handout/.github/workflows/grade.yml",
    }


def _readme() -> Path:
    """Return what students read first: the course's own `handout.md`, or else the kit's."""
    root = course().root
    own = root / "handout.md" if root else None
    return own if own and own.is_file() else FILES / "handout" / "README.md"


def save(path: Path, data: bytes) -> None:
    """Write what was packed.

    Raises:
        UserError: There is no such folder, or it may not be written to.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{path} can't be written: {error.strerror}; name another for -o."
        ) from error


def kit_files() -> dict[PurePosixPath, Path]:
    """Return the grader, without what is the staff's, and what its installation needs.

    The course's exercises stand in it as the kit's own.
    """
    project = {PurePosixPath(name): project_file(name) for name in PROJECT}
    kit = below(KIT, PurePosixPath("grader"))
    left_out = {"grader/student_template", "grader/release/files/project"}  # of an installed kit
    if course() != KITS:
        left_out |= {f"grader/exercises/{name}" for name in KITS.names}
    kit = {
        place: file
        for place, file in kit.items()
        if left_out.isdisjoint(str(folder) for folder in place.parents)
    }
    kit |= below(course().exercises, PurePosixPath("grader/exercises"))
    return project | {place: path for place, path in kit.items() if place.name != STAFF_ONLY}


def project_file(name: str) -> Path:
    """Return the path of one of the files of `PROJECT`, in a clone or in an installed kit."""
    return (ROOT if IS_CLONE else FILES / "project") / name


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
