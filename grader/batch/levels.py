"""Notice that the given folder lies one level too high or too low."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import starmap
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, is_archive, is_code
from grader.batch.folders import File
from grader.batch.listing import read_file
from grader.batch.platforms.base import Level, Name
from grader.batch.platforms.github import AROUND
from grader.batch.platforms.known import PLAIN, PLATFORMS, could_be_work, recognise
from grader.batch.platforms.plain import owner_of
from grader.core.errors import UserError
from grader.core.text import shown
from grader.submission.archive import ARCHIVES

NAMED = 3  # folders that a message lists


def check_level(
    source: Path, found: Sequence[HandIn], bare: Sequence[str], *, insists: bool = False
) -> None:
    """Check that ``source`` holds hand-ins, and not one of them or folders of them.

    Args:
        source: What was named on the command line.
        found: Its hand-ins; one that seems to hold those of several students is disputed.
        bare: Names of code files at its top that say of nobody whose they are.
        insists: Whether a person has said that each folder is a hand-in, whatever it holds.

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
    if len(found) > 1 and not insists:
        _check_folders(source, found)
    if not (bare or source.is_file()):
        return
    if not _is_course(found):
        example = f" ({shown(min(bare))})" if bare else ""
        raise UserError(
            f"{source} seems to be one student's work{example}: name the folder that it lies in, "
            "or, if it holds the work of many, a folder with a ZIP or folder for each."
        )


def _check_folders(source: Path, found: Sequence[HandIn]) -> None:
    """Check that no folder among several holds the hand-ins of several students.

    If all do, they are assignments or groups. If some do, only those rows wait for a person, so
    that no student's folder ends a batch.

    Raises:
        UserError: All do.
    """
    courses = [one for one in found if _is_folder(one) and _names_many(one)]
    if len(courses) == len(found):
        *others, last = (shown(one.place) for one in found[:NAMED])
        raise UserError(
            f"The submissions in {source} lie a level further down, in {', '.join(others)} and "
            f"{last if len(found) <= NAMED else 'others'}: name one of those. If each of these is "
            f"one student's work, say --platform {PLAIN.name}."
        )
    for one in courses:
        one.dispute(
            f"{shown(one.place)} seems to hold the hand-ins of several students: move them out of "
            f"it, or say --platform {PLAIN.name} if it is one student's work, and run the same "
            "command again; until then its points are pending"
        )


def _names_many(hand_in: HandIn) -> bool:
    """Return whether the names in a folder are a platform's, or say of several whose they are."""
    tops = _tops(file.path for file in _files(hand_in))
    works = [name for name in tops if could_be_work(name)]
    owners = {owner_of(name.text, name.is_folder) for name in works}
    if sum(is_named for _, is_named in owners) > 1 or _are_clones(works, hand_in.place):
        return True
    platforms = PLATFORMS.values()  # of other files, as a student's pictures, names tell nothing
    lists = [name for name in tops if any(each.own.fullmatch(name.text) for each in platforms)]
    return _are_a_platforms([*works, *lists], hand_in.place)


def _are_clones(names: Sequence[Name], place: str) -> bool:
    """Return whether a folder and those in it are called as GitHub Classroom calls clones."""
    around = AROUND.fullmatch(place)
    if not around or not names:
        return False
    assignment = f"{around['assignment']}-"
    return all(name.is_folder and name.text.startswith(assignment) for name in names)


def _is_folder(hand_in: HandIn) -> bool:
    return all(piece.item.is_folder for piece in hand_in.pieces)


def _is_course(found: Sequence[HandIn]) -> bool:
    """Return whether there is an archive, or several folders that are one student's each.

    Such folders bear names as the sheet demands them, or hold code of the same name.
    """
    if any(is_archive(file.path) for hand_in in found for file in _files(hand_in)):
        return True
    folders = [one for one in found if _is_folder(one)]
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
    return _are_a_platforms(_tops(paths), place)


def _are_a_platforms(names: Sequence[Name], place: str) -> bool:
    """Return whether most of these names are as a platform gives them."""
    with contextlib.suppress(UserError):  # most of them, but not all
        return recognise(Level(names, place, lambda _: b"")).platform is not PLAIN
    return True


def _tops(paths: Iterable[PurePosixPath]) -> list[Name]:
    """Return the names at the top of a folder or archive."""
    tops = {path.parts[0]: len(path.parts) > 1 for path in paths if path.parts}
    return list(starmap(Name, tops.items()))


def _holds_many(hand_in: HandIn, files: Sequence[File]) -> bool:
    """Return whether the only folder holds several archives, or the same file for several people.

    One student's parts have files of different names, or code beside them.
    """
    if not _is_folder(hand_in):
        return False
    code = [file.path for file in files if is_code(file.path.name)]
    if any(len(path.parts) == 1 for path in code):
        return False
    archives = [file.path for file in files if file.path.suffix.lower() in ARCHIVES]
    homes = {path.parts[0] for path in archives if len(path.parts) <= 2}
    alike = Counter(path.parts[1:] for path in code)
    return len(homes) > 1 or max(alike.values(), default=0) > 1
