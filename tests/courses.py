"""Make up a course as each platform lets download it, with the platform's table of grades.

People, numbers and works are invented. Every seventh hands in late and every fifth twice, where the
platform shows that.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.downloads import download, write

TITLE = "HW 3"
MAXIMUM = 20
NAMES = ("Ada", "Ben", "Çelik", "Dora", "Emil", "Fatma", "Gül", "Hugo", "Ines", "Jürgen")
SURNAMES = ("Müller", "O'Neill", "de la Cruz", "Özdemir", "Lee", "Weiß")


class Person(NamedTuple):
    """A made-up student."""

    number: int
    first: str
    last: str
    login: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def is_late(self) -> bool:
        return self.number % 7 == 0

    @property
    def comes_twice(self) -> bool:
        return self.number % 5 == 0


class Course(NamedTuple):
    """Hold what a teacher downloads: hand-ins, and the table of grades, if the platform has one."""

    source: Path
    table: bytes | None = None


def people(count: int = 30) -> list[Person]:
    """Return different people; no two have both names in common."""
    return [
        Person(4001 + n, NAMES[n % 10], f"{SURNAMES[n // 10 % 6]}{n // 60 or ''}", f"s{n:03}_x")
        for n in range(count)
    ]


def work(person: Person, version: int = 2) -> bytes:
    """Return a ZIP that tells whose it is, and which attempt."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("lstm.py"), f"x = {person.number}, {version}\n")
    return data.getvalue()


def table(rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Return a table as a platform writes it."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def moodle(folder: Path, class_list: Sequence[Person]) -> Course:
    files = {
        f"{p.name}_{p.number}_assignsubmission_file/{p.login}.zip": work(p) for p in class_list
    }
    header = "Identifier,Full name,Status,Grade,Maximum Grade,Grade can be changed,"
    header += "Last modified (submission),Last modified (grade),Feedback comments"
    rows = [
        [f"Participant {p.number}", p.name, "-", "", f"{MAXIMUM}.00", "Yes", "-", "-", ""]
        for p in class_list
    ]
    return Course(download(folder / "moodle.zip", files), table([header.split(","), *rows]))


def canvas(folder: Path, class_list: Sequence[Person]) -> Course:
    files = {}
    for p in class_list:
        letters = "".join(filter(str.isalnum, f"{p.last}{p.first}".lower()))
        place = f"{letters}_{'LATE_' if p.is_late else ''}{p.number}"
        if p.number % 2:
            files[f"{place}_{p.number}9_work.zip"] = work(p)
        else:  # loose, and handed in again
            files[f"{place}_{p.number}8_lstm-1.py"] = b"x = 1\n"
            files[f"{place}_{p.number}9_report.pdf"] = b"%PDF"
    rows = [
        ["Student", "ID", "SIS Login ID", "Section", "HW 2 (771)", f"{TITLE} (772)", "Final Score"],
        ["    Points Possible", "", "", "", "10 (read only)", str(MAXIMUM), "(read only)"],
        *([f"{p.last}, {p.first}", str(p.number), p.login, "A", "", "", ""] for p in class_list),
    ]
    return Course(download(folder / "canvas.zip", files), table(rows))


def blackboard(folder: Path, class_list: Sequence[Person]) -> Course:
    files: dict[str, bytes] = {}
    for p in class_list:
        for version in (1, 2) if p.comes_twice else (2,):
            place = f"{TITLE}_{p.login}_attempt_2026-05-0{version}-10-00-00"
            files |= {f"{place}.txt": b"Name: x", f"{place}_work.zip": work(p, version)}
    title = f"{TITLE} [Total Pts: {MAXIMUM} Score] |3766016"
    header = ["Last Name", "First Name", "Username", title, "Feedback to Learner"]
    rows = [[p.last, p.first, p.login, "", "", ""] for p in class_list]
    sheet = table([[*header, "Feedback Format"], *rows], "\t", "utf-16-le")
    return Course(download(folder / "blackboard.zip", files), b"\xff\xfe" + sheet)


def brightspace(folder: Path, class_list: Sequence[Person]) -> Course:
    files = {"index.html": b"<html>"}
    for p in class_list:
        for version in (1, 2) if p.comes_twice else (2,):
            place = f"{p.number}-2557369 - {p.name} - May {version}, 2026 {version + 9}26 AM"
            files[f"{place}/work.zip"] = work(p, version)
    title = f"{TITLE} Points Grade <Numeric MaxPoints:{MAXIMUM} Weight:10>"
    header = ["OrgDefinedId", "Username", "Last Name", "First Name", title, "End-of-Line Indicator"]
    rows = [[f"#9{p.number}", f"#{p.login}", p.last, p.first, "", "#"] for p in class_list]
    return Course(download(folder / "brightspace.zip", files), table([header, *rows]))


def ilias(folder: Path, class_list: Sequence[Person]) -> Course:
    files = {"HW 3/submissions.xlsx": b"PK"}
    for p in class_list:
        place = f"{p.last}_{p.first}_{p.login.replace('_', '')}_{p.number}"
        late = "Late Submission - " if p.is_late else ""
        files[f"HW 3/Submissions/{place}/{late}lstm.py"] = b"x = 1\n"
    return Course(download(folder / "ilias.zip", files))


def gradescope(folder: Path, class_list: Sequence[Person]) -> Course:
    top, lines = "assignment_77_export", ["---"]
    files = {}
    for p in class_list:
        files[f"{top}/submission_{p.number}9/lstm.py"] = b"x = 1\n"
        name = p.name.replace("'", "''")
        lines += [f"submission_{p.number}9:", "  :submitters:", f"  - :name: '{name}'"]
        lines += [f"    :sid: '{p.number}'", f"    :email: {p.login}@uni.example"]
        lines += ["  :created_at: 2026-05-02 10:00:00.123456000 Z", "  :results:"]
        lines += [
            "    output: |-",
            "      submission_1:",
            "      :submitters:",
            "      - :name: Eve",
        ]
    files[f"{top}/submission_metadata.yml"] = "\n".join(lines).encode()
    header = ["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status"]
    rows = [
        [p.first, p.last, str(p.number), f"{p.login}@uni.example", "", str(MAXIMUM), "Ungraded"]
        for p in class_list
    ]
    return Course(download(folder / "gradescope.zip", files), table([header, *rows]))


def github(folder: Path, class_list: Sequence[Person]) -> Course:
    place = folder / "hw3-submissions"
    for p in class_list:
        write(place / f"hw3-{p.login}" / ".git" / "config")
        write(place / f"hw3-{p.login}" / "lstm.py", b"x = 1\n")
    header = "assignment_name,github_username,roster_identifier,student_repository_name,"
    header += "submission_timestamp,points_awarded,points_available"
    rows = [["hw3", p.login, p.name, f"hw3-{p.login}", "-", "", str(MAXIMUM)] for p in class_list]
    return Course(place, table([header.split(","), *rows]))


def folders(folder: Path, class_list: Sequence[Person]) -> Course:
    place = folder / "hw3"
    for p in class_list:
        write(place / f"{p.last.replace(' ', '')}-20{p.number}.zip", work(p))
    return Course(place)


COURSES: Mapping[str, Callable[[Path, Sequence[Person]], Course]] = {
    make.__name__: make
    for make in (moodle, canvas, blackboard, brightspace, ilias, gradescope, github, folders)
}
