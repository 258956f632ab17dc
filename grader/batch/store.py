"""The folder of results: what is finished, and whether it is still valid.

    run.json            seed, and the students of the last run in order
    run.lock            held by whoever writes here, until that process ends
    results/NAME.json   one a submission, with the key of everything that it depends on
    grades.csv, report.html, feedback/, feedback.zip     made from these by reports/
    marks.csv           a person's part

Every other file is written beside its place and then renamed, so that each is there as a whole or
not at all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.core.errors import UserError

UNSAFE = re.compile(r"[^\w .,()+@'-]")  # in names of files, on any system
OWN = {"results", "run.json.partial", "run.lock"}  # all that a run leaves that had just begun
LONGEST = 200  # bytes of a file's name; file systems take 255, with whatever is appended


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
            if "run.json" not in present and not OWN.issuperset(present):
                raise UserError(f"{self.folder} holds other things: name a new folder for -o.")
            (self.folder / "results").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of the folder, and clear up after one that was killed.

        :raises UserError: one is at work there, or the folder can't be written to.
        """
        try:
            lock = (self.folder / "run.lock").open("w")
        except OSError as error:
            raise unwritable(self.folder, error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UserError(
                    f"another run is at work in {self.folder}: wait until it ends."
                ) from error
            for left_over in self.folder.rglob("*.partial"):
                left_over.unlink()
            yield

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
    """Write a file such that it is there as a whole or not at all, whenever this is killed.

    :raises UserError: the disk is full, or the like; the file is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == data:
        return
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UserError:
    """What a person can do about it."""
    return UserError(
        f"{path} can't be written ({error.strerror}). What is finished stays: mend that, and the "
        "same command goes on where this one ended."
    )


def file_names(students: list[str]) -> dict[str, str]:
    """A name for each student's files, safe on every system and unlike all others."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        name = (
            UNSAFE.sub("_", student).encode()[:LONGEST].decode(errors="ignore").strip(" .") or "_"
        )
        if name != student or name.casefold() in taken:
            name = f"{name}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
        taken.add(name.casefold())
        names[student] = name
    return names
