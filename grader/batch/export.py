"""Pack all results of a course under pseudonyms, for research or an appeal.

Every name, number and login that the course knows of a student is replaced, wherever it stands: in
archives' names, messages, output of student code. The list of who is who stays with the staff, in
``pseudonyms.csv`` beside the results. Pictures are left out, because a name in one can't be found.
What students wrote about themselves in other words can't be found, either: read before publishing.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import io
import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from grader.batch.marks_files import opened
from grader.batch.read_results import read_rows, readable
from grader.batch.store import Store, replace_file, unwritable, write
from grader.core.zips import Member, zipped
from grader.marking import late
from grader.reports.decided import decide
from grader.reports.rows import Row
from grader.reports.tables import csv_text, grades_csv, uncell

LIST = "pseudonyms.csv"
HEADER = ["student", "pseudonym"]
SHORTEST = 3  # letters of a part of a name that is replaced by itself
LEFT_OUT = {"figures", "key"}  # fields of results
# Words in names of downloads that are nobody's.
COMMON = {
    "assignsubmission", "attempt", "file", "folder", "homework", "onlinetext", "participant",
    "submission", "team",
}  # fmt: skip
README = """\
Results of a course under pseudonyms: {count} students.
grades.csv holds points by question; results/ the report on each submission, without pictures.
Names, numbers and logins that the course knows were replaced. Other words were not.
"""


def run_export(args: argparse.Namespace) -> int:
    """Write the ZIP: `grader export`."""
    store = Store(args.results)
    store.participants()  # of no run, there is nothing to lock
    with store.locked():
        rows = read_rows(store)
        with opened(store) as marking:
            decide(rows, marking, late.read_late(store.folder / late.FILE))
        pseudonyms = assign(store, [row.student for row in rows])
        data = packed(store, rows, pseudonyms)
    try:
        replace_file(args.output, data)
    except OSError as error:
        raise unwritable(args.output, error) from error
    print(
        f"{args.output}: {len(rows)} students; who is who stands in {store.folder / LIST}, which "
        "stays with you"
    )
    return 0


def assign(store: Store, students: Sequence[str]) -> dict[str, str]:
    """Return a pseudonym for each student, the same in all exports, in an order of its own."""
    path = store.folder / LIST
    known = _known(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    new = [student for student in students if student not in known]
    secrets.SystemRandom().shuffle(new)
    for number, student in enumerate(new, start=len(known) + 1):
        known[student] = f"P{number:03}"
    write(path, "\ufeff" + csv_text([HEADER, *map(list, sorted(known.items()))]))
    return {student: known[student] for student in students}


def _known(text: str) -> dict[str, str]:
    lines = csv.reader(io.StringIO(text, newline=""))
    return {uncell(line[0]): line[1] for line in list(lines)[1:] if len(line) == len(HEADER)}


def packed(store: Store, rows: Sequence[Row], pseudonyms: Mapping[str, str]) -> bytes:
    """Return the ZIP."""
    hide = Scrubber(rows, pseudonyms)
    members = []
    for row, participant in zip(rows, store.participants(), strict=True):
        result = hide.all_of(dict(readable(store, participant)))
        text = json.dumps(result, ensure_ascii=False, indent=1)
        path = str(PurePosixPath("results", f"{pseudonyms[row.student]}.json"))
        members.append((path, text))
    hidden = [
        dataclasses.replace(row, student=pseudonyms[row.student], file="", folder="")
        for row in rows
    ]
    hidden.sort(key=lambda row: row.student)
    members.append(("grades.csv", hide.text(grades_csv(hidden))))
    members.append(("README.txt", README.format(count=len(rows))))
    return zipped(Member(path, text.encode) for path, text in members)


class Scrubber:
    """Replaces what tells who somebody is."""

    def __init__(self, rows: Sequence[Row], pseudonyms: Mapping[str, str]) -> None:
        """Collect all names; of a name that two students have, the pseudonym says nothing."""
        owners: dict[str, set[str]] = {}
        for row in rows:
            for name in names_of(row):
                owners.setdefault(name.casefold(), set()).add(pseudonyms[row.student])
        self._by_name = {name: one.pop() if len(one) == 1 else "P" for name, one in owners.items()}
        longest = sorted(self._by_name, key=lambda name: (-len(name), name))
        names = "|".join(map(re.escape, longest)) or r"(?!)"
        self._pattern = re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])", re.IGNORECASE)

    def text(self, text: str) -> str:
        """Return a text without names."""
        return self._pattern.sub(lambda found: self._by_name.get(found[0].casefold(), "P"), text)

    def all_of(self, value: object) -> object:
        """Return data without names, and without the fields that are left out."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.all_of(each) for each in value]
            case dict():
                return {
                    self.text(key): self.all_of(each)
                    for key, each in value.items()
                    if key not in LEFT_OUT
                }
        return value


def names_of(row: Row) -> Iterable[str]:
    """Yield all that tells who a student is: names, their parts, numbers, logins."""
    whole = [row.student, row.file, row.folder, *(value for _, value in row.ids)]
    for name in filter(None, whole):
        if len(name) >= SHORTEST:
            yield name
        for part in re.findall(r"[^\W\d_]+|\d+", name):
            if len(part) >= SHORTEST and part.casefold() not in COMMON:
                yield part
