"""Read and write a person's marks in the folder of results: marks.csv and marks.xlsx.

Both files hold the same table, and either may be filled in. The kit compares them with what it
wrote last, which marks.json keeps: what a person has changed since counts. If both say something
new, and not the same, that row is wrong. While a row is wrong, the files stay as they are, so that
nothing in them is lost. marking/exchange.py says what counts if a mark was changed at the desk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from grader.batch.read_results import read_rows
from grader.batch.store import Store, write
from grader.core.errors import UserError
from grader.core.text import shown
from grader.marking.exchange import Said, forget_taken, take_in
from grader.marking.store import FILE as DECISIONS
from grader.marking.store import MarkingStore
from grader.reports.decided import given_in
from grader.reports.marks import Marks, MarksFile, marks_csv, marks_xlsx, read_marks
from grader.reports.rows import Given, Row

FILES = ("marks.csv", "marks.xlsx")
OTHERS = {".csv", ".numbers", ".ods", ".tab", ".tsv", ".txt", ".xls", ".xlsm", ".xlsx"}
WRITTEN = "marks.json"  # a list of student, question, points and comment
SHOWN = 10  # wrong rows that are listed


def publish_marks(store: Store) -> Path:
    """Write the files to fill in, with all marks that there are; return the path of marks.csv.

    Raises:
        UserError: One is no table of marks, or can't be written.
    """
    rows = read_rows(store)
    path = store.folder / FILES[0]
    with opened(store) as marking:
        errors = take_in_marks(store, rows, marking)
        given = given_in(marking, rows)
        if not errors:
            write(store.folder / WRITTEN, _as_json(given))
            write(path, marks_csv(rows, given))
            write(store.folder / FILES[1], marks_xlsx(rows, given))
            forget_taken(marking)
    return path


def opened(store: Store) -> MarkingStore:
    """Open what people have decided about the students of a folder of results.

    Raises:
        UserError: The file is damaged.
    """
    return MarkingStore(store.folder / DECISIONS)


def take_in_marks(store: Store, rows: list[Row], marking: MarkingStore) -> list[str]:
    """Enter what a person has changed in the files since they were written.

    Returns:
        A line for each row that is wrong, or that contradicts a mark given at the desk since.

    Raises:
        UserError: A file is no table of marks.
    """
    marks, written = marks_of(store, rows), _written(store)
    said = {key: Said(value.points, value.comment) for key, value in marks.given.items()}
    before = {key: Said(value.points, value.comment) for key, value in written.items()}
    most = {(row.student, mark.id): mark.open for row in rows for mark in row.marks if mark.open}
    return marks.errors + take_in(marking, said, before, most)


def check_marks(store: Store) -> list[str]:
    """Return what is wrong with the marks of an earlier run, if that run was finished.

    Raises:
        UserError: They are no table of marks, or the file of decisions is damaged.
    """
    if (store.folder / DECISIONS).exists():
        opened(store).close()
    given = any((store.folder / name).exists() for name in FILES)
    if given and all(map(store.result, store.participants())):
        return listed(marks_of(store, read_rows(store)).errors)
    return []


def unread(store: Store) -> list[str]:
    """Return a remark on each table of marks that was saved under another name or kind."""
    found = sorted(
        path.name
        for path in store.folder.iterdir()
        if path.name.startswith("marks") and path.suffix.lower() in OTHERS
    )
    return [
        f"{shown(name)} is not read: save it as {FILES[1]} or {FILES[0]}, in place of that one"
        for name in found
        if name not in FILES
    ]


def listed(errors: list[str]) -> list[str]:
    """Return the first of many lines, and how many more there are."""
    more = len(errors) - SHOWN
    return errors[:SHOWN] + ([f"and {more} more rows of marks"] if more > 0 else [])


def marks_of(store: Store, rows: list[Row]) -> MarksFile:
    """Return a person's marks, if there are any yet.

    Raises:
        UserError: A file is no table of marks.
    """
    left = [names.student for names in store.left()]
    files = {}
    for name in FILES:
        path = store.folder / name
        if path.exists():
            try:
                files[name] = read_marks(path.read_bytes(), rows, left, name)
            except OSError as error:
                raise UserError(f"{path} can't be read: {error.strerror}.") from error
    return merged(_written(store), files)


def merged(written: Mapping[tuple[str, str], Given], files: Mapping[str, MarksFile]) -> MarksFile:
    """Return the marks of several files, each a copy of one table that a person may have changed.

    Args:
        written: The marks that were in all of them at first.
        files: What is in them now, by their names.
    """
    given: Marks = {}
    errors = [error for file in files.values() for error in file.errors]
    for key in dict.fromkeys(key for file in files.values() for key in file.given):
        before = written.get(key, Given(None))
        there = {name: file.given[key] for name, file in files.items() if key in file.given}
        new = {name: value for name, value in there.items() if value != before}
        if len(set(new.values())) > 1:
            who = " and ".join(new)
            errors.append(f"{who} differ on {shown(key[0])}, question {key[1]}: make them agree")
        else:
            given[key] = next(iter(new.values()), before)
    return MarksFile(given, errors)


def _as_json(given: Mapping[tuple[str, str], Given]) -> str:
    table = [[*key, value.points, value.comment] for key, value in given.items()]
    return json.dumps(table, ensure_ascii=False, indent=1)


def _written(store: Store) -> Marks:
    """Return the marks that were written last; none if there is no record that can be read."""
    try:
        table = json.loads((store.folder / WRITTEN).read_bytes())
        return {(student, question): Given(*given) for student, question, *given in table}
    except (FileNotFoundError, ValueError, TypeError):  # the latter: somebody has edited it
        return {}
