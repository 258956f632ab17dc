"""List the top of a folder or of a platform's ZIP.

Nothing is unpacked. The files of an item are listed when they are asked for, so that an item that
can't be listed is an error of its own hand-in, and can be tried again.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.batch.folders import OPENED, File, Folder, Found, file_alone, state_of, unreadable
from grader.core.errors import ChangedError, UserError, is_machine_error
from grader.core.text import file_name, shown
from grader.core.zip_names import names_in
from grader.submission.archive import BROKEN, is_junk
from grader.submission.tars import kind_of

MAX_ARCHIVE = 200 * 2**20  # bytes that one student may hand in
NAMED = 5  # entries that a remark lists
# What operating systems leave in any folder; macOS packs its own notes in a folder of ZIPs.
SYSTEM = re.compile(r"\._.*|\.ds_store|\.localized|(eh)?thumbs\.db|desktop\.ini", re.IGNORECASE)
SYSTEM_FOLDER = "__macosx"
# What stands before a ZIP's first folder, that folder, and what separates it from its files.
TOP = re.compile(r"((?:\.?[/\\])*+)([^/\\]+)([/\\]*)", re.DOTALL)


class Item(NamedTuple):
    """A file or folder at the top of the source."""

    name: str
    is_folder: bool
    files: Callable[[], list[File]]  # lists them anew each time; may raise anything
    odd: str = ""  # how the name is spelled, if that is not as ZIPs or file systems should
    is_clone: bool = False  # a folder with a repository of git in it


Listing = tuple[list[Item], list[str]]  # items, and remarks on what was ignored


@contextlib.contextmanager
def items_in(source: Path, below: Sequence[str] = ()) -> Iterator[Listing]:
    """List the items in a folder or ZIP, and name what was ignored; readable meanwhile.

    Args:
        source: The folder or ZIP.
        below: Names of folders in it, each in the one before; the items are those of the last.

    Raises:
        UserError: ``source`` can't be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            if not source.exists():
                raise UserError(f"There is no file or folder {source}: check the path.")
            if source.is_dir():
                root = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                stack.callback(os.close, root)
                for name in below:
                    root = os.open(name, OPENED | os.O_DIRECTORY, dir_fd=root)
                    stack.callback(os.close, root)
                found = _in_folder(root)
            else:
                found = _in_zip(stack.enter_context(zipfile.ZipFile(source)), tuple(below))
        except BROKEN as error:
            raise UserError(_unopened(source, error)) from error
        yield found


def _unopened(source: Path, error: Exception) -> str:
    """Return why a source can't be opened, and what a person can do."""
    with contextlib.suppress(OSError), source.open("rb") as file:
        kind = kind_of(file)
        if kind not in ("ZIP", None):
            return f"{source} is packed as {kind}: unpack it, and name the folder."
    return f"{source} is neither a folder nor a ZIP that opens: {shown(str(error))}."


def read_file(file: File) -> bytes:
    """Return the bytes of a file.

    Raises:
        UserError: It is broken, too large, or may not be read.
        MachineError: It has changed since it was listed.
        OSError: The machine fails.
    """
    if file.size > MAX_ARCHIVE:
        raise too_large()
    try:
        data = file.read()
    except BROKEN as error:
        if is_machine_error(error):
            raise
        raise unreadable(str(file.path), error) from error
    if len(data) != file.size:
        raise ChangedError(str(file.path))
    return data


def too_large() -> UserError:
    """Return the error for a hand-in that nobody could grade."""
    return UserError(f"The submission is larger than {MAX_ARCHIVE // 2**20} MiB.")


def _in_folder(root: int) -> Listing:
    items, remarks, system = [], [], []
    with os.scandir(root) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        name, state = file_name(entry.name), state_of(entry.stat(follow_symlinks=False))
        if stat.S_ISLNK(state[2]):
            remarks.append(f"{shown(name)} is a link: ignored.")
            continue
        is_folder, found = stat.S_ISDIR(state[2]), Found(root, (entry.name,), state)
        files = Folder(found).files if is_folder else partial(file_alone, found)
        odd = "" if name == entry.name else "latin-1/"
        item = Item(name, is_folder, files, odd, is_folder and _is_clone(root, entry.name))
        if _is_systems(item):
            system.append(name)
        else:
            items.append(item)
    return items, remarks + _ignored("{} made by the operating system: ignored.", system)


def _is_clone(root: int, name: str) -> bool:
    """Return whether there is a repository of git in a folder; nothing in it is read."""
    try:
        os.stat(f"{name}/.git", dir_fd=root, follow_symlinks=False)
    except OSError:
        return False
    return True


def _is_systems(item: Item) -> bool:
    """Return whether an operating system has made an item, and nothing else is in it."""
    if not item.is_folder:
        return bool(SYSTEM.fullmatch(item.name))
    if item.name.lower() != SYSTEM_FOLDER:
        return False
    try:
        return not item.files()
    except Exception:  # noqa: BLE001 (of any kind: then it is more than that)
        return False


def _ignored(form: str, names: list[str]) -> list[str]:
    """Return one remark for all names, if there are any."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [form.format(", ".join(map(shown, names[:NAMED])) + more)] if names else []


def _in_zip(archive: zipfile.ZipFile, below: tuple[str, ...]) -> Listing:
    items: dict[tuple[str, str, bool], Item] = {}
    files: dict[tuple[str, str, bool], list[File]] = {}
    clones: set[tuple[str, str, bool]] = set()
    outside: dict[str, None] = {}
    infos = archive.infolist()
    for info, full in zip(infos, names_in(infos), strict=True):
        path = PurePosixPath(full.partition("\0")[0].replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            outside[full] = None
            continue
        if path.parts[: len(below)] != below or len(path.parts) == len(below):
            continue
        path = PurePosixPath(*path.parts[len(below) :])
        name, is_folder = path.parts[0], info.is_dir() or len(path.parts) > 1
        key = (name, _oddness(full, below, name, is_folder), is_folder)
        within = files.setdefault(key, [])
        items.setdefault(key, Item(name, is_folder, partial(list, within), key[1]))
        inner = PurePosixPath(*path.parts[1:]) if is_folder else path
        if is_folder and inner.parts[:1] == (".git",):
            clones.add(key)
        if not info.is_dir() and not (is_folder and any(map(is_junk, inner.parts))):
            read = partial(_read_entry, archive, info, _state(archive))
            within.append(File(inner, info.date_time, info.file_size, read))
    listed = [item._replace(is_clone=key in clones) for key, item in items.items()]
    found = sorted(listed, key=lambda item: (item.name, item.is_folder, item.odd))
    system = [item.name for item in found if _is_systems(item)]
    return (
        [item for item in found if not _is_systems(item)],
        _ignored("{} made by the operating system: ignored.", system)
        + _ignored("{} would lie outside of the download: ignored.", list(outside)),
    )


def _oddness(full: str, below: tuple[str, ...], name: str, is_folder: bool) -> str:
    """Return how an item's name is spelled in a ZIP; empty if as it should be."""
    if below:
        return ""  # below a platform's own folder, where no student names anything
    top = TOP.match(full)
    lead, first, end = top.groups() if top else ("", full, "")
    if (lead, first, end) == ("", name, "/" if is_folder else ""):
        return ""
    return f"{lead}*{end}{first if first != name else ''}"


def _state(archive: zipfile.ZipFile) -> tuple[int, ...]:
    return state_of(os.fstat(archive.fp.fileno())) if archive.fp else ()


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, state: tuple[int, ...]) -> bytes:
    """Read an entry of a download, which nobody may change meanwhile."""
    try:
        return archive.read(info)
    finally:
        if _state(archive) != state:
            raise ChangedError(info.filename)
