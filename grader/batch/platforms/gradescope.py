"""Read the names in an export of Gradescope, and fill in its table of grades.

Checked against public tools that read such exports: a folder ``assignment_N_export`` with a folder
``submission_N`` for each submission that counts, and ``submission_metadata.yml``, which names its
submitters with ``:name:``, ``:sid:`` and ``:email:``, and its time with ``:created_at:``. That file
also holds what student code printed, so that only lines are read that nothing printed can look
like: a text of several lines stands deeper in YAML than the fields of its record. Gradescope takes
no scores but those of an autograder's ``results.json``. The table that it exports is filled in, to
be carried on to another platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from grader.batch.platforms.base import Level, Part, Platform
from grader.reports.gradebooks import Gradebook
from grader.reports.sheets import Line, Table

FOLDER = re.compile(r"submission_\d+")
METADATA = "submission_metadata.yml"
RECORD = re.compile(r"(submission_\d+):")
FIELD = re.compile(r"  (?:- |  ):(?P<field>name|sid|email): (?P<value>\S.*)")
CREATED = re.compile(
    r"  :created_at: '?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?(Z|[+-]\d\d:?\d\d)?'?"
)
QUOTED = re.compile(r"'((?:[^']|'')*)'|\"([^\"\\]*)\"")


def _maximum(table: Table, _place: int, line: Line) -> str:
    return table.cell(line, "Max Points")


GRADEBOOK = Gradebook(
    title="Gradescope's grades",
    people={"Submission ID": ("Submission ID",), "sid": ("SID",), "email": ("Email",)},
    grade=re.compile(r"Total Score"),
    maximum=_maximum,
    several=True,
    needs="export the assignment's grades as CSV",
)


class Record(NamedTuple):
    """Hold what the metadata say of a submission; of a group, all members."""

    people: list[dict[str, str]]
    submitted: str | None


class Gradescope(Platform):
    """A folder for each submission, and a file that says whose it is."""

    name = "gradescope"
    title = "Gradescope"
    gradebook = GRADEBOOK
    form = "submission_123456"
    own = re.compile(re.escape(METADATA))

    def is_sure(self, level: Level) -> bool:
        """Return whether the file is there that says whose each folder is."""
        return any(name.text == METADATA and not name.is_folder for name in level.names)

    def parts(self, level: Level) -> list[Part | None]:
        """Read all names, and from the metadata whose they are."""
        records = dict(_records(level.read(METADATA))) if self.is_sure(level) else {}
        return [
            _part(name.text, records.get(name.text, Record([], None)))
            if name.is_folder and FOLDER.fullmatch(name.text)
            else None
            for name in level.names
        ]


def _part(name: str, record: Record) -> Part:
    names = [person.get("name") or person.get("email", "") for person in record.people]
    number = name.removeprefix("submission_")
    ids = [("Submission ID", number)]
    for person in record.people:
        ids += [(kind, person[kind]) for kind in ("sid", "email") if person.get(kind)]
    return Part(
        who=name,
        owner=", ".join(filter(None, names)) or name,
        place=name,
        submitted=record.submitted,
        ids=tuple(ids),
        claim=number,
    )


def _records(data: bytes) -> Iterator[tuple[str, Record]]:
    """Yield what is known of each submission, by the name of its folder."""
    name, people, submitted = "", list[dict[str, str]](), None
    for line in data.decode(errors="replace").splitlines():
        if line and not line[0].isspace():  # a new record, or something that is none
            if name:
                yield name, Record(people, submitted)
            record = RECORD.fullmatch(line.rstrip())
            name, people, submitted = record[1] if record else "", [], None
        elif field := FIELD.fullmatch(line.rstrip()):
            if line.startswith("  - "):
                people.append({})
            if people:
                people[-1].setdefault(field["field"], _value(field["value"]))
        elif (created := CREATED.fullmatch(line.rstrip())) and submitted is None:
            zone = (created[3] or "").replace("Z", "+00:00")
            submitted = f"{created[1]}T{created[2]}{zone}"
    if name:
        yield name, Record(people, submitted)


def _value(text: str) -> str:
    """Return the text of a scalar, plain or in quotes."""
    quoted = QUOTED.fullmatch(text)
    if quoted is None:
        return text
    return quoted[1].replace("''", "'") if quoted[1] is not None else quoted[2]
