"""Keep what was found of similar submissions as long as they are what was compared.

similar.json    groups of similar submissions, and the hash of each archive that was compared
similar.csv     all pairs that share anything
similar/        for each listed pair, both codes side by side
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from grader.batch.store import Store, write
from grader.core.text import shown
from grader.reports.tables import csv_text, uncell

FILE = "similar.json"
TABLE = "similar.csv"
NAMED = 5  # students whom a remark lists

Archives = Iterable[tuple[str, Callable[[], bytes]]]  # students, and how to read their archives
Groups = list[dict[str, Any]]


def keep(store: Store, hashes: Mapping[str, str], groups: Sequence[Mapping[str, Any]]) -> None:
    """Keep the groups that were found, and the hashes of the archives in which they were."""
    content = {"archives": hashes, "groups": groups}
    write(store.folder / FILE, json.dumps(content, ensure_ascii=False))


def hash_of(archive: bytes) -> str:
    """Return by what an archive is known again."""
    return hashlib.sha256(archive).hexdigest()


def kept_groups(store: Store) -> Groups | None:
    """Return the groups of similar submissions, without who has left; None if none were sought."""
    kept = _kept(store)
    if kept is None:
        return None
    return _without(kept["groups"], kept["archives"].keys() - _present(store))


def drop_changed(store: Store, archives: Archives) -> list[str]:
    """Drop all that was found of a student whose archive has changed since, or is gone.

    Args:
        store: The folder of results.
        archives: The archives that count now.

    Returns:
        A remark, if something was dropped.
    """
    kept = _kept(store)
    if kept is None:
        return []
    now = dict(archives)
    changed = {
        student for student, known in kept["archives"].items() if not _is(now.get(student), known)
    }
    if not changed:
        return []
    groups = _without(kept["groups"], changed)
    keep(store, {s: h for s, h in kept["archives"].items() if s not in changed}, groups)
    _drop_rows(store, changed)
    pages = {pair["page"] for group in groups for pair in group["pairs"]}
    for path in (store.folder / "similar").glob("*.html"):
        if f"similar/{path.name}" not in pages:
            path.unlink()
    names = sorted(map(shown, changed))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        f"changed since submissions were compared, so what they shared is dropped: "
        f"{', '.join(names[:NAMED])}{more}; --similar compares anew"
    ]


def _is(read: Callable[[], bytes] | None, known: str) -> bool:
    try:
        return read is not None and hash_of(read()) == known
    except Exception:  # noqa: BLE001 (of any kind: what can't be read is not what was compared)
        return False


def _kept(store: Store) -> dict[str, Any] | None:
    path = store.folder / FILE
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept if isinstance(kept, dict) else None  # a list is of an earlier version


def _present(store: Store) -> set[str]:
    return {participant.name for participant in store.participants()}


def _without(groups: Groups, students: Collection[str]) -> Groups:
    """Return the groups without some students, and without those that are of nobody then."""
    left = []
    for group in groups:
        pairs = [
            pair for pair in group["pairs"] if not set(students).intersection(pair["students"])
        ]
        if pairs:
            named = {name for pair in pairs for name in pair["students"]}
            left.append({"students": sorted(named), "pairs": pairs})
    return left


def _drop_rows(store: Store, students: Collection[str]) -> None:
    path = store.folder / TABLE
    if path.exists():
        lines = csv.reader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True))
        table = [list(map(uncell, line)) for line in lines]
        kept = [row for row in table if not {row[0], row[2]} & set(students)]
        write(path, "\ufeff" + csv_text(kept))
