"""Bring together what the desk shows of a course: rows, answers, places, groups."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.batch.read_results import read_rows
from grader.batch.store import Store
from grader.core.errors import MachineError, UserError
from grader.core.report import CheckReport, checks_of
from grader.core.rubric import Question, read_rubric
from grader.core.text import plain
from grader.desk.alike import groups
from grader.desk.documents import Document, Documents
from grader.desk.fair import Fair, parts_of
from grader.desk.places import Place, number_of, places
from grader.desk.publishing import Reports
from grader.marking import late
from grader.marking.store import MarkingStore
from grader.reports.decided import decide
from grader.reports.rows import Mark, Row, questions_of

NOTHING = "nothing handed in"  # the text of an answer of somebody without documents


class Course:
    """A course at the desk. Its methods may be called from any thread."""

    def __init__(
        self,
        store: Store,
        marking: MarkingStore,
        documents: Documents,
        reports: Reports,
        key: bytes,
    ) -> None:
        self.store, self.marking, self.documents = store, marking, documents
        self.reports = reports
        self._key = key
        self._lock = threading.Lock()
        self._state: tuple[float, float] | None = None
        self._texts: dict[str, dict[str, str]] = {}  # by student's file and question
        self._places: dict[str, dict[str, Place]] = {}
        self._groups: dict[str, tuple[int, list[list[str]]]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the results again if a batch has changed them."""
        folder = self.store.folder
        state = _changed(folder / "run.json"), _changed(folder / "results")
        with self._lock:
            if state == self._state:
                return
            participants = self.store.participants()
            rows = read_rows(self.store)
            self.fair = Fair(self._key, (participant.file for participant in participants))
            keys = [self.fair.keys[participant.file] for participant in participants]
            # Each is replaced as a whole, because other threads read them without the lock.
            self._participants = dict(zip(keys, participants, strict=True))
            self.rows: dict[str, Row] = dict(zip(keys, rows, strict=True))
            self.key_of = {row.student: key for key, row in self.rows.items()}
            # A question of both kinds is a person's, whoever has nothing left to be marked there.
            own = {mark.id: mark for row in rows for mark in row.marks if mark.by_person}
            self.questions = {mark.id: mark for mark in questions_of(rows)} | own
            self._rubric = [one for one in read_rubric() if one.id in self.questions]
            self._state = state

    def row(self, key: str) -> Row:
        """Return a student's row.

        Raises:
            UserError: There is no such student.
        """
        if key not in self.rows:
            raise UserError("there is no such student in this run")
        return self.rows[key]

    def question(self, id: str) -> Mark:
        """Return a question.

        Raises:
            UserError: There is no such question.
        """
        if id not in self.questions:
            raise UserError("there is no such question in this run")
        return self.questions[id]

    def mark(self, key: str, question: str) -> Mark:
        """Return a student's row for a question, without what people decided."""
        self.question(question)
        return next(mark for mark in self.row(key).marks if mark.id == question)

    def decided(self, key: str) -> Row:
        """Return a student's row with all that people have decided, as reports show it."""
        row = copy.deepcopy(self.row(key))
        decide([row], self.marking, late.read_late(self.store.folder / late.FILE))
        return row

    def label(self, key: str, *, names: bool) -> str:
        """Return what a student is called, by name or by number."""
        row = self.row(key)
        return plain(row.student) if names else self.fair.label(row.file)

    def order(self, question: str) -> list[str]:
        """Return the keys of students in the order in which a question is marked."""
        files = [row.file for row in self.rows.values()]
        return [self.fair.keys[file] for file in self.fair.shuffled(files, question)]

    def hidden(self, key: str) -> list[str]:
        """Return the parts of a student's name, to be covered in texts."""
        row = self.row(key)
        return parts_of(row.student, row.file)

    def of_student(self, key: str) -> tuple[list[Document], dict[str, Place]]:
        """Return a student's documents, and the places of the answers in them."""
        file = self.row(key).file
        documents = self.documents.of(file)
        with self._lock:
            found = self._places.get(file)
        if found is None:
            graded = [document for document in documents if not document.file.earlier]
            found = places(graded, self._rubric)
            texts = {id: place.text for id, place in found.items()}
            if not graded:
                texts = {one.id: NOTHING for one in self._rubric}
            with self._lock:
                self._places[file], self._texts[file] = found, texts
        return documents, found

    def read_all(self, stop: threading.Event) -> None:
        """Read the documents of all students ahead, so that answers alike are known."""
        for key in list(self.rows):
            if stop.is_set():
                return
            try:
                self.of_student(key)
            except (UserError, MachineError, OSError):  # the page of this student says so
                continue

    def alike(self, question: str) -> list[list[str]]:
        """Return the keys of students with answers alike, in groups; of those read so far."""
        with self._lock:
            texts = {
                self.fair.keys[file]: found[question]
                for file, found in self._texts.items()
                if question in found and file in self.fair.keys
            }
            count, known = self._groups.get(question, (-1, []))
        if count != len(texts):
            known = groups(texts)
            with self._lock:
                self._groups[question] = len(texts), known
        return known

    def progress(self) -> tuple[int, int]:
        """Return of how many students the documents are read, of how many."""
        return len(self._texts), len(self.rows)

    def checks(self, key: str, question: str) -> list[CheckReport]:
        """Return what the tests found on a question, and on its part that tests judge."""
        self.row(key)
        number = number_of(question)
        found = checks_of(self.store.result(self._participants[key]))
        return [check for check in found if number_of(check["question"]) == number]

    def remarks(self, key: str) -> Sequence[str]:
        """Return what was remarked on a hand-in as a whole."""
        result = self.store.result(self._participants[key])
        batch = result.get("batch")
        return [*(batch.get("remarks", []) if batch else []), *result.get("notices", [])]

    def by_person(self) -> list[str]:
        """Return the ids of questions that a person marks."""
        return [id for id, mark in self.questions.items() if mark.by_person]

    def answers(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        """Return student and question of all answers that a person marks."""
        rows = self.rows.values()
        return [
            (row.student, id)
            for id in ids
            for row in rows
            if any(mark.by_person and mark.id == id for mark in row.marks)
        ]

    def rubric(self, id: str) -> Question:
        """Return a question of the rubric."""
        return next(question for question in self._rubric if question.id == id)


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
