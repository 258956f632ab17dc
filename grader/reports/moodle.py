"""Fill in Moodle's grading worksheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from grader.reports.moodle_sheet import Owners, Worksheet
from grader.reports.rows import Row
from grader.reports.sheets import (
    Filled,
    Line,
    decode,
    encode,
    grade_of,
    left_because,
    other_grade,
    scaled_comment,
    scaling,
    stale_remark,
)


def fill_worksheet(
    sheet: bytes,
    rows: Sequence[Row],
    comments: Mapping[str, str],
    columns: Mapping[str, str] = MappingProxyType({}),
    *,
    provisional: bool = False,
) -> Filled:
    """Enter grades on the worksheet's scale, and remark on the rows that are left as they are.

    Args:
        sheet: The worksheet as Moodle wrote it.
        rows: The students.
        comments: HTML, by Moodle's folder.
        columns: Names of columns, by the keys of `COLUMNS`, for a language that is not known here.
        provisional: Whether to enter points so far where a person has yet to give some.

    Raises:
        UserError: This is no grading worksheet, or one that grades by a scale.
    """
    text, encoding = decode(sheet)
    owners = Owners(table := Worksheet(text, columns), rows)
    unseen = {row.student for row in rows}
    left: dict[str, list[str]] = {}
    scales: dict[str, None] = {}
    stale: list[str] = []
    certain = [row for row in rows if row.folder and not row.is_held]
    folders = {} if owners.teams else {row.folder: row for row in certain}
    for line in table.lines[1:]:
        claimants = owners.of(line)
        unseen -= {claimant.student for claimant in claimants}
        is_theirs = len(claimants) == 1 and not table.says_nothing(line)
        row = claimants[0] if is_theirs else None
        if row is not None and not row.is_held:
            folders[owners.folder(row, line)] = row  # in a team, one a member
        maximum = table.known(line, "maximum")
        new_grade = partial(grade_of, maximum=maximum, capped=True)
        if why := _left_because(claimants, table, line, provisional=provisional):
            name = line[1].plain if len(line) > 1 else line[0].plain
            left.setdefault(why, []).append(name)
            if other := other_grade(table.known(line, "grade"), claimants, new_grade):
                stale.append(f"{name}{other}")
        elif row is not None:
            scales.setdefault(scaling(row, maximum))
            comment = scaled_comment(comments[row.folder], row, maximum)
            table.set(line, table.places["grade"], new_grade(row))
            table.set(line, table.places["comment"], comment)
    remarks = _remarks(rows, left, (owners.remark(), *scales), unseen)
    remarks += stale_remark("worksheet", stale)
    filled, encoded = encode(str(table), encoding)
    return Filled(filled, remarks + encoded, folders)


def _remarks(
    rows: Sequence[Row],
    left: Mapping[str, Sequence[str]],
    said: Iterable[str],
    unseen: Iterable[str],
) -> list[str]:
    """Return what to say of a worksheet that is filled in.

    Args:
        rows: The students.
        left: Whose lines were left as they were, by the reason.
        said: What to say of teams, and how points became grades.
        unseen: Students who are not in it.
    """
    remarks = [f"worksheet, left as it was, {why}: {', '.join(who)}" for why, who in left.items()]
    remarks += [f"worksheet: {sentence}" for sentence in said if sentence]
    if above := [row.student for row in rows if row.possible and (row.earned or 0) > row.possible]:
        remarks.append(
            f"worksheet: Moodle takes no more than the maximum, so {', '.join(above)} have that"
        )
    if absent := sorted(unseen):
        remarks.append(f"not in the worksheet: {', '.join(absent)}")
    return remarks


def _left_because(
    claimants: Sequence[Row], table: Worksheet, line: Line, *, provisional: bool
) -> str:
    """Return why no grade is entered; an empty text if one is."""
    if claimants and table.is_locked(line):
        return "the grade is locked"
    if claimants and table.says_nothing(line):
        return "handed in nothing when the worksheet was downloaded"
    return left_because(claimants, provisional=provisional)
