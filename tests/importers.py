"""Read tables and ZIPs of feedback as the platforms' importers do.

Where an importer's source is public (Canvas, ILIAS, Moodle), these are its rules, in our words; for
the others they are what their manuals say. Each returns what arrives, by the platform's number or
login of a student.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from tests.courses import TITLE, Person

Arrived = dict[str, float]


def lines(sheet: bytes, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(sheet.decode(encoding), newline=""), delimiter=delimiter))


def columns(sheet: bytes, who: str, points: str, **form: str) -> Arrived:
    """Read a table by the names of two columns."""
    header, *rows = lines(sheet, **form)
    a, b = header.index(who), header.index(points)
    return {row[a]: float(row[b].replace(",", ".")) for row in rows if row[b]}


def moodle_grades(sheet: bytes) -> Arrived:
    """Read by participants' numbers; a locked grade is skipped."""
    header, *rows = lines(sheet)
    who, grade, free = map(header.index, ("Identifier", "Grade", "Grade can be changed"))
    return {
        row[who].removeprefix("Participant "): float(row[grade])
        for row in rows
        if row[grade] and row[free] == "Yes"
    }


def moodle_feedback(names: Sequence[str], course: Sequence[Person]) -> list[str]:
    """Look for a part of the path in which the second of five pieces is a participant."""
    known, found = {str(p.number) for p in course}, []
    for name in names:
        for part in PurePosixPath(name).parts[:-1]:
            pieces = part.split("_", 4)
            if (
                len(pieces) >= 4
                and pieces[1] in known
                and pieces[2:4] == ["assignsubmission", "file"]
            ):
                found.append(pieces[1])
    return found


def canvas_grades(sheet: bytes) -> Arrived:
    """Read by the second column; skip the rows of points and of what is muted."""
    header, *rows = lines(sheet)
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert "Section" in header[3]
    titles = [re.fullmatch(r"(.*) \((\d+)\)", name) for name in header]
    (place,) = [i for i, title in enumerate(titles) if title and title[1] == TITLE]
    students = [row for row in rows if "Points Possible" not in row[0]]
    assert len(students) == len(rows) - 1
    return {row[1]: float(row[place]) for row in students if row[place].strip()}


def canvas_feedback(names: Sequence[str], course: Sequence[Person]) -> list[str]:
    """Take the first two pieces of digits: a user, and a file of that user's hand-in."""
    found = []
    for name in names:
        user, file = [p for p in name.split("_") if re.fullmatch(r"\d+", p)][:2]
        assert file in (f"{user}8", f"{user}9")  # else the importer ignores it
        assert any(str(p.number) == user for p in course)
        found.append(user)
    return found


def blackboard_grades(sheet: bytes) -> Arrived:
    """Read UTF-16 with tabs, by logins; the number after the bar tells the column."""
    header, *rows = lines(sheet, "\t", "utf-16")
    (place,) = [i for i, name in enumerate(header) if name.endswith("|3766016")]
    notes, form = header.index("Feedback to Learner"), header.index("Feedback Format")
    who = header.index("Username")
    assert all(row[form] == "HTML" for row in rows if row[notes])
    assert all(row[notes] for row in rows if row[place])
    return {row[who]: float(row[place]) for row in rows if row[place]}


def brightspace_grades(sheet: bytes) -> Arrived:
    """Read by logins; each line has to end with a sign."""
    header, *rows = lines(sheet)
    assert header[-1] == "End-of-Line Indicator"
    assert {row[-1] for row in rows} == {"#"}
    (place,) = [i for i, name in enumerate(header) if " Points Grade" in name]
    return {row[1].removeprefix("#"): float(row[place]) for row in rows if row[place]}


def brightspace_feedback(names: Sequence[str], course: Sequence[Person]) -> list[str]:
    """Look for folders that are called as in the download, of the newest attempt."""
    known = {f"{p.number}-2557369 - {p.name} - May 2, 2026 1126 AM": p.login for p in course}
    return [known[PurePosixPath(name).parts[0]] for name in names]


def ilias_feedback(names: Sequence[str], course: Sequence[Person]) -> list[str]:
    """Look in a folder that begins with a word for folders that end with a member's number."""
    known, found = {str(p.number) for p in course}, []
    for name in names:
        top, folder, file = PurePosixPath(name).parts
        if top[:14] == "multi_feedback" and not file.startswith("."):
            number = folder.split("_")[-1]
            assert number in known
            found.append(number)
    return found


def github_feedback(names: Sequence[str], course: Sequence[Person]) -> list[str]:
    known = {f"hw3-{p.login}/FEEDBACK.md": p.login for p in course}
    return [known[name] for name in names]


GRADES: Mapping[str, Callable[[bytes], Arrived]] = {
    "moodle": moodle_grades,
    "canvas": canvas_grades,
    "blackboard": blackboard_grades,
    "brightspace": brightspace_grades,
    "gradescope": lambda sheet: columns(sheet, "SID", "Total Score"),
    "github": lambda sheet: columns(sheet, "github_username", "points_awarded"),
}
FEEDBACK: Mapping[str, Callable[[Sequence[str], Sequence[Person]], list[str]]] = {
    "moodle": moodle_feedback,
    "canvas": canvas_feedback,
    "brightspace": brightspace_feedback,
    "ilias": ilias_feedback,
    "github": github_feedback,
}
BY_LOGIN = {"blackboard", "brightspace", "github"}


def names_in(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()
