"""Makes all reports from a folder of results and a person's marks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grader.batch.store import Store, write
from grader.core.errors import UserError
from grader.reports.marks import Marks, marks_csv, read_marks
from grader.reports.moodle import feedback_zip, fill_worksheet
from grader.reports.pages import course_html, feedback_comment, feedback_html, feedback_md
from grader.reports.rows import Row, complete, read_row
from grader.reports.tables import grades_csv

MARKS = "marks.csv"
NONE: Mapping[str, str] = MappingProxyType({})


def publish(
    store: Store, worksheet: Path | None = None, columns: Mapping[str, str] = NONE
) -> tuple[list[Row], list[str]]:
    """Write grades.csv, feedback/, report.html and feedback.zip, and fill in Moodle's worksheet.

    Returns the rows and remarks for whoever runs this.

    :param columns: of the worksheet, see `fill_worksheet`.
    :raises UserError: marks.csv or the worksheet is wrong; the message says where.
    """
    rows = read_rows(store)
    complete(rows, marks_of(store, rows))
    folders = {row.folder: row for row in rows if row.folder}
    remarks: list[str] = []
    if worksheet:
        comments = {row.folder: feedback_comment(row) for row in folders.values()}
        filled = fill_worksheet(read_worksheet(worksheet, columns), rows, comments, columns)
        write(worksheet, filled.sheet)
        folders, remarks = filled.folders, filled.remarks
    _write_feedback(store, rows, folders)
    write(store.folder / "grades.csv", grades_csv(rows))
    write(store.folder / "report.html", course_html(rows, _similar(store)))
    return rows, remarks


def read_worksheet(path: Path, columns: Mapping[str, str]) -> bytes:
    """:raises UserError: it can't be read, or is no grading worksheet."""
    try:
        sheet = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from error
    fill_worksheet(sheet, [], {}, columns)
    return sheet


def publish_marks(store: Store) -> Path:
    """Write marks.csv, with what is in it already; returns its path.

    :raises UserError: it is wrong; the message says where.
    """
    rows = read_rows(store)
    path = store.folder / MARKS
    write(path, marks_csv(rows, marks_of(store, rows)))
    return path


def read_rows(store: Store) -> list[Row]:
    """The rows of all results, with the same questions, without a person's marks."""
    rows = [
        read_row(student.name, student.file, student.folder, result)
        for student, result in store.results()
    ]
    complete(rows, {})
    return rows


def marks_of(store: Store, rows: list[Row]) -> Marks:
    """A person's marks, if there are any yet."""
    path = store.folder / MARKS
    return read_marks(path.read_text(encoding="utf-8"), rows) if path.exists() else {}


def _write_feedback(store: Store, rows: list[Row], folders: Mapping[str, Row]) -> None:
    """A page a student in HTML and Markdown, and for Moodle a ZIP of all, in these folders."""
    folder = store.folder / "feedback"
    for row, (_, result) in zip(rows, store.results(), strict=True):
        write(folder / f"{row.file}.html", feedback_html(row, result))
        write(folder / f"{row.file}.md", feedback_md(row, result))
    in_moodle = {name: folder / f"{row.file}.html" for name, row in folders.items()}
    if in_moodle:
        write(store.folder / "feedback.zip", feedback_zip(in_moodle))


def _similar(store: Store) -> list[dict[str, Any]] | None:
    path = store.folder / "similar.json"
    if not path.exists():
        return None
    pairs: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    known = {student.name for student in store.students()}
    return [pair for pair in pairs if known.issuperset(pair["students"])]
