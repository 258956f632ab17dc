"""Find the hand-ins in a folder or in a platform's download, a row for each.

Each item at the top, a ZIP or a folder, belongs to one student. Moodle's names, of folders or (in
its flat variant) of files, say whose it is; elsewhere the sheet's name does, or the item's own.
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader.batch.attempts import HandIn, is_code
from grader.batch.levels import check_level
from grader.batch.listing import Item, items_in
from grader.batch.names import printable
from grader.batch.platforms import MOODLE, owner_of
from grader.core.text import shown
from grader.submission.archive import ARCHIVES, CODE

NORMALIZED = 1000  # characters; Unicode's normal forms take quadratic time


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
            if not _assign(item, found, bare):
                remarks.append(f"{shown(item.name)} is no submission: ignored.")
        people = sorted(found.values(), key=lambda hand_in: hand_in.identity)
        check_level(source, people, bare)
        yield people, sorted(remarks)


def _assign(item: Item, found: dict[str, HandIn], bare: list[str]) -> bool:
    """Give an item to its student; False if it is no hand-in."""
    match = MOODLE.fullmatch(item.name)
    name = PurePosixPath(item.name)
    if not (match or item.is_folder or name.suffix.lower() in ARCHIVES | CODE):
        return False
    owner, is_named = (match["student"], True) if match else owner_of(item.name, item.is_folder)
    if not item.is_folder and is_code(item.name) and not is_named:
        bare.append(item.name)
    identity = unicodedata.normalize("NFC", owner) if len(owner) <= NORMALIZED else owner
    hand_in = found.setdefault(identity, HandIn(identity, printable(identity)))
    if match and match["plugin"] != "file":
        hand_in.online = True
        hand_in.folder = hand_in.folder or match["folder"]
        return True
    if match:
        hand_in.folder = match["folder"]
    hand_in.items.append((item, (match["file"] or match["folder"]) if match else ""))
    return True
