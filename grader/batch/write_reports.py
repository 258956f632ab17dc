"""Have every report of a batch written, from its results and a person's marks.

Each report is written by itself: one that fails leaves the others written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from grader.batch import outcome
from grader.batch.marks_files import listed, opened, take_in_marks, unread
from grader.batch.participant import Participant
from grader.batch.platforms.base import Platform
from grader.batch.read_results import read_rows, readable
from grader.batch.similar_kept import kept_groups
from grader.batch.store import Store, write
from grader.core.errors import UserError
from grader.core.report import checks_of
from grader.core.text import shown
from grader.marking import late
from grader.marking.late import read_late
from grader.reports.decided import decide
from grader.reports.feedback import feedback_zips
from grader.reports.grades_workbook import grades_xlsx
from grader.reports.pages import course_html, feedback_comment, feedback_html, feedback_md
from grader.reports.rows import Row
from grader.reports.tables import grades_csv, results_csv

NONE: Mapping[str, str] = MappingProxyType({})


@dataclass
class Published:
    """Hold the rows of all reports, and remarks for the person who runs this.

    Attributes:
        rows: The rows of all reports.
        remarks: What is good to know.
        failures: Which reports failed, and why.
        wrong: The rows of marks.csv or marks.xlsx that don't count, and why.
    """

    rows: list[Row]
    remarks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def attempt(self, name: str, make: Callable[[], None]) -> None:
        """Make one report; note if that fails."""
        try:
            make()
        except Exception as error:  # noqa: BLE001 (of any kind: the other reports are still to be written)
            said = str(error) if isinstance(error, UserError) else outcome.described(error)
            self.failures.append(said if name in said else f"{name} can't be made: {said}")


def publish(
    store: Store,
    worksheet: Path | None = None,
    columns: Mapping[str, str] = NONE,
    *,
    provisional: bool = False,
    part_size: int | None = None,
) -> Published:
    """Write the tables, feedback/, report.html and feedback.zip, and fill in the platform's table.

    Args:
        store: The folder of results.
        worksheet: The platform's table of grades, to be filled in place.
        columns: Names of its columns, see `Platform.fill`.
        provisional: Whether it gets points so far where a person has yet to give some.
        part_size: Bytes of a ZIP of feedback at most; None for one of any size.

    Raises:
        UserError: marks.csv or marks.xlsx is no table of marks.
    """
    rows = read_rows(store)
    with opened(store) as marking:
        wrong = take_in_marks(store, rows, marking)
        remarks = unread(store) + decide(rows, marking, read_late(store.folder / late.FILE))
        marking.back_up()
    published = Published(rows, remarks + _second_tries(rows), wrong=listed(wrong))
    folders = {row.folder: row for row in rows if row.folder and not row.is_held}
    published.attempt("grades.csv", lambda: write(store.folder / "grades.csv", grades_csv(rows)))
    published.attempt("grades.xlsx", lambda: write(store.folder / "grades.xlsx", grades_xlsx(rows)))
    published.attempt("results.csv", lambda: _results(store, rows))
    if worksheet:
        published.attempt(
            worksheet.name,
            lambda: _fill(store, worksheet, columns, published, folders, provisional),
        )
    for row, participant in zip(rows, store.participants(), strict=True):
        published.attempt(
            f"feedback for {row.student}", partial(_feedback, store, row, participant)
        )
    _remove_stale(store, published)
    published.attempt("report.html", lambda: _report(store, rows))
    published.attempt("feedback.zip", lambda: _feedback_zip(store, folders, part_size))
    return published


def _second_tries(rows: Sequence[Row]) -> list[str]:
    """Say who awaits a second try, because the run before was ended or a judge was lost."""
    who = [shown(row.student) for row in rows if row.awaits_try]
    if not who:
        return []
    said = "1 student awaits" if len(who) == 1 else f"{len(who)} students await"
    return [f"{said} a second try: run batch again; until then no grade counts: {', '.join(who)}"]


def read_worksheet(platform: Platform, path: Path, columns: Mapping[str, str]) -> bytes:
    """Read the platform's table of grades.

    Raises:
        UserError: It can't be read, or is no such table.
    """
    try:
        sheet = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.") from error
    platform.fill(sheet, [], {}, columns)
    return sheet


def _fill(
    store: Store,
    worksheet: Path,
    columns: Mapping[str, str],
    published: Published,
    folders: dict[str, Row],
    provisional: bool,
) -> None:
    """Fill in the platform's table, which tells who gets the feedback in which folder."""
    comments = {row.folder: feedback_comment(row) for row in published.rows if row.folder}
    platform = store.platform()
    sheet = read_worksheet(platform, worksheet, columns)
    filled = platform.fill(sheet, published.rows, comments, columns, provisional=provisional)
    write(worksheet, filled.sheet)
    published.remarks += filled.remarks
    folders.clear()
    folders.update(filled.folders)


def _results(store: Store, rows: list[Row]) -> None:
    """Write the long table of all checks; one student's result is in memory at a time."""
    results = (
        (row, checks_of(readable(store, participant)))
        for row, participant in zip(rows, store.participants(), strict=True)
    )
    write(store.folder / "results.csv", results_csv(results))


def _feedback(store: Store, row: Row, participant: Participant) -> None:
    """Write a student's page in HTML and Markdown."""
    folder = store.folder / "feedback"
    result = readable(store, participant)
    write(folder / f"{row.file}.html", feedback_html(row, result), lasting=False)
    write(folder / f"{row.file}.md", feedback_md(row, result), lasting=False)


def _remove_stale(store: Store, published: Published) -> None:
    """Remove the pages of students who have left; their results and marks stay."""
    left = store.left()
    for names in left:
        for suffix in (".html", ".md"):
            page = store.folder / "feedback" / f"{names.file}{suffix}"
            published.attempt(page.name, partial(page.unlink, missing_ok=True))
    if left:
        who = ", ".join(shown(names.student) for names in left)
        published.remarks.append(f"no longer there, results and marks are kept: {who}")


def _feedback_zip(store: Store, folders: Mapping[str, Row], part_size: int | None) -> None:
    """Pack the pages that could be made for the platform; ZIPs of another run go."""
    platform = store.platform()
    pages = {
        path: store.folder / "feedback" / f"{row.file}{platform.page}"
        for place, row in folders.items()
        if (path := platform.feedback_path(place))
    }
    there = {path: page for path, page in pages.items() if page.exists()}
    zips = feedback_zips(there, part_size)
    names = [f"feedback-{number}.zip" for number in range(1, len(zips) + 1)]
    if len(zips) == 1:
        names = ["feedback.zip"]
    for old in (store.folder / "feedback.zip", *store.folder.glob("feedback-*.zip")):
        if old.name not in names:
            old.unlink(missing_ok=True)
    for name, data in zip(names, zips, strict=True):
        write(store.folder / name, data)


def _report(store: Store, rows: list[Row]) -> None:
    page = course_html(rows, kept_groups(store))
    write(store.folder / "report.html", page)
