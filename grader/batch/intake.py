"""Find the hand-ins in a folder or in a platform's download, a row for each.

Each item at the top, a ZIP or a folder, is a hand-in of its own. Moodle's names, of folders or (in
its flat variant) of files, say which items are one student's. See claims.py for disputes.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, is_code
from grader.batch.claims import NORMALIZED, claims_of, settle
from grader.batch.levels import check_level
from grader.batch.listing import Item, items_in
from grader.batch.names import printable
from grader.batch.platforms import moodle, owner_of, stem_of
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE, is_junk


@contextlib.contextmanager
def hand_ins(source: Path) -> Iterator[tuple[list[HandIn], list[str]]]:
    """List the hand-ins in ``source``, by name, with remarks on what was ignored.

    They are readable until the context ends.

    Raises:
        UserError: ``source`` can't be read, holds none, or is one student's work.
    """
    with items_in(source) as (items, remarks):
        found: dict[str, HandIn] = {}
        bare: list[str] = []  # code that lies there by itself, under nobody's name
        for item in items:
            if why := _against(item):
                remarks.append(f"{shown(item.name)} {why}.")
            else:
                _assign(item, found, bare)
        settle(found.values())
        people = sorted(found.values(), key=lambda one: (one.owner, one.student, one.identity))
        check_level(source, people, bare)
        yield people, sorted(remarks)


def _against(item: Item) -> str:
    """Return why an item is no hand-in; an empty text if it is one."""
    if not (moodle(item.name, item.is_folder) or item.is_folder or _is_work(item.name)):
        return "is no submission: ignored"
    says_whose = any(kind in ("number", "participant") for kind, _ in claims_of(item.name))
    if is_junk(item.name) and not says_whose:
        return "bears a name that computers give: ignored. If it is a hand-in, rename it"
    return ""


def _is_work(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in ARCHIVES | CODE


def _assign(item: Item, found: dict[str, HandIn], bare: list[str]) -> None:
    """Give an item to its hand-in: Moodle's names tell which items are of one, in one download."""
    match = moodle(item.name, item.is_folder)
    if match:
        owner, place = match["student"], match["folder"]
        identity = f"moodle:{item.odd}{owner}{match['tail']}{'/' if item.is_folder else ''}"
        claims = claims_of(place if not item.is_folder else item.name)
    else:
        owner, is_named = owner_of(item.name, item.is_folder)
        place = stem_of(item.name, item.is_folder)
        identity = f"item:{item.odd}{item.name}{'/' if item.is_folder else ''}"
        claims = claims_of(place)
        while identity in found:  # whatever it is called, it is a hand-in of its own
            identity += "/"
        if not item.is_folder and is_code(item.name) and not is_named:
            bare.append(item.name)
    if len(owner) <= NORMALIZED:
        owner = unicodedata.normalize("NFC", owner)
    new = HandIn(identity, printable(owner), owner, claims, place if match else item.name)
    hand_in = found.setdefault(identity, new)
    if match and match["plugin"] != "file":
        hand_in.online = True
        hand_in.folder = hand_in.folder or place
        return
    if match:
        hand_in.folder = place
    hand_in.items.append((item, (match["file"] or place) if match else ""))
