"""The folder of results: what is finished, and whether it is still valid.

    run.json            seed, and the students of the last run in order
    results/NAME.json   one a submission, with the key of everything that it depends on
    grades.csv, report.html, feedback/, feedback.zip     made from these by reports/
    marks.csv           a person's part

Every file is written beside its place and then renamed, so each is there as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UserError

UNSAFE = re.compile(r"[^\w .,()+@'-]")  # in names of files, on any system
LONGEST = 100  # characters of a file's name; in UTF-8 and with suffix still below 255 bytes x 2


@dataclass(frozen=True)
class Student:
    """A row of the run: who it is, what its files are called, where Moodle keeps its feedback."""

    name: str
    file: str
    folder: str = ""


class Store:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folder, or use one of an earlier run.

        :raises UserError: it can't be written to, or is something else.
        """
        try:
            present = {path.name for path in self.folder.iterdir()} if self.folder.exists() else ()
            if present and "run.json" not in present:
                raise UserError(f"{self.folder} holds other things: name a new folder for -o.")
            (self.folder / "results").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self.folder} can't be written to: {error.strerror}.") from error
        for left_over in self.folder.rglob("*.partial"):  # of a run that was killed
            left_over.unlink()

    def seed(self, wanted: int | None) -> int:
        """The seed to grade with: the wanted one, that of the run before, or a new one."""
        path = self.folder / "run.json"
        if wanted is None and path.exists():
            return int(self._manifest()["seed"])
        return secrets.randbelow(2**31) if wanted is None else wanted

    def begin(self, seed: int, students: list[Student]) -> None:
        """Note what this run is about."""
        manifest = {"seed": seed, "students": [vars(student) for student in students]}
        write(self.folder / "run.json", json.dumps(manifest, ensure_ascii=False, indent=1))

    def students(self) -> list[Student]:
        """Those of the last run, in order. :raises UserError: there was none."""
        return [Student(**row) for row in self._manifest()["students"]]

    def is_done(self, student: Student, key: str) -> bool:
        """Whether there is a result for this key that need not be made again."""
        batch = self.result(student).get("batch", {})
        return bool(batch.get("key") == key and batch["status"] != "internal")

    def forget(self, student: Student) -> None:
        """Remove a result, so that it is made anew."""
        self._path(student).unlink(missing_ok=True)

    def save(self, student: Student, key: str, report: bytes) -> str:
        """Keep a judge's report; returns its status."""
        result = json.loads(report)
        result["batch"] |= {"student": student.name, "key": key}
        write(self._path(student), json.dumps(result, ensure_ascii=False, indent=1))
        status: str = result["batch"]["status"]
        return status

    def result(self, student: Student) -> dict[str, Any]:
        """The report on that student's submission, {} if there is none."""
        path = self._path(student)
        if not path.exists():
            return {}
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result

    def results(self) -> Iterator[tuple[Student, dict[str, Any]]]:
        """The students of the last run with their reports, one in memory at a time."""
        for student in self.students():
            yield student, self.result(student)

    def _path(self, student: Student) -> Path:
        return self.folder / "results" / f"{student.file}.json"

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / "run.json"
        if not path.exists():
            raise UserError(f"{self.folder} is no folder of results: run `grader batch` first.")
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return manifest


def write(path: Path, content: str | bytes) -> None:
    """Write a file such that it is there as a whole or not at all, whenever this is killed."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def file_names(students: list[str]) -> dict[str, str]:
    """A name for each student's files, safe on every system and unlike all others."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        name = UNSAFE.sub("_", student)[:LONGEST].strip(" .") or "_"
        if name != student or name.casefold() in taken:
            name = f"{name}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
        taken.add(name.casefold())
        names[student] = name
    return names
