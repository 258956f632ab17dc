"""Notice that the given folder lies one level too high or too low."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, is_archive, is_code
from grader.batch.folders import File
from grader.batch.listing import read_file
from grader.batch.platforms.base import Level, Name
from grader.batch.platforms.known import PLAIN, recognise
from grader.batch.platforms.plain import owner_of
from grader.core.errors import UserError
from grader.core.text import shown
from grader.submission.archive import ARCHIVES


def check_level(source: Path, found: Sequence[HandIn], bare: Sequence[str]) -> None:
    """Check that ``source`` holds hand-ins, and not one of them or a folder of them.

    Args:
        source: What was named on the command line.
        found: Its hand-ins.
        bare: Names of code files at its top that say of nobody whose they are.

    Raises:
        UserError: There are no hand-ins, or they lie a level further up or down.
    """
    if not found:
        raise UserError(f"There are no ZIPs or folders of submissions in {source}.")
    if any(hand_in.platform is not PLAIN for hand_in in found):
        return
    if len(found) == 1 and (place := _course_in(found[0])):
        raise UserError(
            f"The submissions in {source} lie a level further down, in {shown(place)}: unpack it, "
            "if it is packed, and name that. If it is one student's work, hand it in as a ZIP."
        )
    if not (bare or source.is_file()):
        return
    if not _is_course(found):
        example = f" ({shown(min(bare))})" if bare else ""
        raise UserError(
            f"{source} seems to be one student's work{example}: name the folder that it lies in, "
            "or, if it holds the work of many, a folder with a ZIP or folder for each."
        )


def _is_course(found: Sequence[HandIn]) -> bool:
    """Return whether there is an archive, or several folders that are one student's each.

    Such folders bear names as the sheet demands them, or hold code of the same name.
    """
    if any(is_archive(file.path) for hand_in in found for file in _files(hand_in)):
        return True
    folders = [one for one in found if all(piece.item.is_folder for piece in one.pieces)]
    if sum(owner_of(folder.place, is_folder=True)[1] for folder in folders) > 1:
        return True
    alike = Counter(path for folder in folders for path in _code_in(_files(folder)))
    return max(alike.values(), default=0) > 1


def _code_in(files: Sequence[File]) -> set[PurePosixPath]:
    """Return the paths of code, without names that any folder of code may hold (`__init__`)."""
    return {file.path for file in files if is_code(file.path.name) and file.path.name[:2] != "__"}


def _files(hand_in: HandIn) -> list[File]:
    """List the files; none where that fails, which the hand-in's row will say."""
    try:
        return hand_in.files()
    except Exception:  # noqa: BLE001 (of any kind: it is met again when the hand-in is graded)
        return []


def _course_in(hand_in: HandIn) -> str:
    """Return the ZIP or folder that a course lies in, if this is none of its hand-ins."""
    files = _files(hand_in)
    if _is_download([file.path for file in files], hand_in.student) or _holds_many(hand_in, files):
        return hand_in.student
    if len(files) == 1 and files[0].path.suffix.lower() == ".zip":
        with (
            contextlib.suppress(Exception),  # of any kind, as in `_files`
            zipfile.ZipFile(io.BytesIO(read_file(files[0]))) as archive,
        ):
            if _is_download([PurePosixPath(name) for name in archive.namelist()], ""):
                return str(files[0].path)
    return ""


def _is_download(paths: Sequence[PurePosixPath], place: str) -> bool:
    """Return whether these are the names of a platform's download."""
    tops = {path.parts[0]: len(path.parts) > 1 for path in paths if path.parts}
    names = [Name(top, is_folder) for top, is_folder in tops.items()]
    with contextlib.suppress(UserError):  # most of them, but not all
        return recognise(Level(names, place, lambda _: b"")).platform is not PLAIN
    return True


def _holds_many(hand_in: HandIn, files: Sequence[File]) -> bool:
    """Return whether the only folder holds several archives, or the same file for several people.

    One student's parts have files of different names, or code beside them.
    """
    if not all(piece.item.is_folder for piece in hand_in.pieces):
        return False
    code = [file.path for file in files if is_code(file.path.name)]
    if any(len(path.parts) == 1 for path in code):
        return False
    archives = [file.path for file in files if file.path.suffix.lower() in ARCHIVES]
    homes = {path.parts[0] for path in archives if len(path.parts) <= 2}
    alike = Counter(path.parts[1:] for path in code)
    return len(homes) > 1 or max(alike.values(), default=0) > 1
