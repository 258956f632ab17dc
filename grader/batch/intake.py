"""Find the hand-ins in a folder or in a platform's download, a row for each.

A platform's names say which items are one student's. In any other folder each item at the top, a
ZIP or a folder, is a hand-in of its own. See claims.py for disputes.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, Piece, is_code
from grader.batch.claims import NORMALIZED, Claim, claims_of, settle
from grader.batch.levels import check_level
from grader.batch.listing import Item, Listing, items_in, read_file
from grader.batch.names import printable
from grader.batch.platforms.base import Level, Name, Part, Platform
from grader.batch.platforms.known import PLAIN, Recognised, could_be_work, none_of, recognise
from grader.batch.platforms.plain import owner_of, stem_of
from grader.core.errors import UserError
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE, is_junk

DEEPEST = 3  # folders of a platform's own that may lie around those of students
LARGEST_LIST = 32 * 2**20  # bytes of a platform's list of submissions


@contextlib.contextmanager
def hand_ins(source: Path, platform: str = "") -> Iterator[tuple[list[HandIn], list[str]]]:
    """List the hand-ins in ``source``, by name, with remarks on what was ignored.

    They are readable until the context ends.

    Args:
        source: A folder, or a ZIP that holds one.
        platform: The name of the platform that a person insists on, if any.

    Raises:
        UserError: ``source`` can't be read, holds none, or is one student's work.
    """
    with contextlib.ExitStack() as stack:
        (items, remarks), (known, parts) = _download(stack, source, platform)
        found: dict[str, HandIn] = {}
        bare: list[str] = []  # code that lies there by itself, under nobody's name
        for item, part in zip(items, parts, strict=True):
            if why := _against(item, known, part):
                remarks.append(f"{shown(item.name)} {why}.")
            else:
                _assign(item, known, part, found, bare)
        settle(found.values())
        for hand_in in found.values():
            hand_in.note_late()
        people = sorted(found.values(), key=lambda one: (one.owner, one.student, one.identity))
        check_level(source, people, bare, insists=platform == PLAIN.name)
        remarks += [f"{shown(name)} says of nobody whose it is: rename it." for name in bare]
        yield people, sorted(remarks)


def described(found: Sequence[HandIn]) -> str:
    """Return in a few words what was found, like ``Canvas download: 31 people, 2 late``."""
    theirs = [one for one in found if one.platform is not PLAIN]
    what = f"{theirs[0].platform.title} download" if theirs else "folder"
    count = len(theirs) or len(found)
    parts = [f"{count} {'person' if count == 1 else 'people'}"]
    if theirs and (others := len(found) - count):
        parts.append(f"{others} under other names")
    if any(one.late is not None for one in found):
        parts.append(f"{sum(bool(one.late) for one in found)} late")
    if more := sum(len({p.part.attempt for p in one.pieces}) > 1 for one in found):
        parts.append(f"{more} with several attempts")
    return f"{what}: {', '.join(parts)}"


def _download(
    stack: contextlib.ExitStack, source: Path, platform: str
) -> tuple[Listing, Recognised]:
    """List the items, below folders of the platform's own, and recognise whose names they bear.

    Raises:
        UserError: ``source`` can't be read, or a person has to say which platform it is.
    """
    listing = stack.enter_context(items_in(source))
    known = recognise(_level(source.stem, listing), platform)
    below: tuple[str, ...] = ()
    inner, found = listing, known
    while not (found.platform is not PLAIN and any(found.parts)) and platform != PLAIN.name:
        folder = _only_folder(inner)
        if folder is None or len(below) == DEEPEST:
            break
        below = (*below, folder)
        try:  # what lies there may be a student's, whatever it is
            inner = stack.enter_context(items_in(source, below))
            found = recognise(_level(folder, inner), platform)
        except UserError:
            break
    else:
        listing, known = (inner[0], [*listing[1], *inner[1]] if below else inner[1]), found
    if platform and not any(known.parts):
        raise UserError(none_of(_level(source.name, listing), platform))
    return listing, known


def _level(place: str, listing: Listing) -> Level:
    items = listing[0]
    readers = {item.name: item.files for item in items if not item.is_folder}

    def read(name: str) -> bytes:
        (file,) = readers[name]()
        if file.size > LARGEST_LIST:
            raise UserError(f"{shown(name)} is larger than {LARGEST_LIST // 2**20} MiB.")
        return read_file(file)

    return Level([Name(item.name, item.is_folder, item.is_clone) for item in items], place, read)


def _only_folder(listing: Listing) -> str | None:
    """Return the name of the only folder, if nothing beside it may be a hand-in."""
    names = [item.name for item in listing[0] if could_be_work(Name(item.name, item.is_folder))]
    folders = {item.name for item in listing[0] if item.is_folder}
    return names[0] if len(names) == 1 and names[0] in folders else None


def _against(item: Item, known: Platform, part: Part | None) -> str:
    """Return why an item is no hand-in; an empty text if it is one."""
    if part is not None and known is not PLAIN:
        return ""
    if known.own.fullmatch(item.name) and not item.is_folder:
        return f"is {known.title}'s own: not graded"
    says_whose = any(kind in ("number", "participant") for kind, _ in claims_of(item.name))
    if is_junk(item.name) and (item.is_folder or _is_work(item.name)) and not says_whose:
        return "bears a name that computers give: ignored. If it is a hand-in, rename it"
    if not (item.is_folder or _is_work(item.name)):
        return "is no submission: ignored"
    return ""


def _is_work(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in ARCHIVES | CODE


def _assign(
    item: Item, known: Platform, part: Part | None, found: dict[str, HandIn], bare: list[str]
) -> None:
    """Give an item to its hand-in: a platform's names tell which items are of one student."""
    if part is None or known is PLAIN:
        known, part = PLAIN, PLAIN.part(Name(item.name, item.is_folder))
        identity = f"item:{item.odd}{part.who}"
        claims = claims_of(stem_of(item.name, item.is_folder))
        while identity in found:  # whatever it is called, it is a hand-in of its own
            identity += "/"
        if not item.is_folder and is_code(item.name) and not owner_of(item.name, False)[1]:
            bare.append(item.name)
    else:
        identity = f"{known.name}:{item.odd}{part.who}"
        claim: frozenset[Claim] = frozenset({(known.name, part.claim)})
        claims = claim if part.claim else claims_of(part.place)
    owner = part.owner
    if len(owner) <= NORMALIZED:
        owner = unicodedata.normalize("NFC", owner)
    new = HandIn(identity, printable(owner), owner, claims, part.place or item.name, known)
    found.setdefault(identity, new).pieces.append(Piece(item, part))
