"""Run probes on a submission in workers, each of its files in a worker of its own.

    student.run(probes.logits, "vanilla_rnn.py", x=x, weights=weights)  →  data, or a Failure

So what one file leaves behind (threads, patched modules) can't harm the checks of another. A worker
that hangs, dies, answers nonsense or exceeds a limit is ended. That costs the check that needed it,
and the next check gets a fresh one. A worker that sends more than an answer is replaced, too. A
file whose import failed, or that has used up its total time limit, is not imported again: every
check that needs it gets the same message at once.
"""

from __future__ import annotations

import dataclasses
import secrets
import typing
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from grader.core.failures import Failure
from grader.core.figure_data import FIGURES, pictures
from grader.core.report import FigureReport
from grader.sandbox import wire
from grader.sandbox.backend import Backend
from grader.sandbox.bad_answers import MALFORMED, failure_of, failure_of_lost, missing_file
from grader.sandbox.limits import WorkerLost
from grader.submission.exception_hints import called, in_cells
from grader.submission.imports import with_imports
from grader.submission.snapshot import Submission

IMPORT_SECONDS = 60.0  # real submissions train at import; see the README about time limits
PROBE_SECONDS = 10.0
PATIENCE = 600.0  # of the worker's time, for a file's imports and unfinished checks together
MOST_NOTES, NOTE_LIMIT = 20, 400  # in all; characters of each
Remembered = TypeVar("Remembered")


class Student:
    """One submission under judgement."""

    def __init__(
        self,
        submission: Submission,
        start: Callable[[str], Backend],
        time_scale: float = 1.0,
    ) -> None:
        """Take a submission.

        Args:
            submission: Its files.
            start: Makes a backend for a code folder.
            time_scale: Multiplies every time limit.
        """
        self.submission = submission
        self.seed = 0  # of the running test: what student code draws from
        self.exercise = ""  # of the running test: whose given files need not be handed in
        self.pictures: list[FigureReport] = []  # for the report on the running test
        # Workers' changes ("no GPU: ran on the CPU"), each once.
        self.notes: dict[str, None] = {}
        self.asked: set[str] = set()  # files that the running test has asked for
        self._handed_in_as: dict[str, str] = {}  # what holds a file's content, by its own name
        self._memory: dict[str, Any] = {}
        self._start = start
        self.time_scale = time_scale
        self._backends: dict[str, Backend] = {}  # by their file, imported or not yet
        self._unloadable: dict[str, Failure] = {}
        self._waited: defaultdict[str, float] = defaultdict(float)  # seconds, by the file
        self._spent_before = 0.0  # seconds of backends that have ended

    @property
    def spent(self) -> float:
        """Return the seconds that all answers have taken so far."""
        return self._spent_before + sum(backend.spent for backend in self._backends.values())

    def find(self, file: str, defines: Sequence[str] = ()) -> str:
        """Return the path of the file with that name.

        Raises:
            Failure: There is none.
        """
        found = self.submission.find(file, defines)
        self.asked.add(str(found or file))
        if found is None:
            raise missing_file(self.submission, file, defines)
        name = called(self.submission, str(found))
        if PurePosixPath(name).name != file:  # a notebook, or a file of another name
            self._handed_in_as |= {file: name, str(found): name}
        return str(found)

    def place(self, where: str) -> str:
        """Return a failure's ``where`` in words for the files that were handed in."""
        file, comma, rest = in_cells(self.submission, where).partition(",")
        return f"{self._handed_in_as.get(file, file)}{comma}{rest}"

    def files(self) -> list[str]:
        """Return the files that the running test has asked for, and those that these import."""
        own = {str(file) for file in self.submission.files}
        found = [
            [*with_imports(self.submission, file)] if file in own else [file] for file in self.asked
        ]
        return sorted({file for files in found for file in files})

    def sources(
        self, file: str, defines: Sequence[str] = (), imports: bool = True
    ) -> dict[str, str]:
        """Return the text of a file, and of the student's files that it imports, by path."""
        path = self.find(file, defines)
        found = with_imports(self.submission, path)
        return found if imports else {path: found[path]}

    def run(
        self,
        probe: Callable[..., Any],
        file: str,
        *,
        defines: Sequence[str] = (),
        seconds: float = PROBE_SECONDS,
        **inputs: Any,
    ) -> Any:
        """Return what ``probe(module of file, **inputs)`` returns in the worker.

        Args:
            probe: A function of the kit; its return type is checked.
            file: The name of the student's file, in any folder of the submission.
            defines: Names, one of which a file of another name may define instead.
            seconds: Wall-clock limit, before the time scale.
            inputs: What the probe is given.

        Raises:
            Failure: The student's code raised, hung, died, or isn't there.
        """
        path = self.find(file, defines)
        return self._run_probe(self._loaded(path), "run", path, probe, inputs, seconds)

    def run_script(
        self,
        probe: Callable[..., Any],
        path: str,
        *,
        seconds: float,
        reply: Callable[[Any], Any] = lambda _: None,
        **inputs: Any,
    ) -> Any:
        """Return the value of ``probe(script, **inputs)``, for a file that is a program.

        The file is not imported before: the probe executes it.

        Args:
            path: The file's path in the submission.
            seconds: Wall-clock limit from one message of the worker to the next, before the time
                scale.
            reply: Answers the questions that the probe asks in between. Each question is checked
                against the probe's return type, like its value.

        Raises:
            Failure: The student's code raised, hung or died.
        """
        backend = self._started(path)
        return self._run_probe(backend, "script", path, probe, inputs, seconds, reply)

    def _run_probe(
        self,
        backend: Backend,
        do: str,
        path: str,
        probe: Callable[..., Any],
        inputs: dict[str, Any],
        seconds: float,
        reply: Callable[[Any], Any] = lambda _: None,
    ) -> Any:
        """Return the probe's value, and keep its pictures for the running test."""
        request = {
            "do": do,
            "file": path,
            "probe": f"{probe.__module__}:{probe.__qualname__}",
            "seed": self.seed,
            "inputs": inputs,
        }
        form = typing.get_type_hints(probe).get("return", Any)
        doing = f"running {called(self.submission, path)}"
        answer = self._exchange(backend, request, form, seconds, doing, reply)
        self.pictures += pictures(answer, form, FIGURES - len(self.pictures))
        return answer

    def printed(self) -> str:
        """Return what student code has printed since the last call, or since a failure took it."""
        return "".join(backend.output() for backend in self._backends.values() if backend.usable)

    def remember(self, key: str, make: Callable[[], Remembered]) -> Remembered:
        """Return what ``make()`` returned the first time for this key, or raise its Failure.

        This serves values that several checks need and that cost time, like a hanging constructor.
        """
        if key not in self._memory:
            try:
                self._memory[key] = make()
            except Failure as failure:
                self._memory[key] = failure
        if isinstance(self._memory[key], Failure):
            raise dataclasses.replace(self._memory[key])
        found: Remembered = self._memory[key]
        return found

    def close(self) -> None:
        """End the workers."""
        for path in list(self._backends):
            self._discard(path)

    def _loaded(self, path: str) -> Backend:
        """Return a worker that has imported ``path``."""
        if path in self._unloadable:
            raise dataclasses.replace(self._unloadable[path])
        if path in self._backends and self._backends[path].usable:
            return self._backends[path]
        backend = self._started(path)
        begun = backend.spent
        try:
            request, file = {"do": "load", "file": path}, called(self.submission, path)
            self._exchange(backend, request, type(None), IMPORT_SECONDS, f"importing {file}")
        except Failure as failure:
            self._unloadable[path] = failure
            raise
        self._waited[path] += backend.spent - begun
        return backend

    def _started(self, path: str) -> Backend:
        """Return a worker for ``path``, which may not have imported it yet."""
        if path in self._backends:
            if self._backends[path].usable:
                return self._backends[path]
            self._discard(path)
        if self._waited[path] > PATIENCE * self.time_scale:
            raise Failure(
                f"{path} should need less time: its total limit is exceeded.",
                got=f"{self._waited[path]:.0f} s in imports and in checks that did not finish",
                status="timeout",
            )
        self._backends[path] = self._start(str(self.submission.root))
        return self._backends[path]

    def _exchange(
        self,
        backend: Backend,
        message: dict[str, Any],
        form: Any,
        seconds: float,
        doing: str,
        reply: Callable[[Any], Any] = lambda _: None,
    ) -> Any:
        """Return the answer of ``backend`` if it has the type ``form``; else raise a Failure."""
        token, begun = secrets.token_hex(8), backend.spent
        limit = seconds * self.time_scale
        message = {"id": token, "exercise": self.exercise, **message}
        try:
            while backend.spent - begun < PATIENCE * self.time_scale:
                answer = backend.request(message, limit)
                if not isinstance(answer.get("id"), str) or answer["id"] != token:
                    raise WorkerLost("crashed", "it answered a question that was not asked")
                if not isinstance(answer.get("status"), str):
                    raise WorkerLost("crashed", MALFORMED)
                self._keep_notes(answer.get("notes", []), message["file"])
                if answer["status"] not in ("ok", "question"):
                    raise failure_of(answer, self.submission, doing, backend.output)
                if not wire.conforms(answer.get("value"), form):
                    raise WorkerLost("crashed", MALFORMED)
                if answer["status"] == "ok":
                    return answer.get("value")
                message = {"id": token, "do": "reply", "value": reply(answer["value"])} | {
                    "file": message["file"]
                }
            raise WorkerLost("timeout", f"questions for {PATIENCE * self.time_scale:.0f} s")
        except WorkerLost as lost:
            self._waited[message["file"]] += backend.spent - begun
            output = backend.output()
            self._discard(message["file"])
            raise failure_of_lost(lost, self.submission, doing, output) from None

    def _keep_notes(self, notes: Any, file: str) -> None:
        """Keep the worker's notes on what it changed (no GPU, no window, …) for the report."""
        if not wire.conforms(notes, list[str]):
            raise WorkerLost("crashed", MALFORMED)
        for note in notes[:MOST_NOTES]:
            if len(self.notes) < MOST_NOTES:
                self.notes[f"{file}: {note[:NOTE_LIMIT]}"] = None

    def _discard(self, path: str) -> None:
        backend = self._backends.pop(path)
        self._spent_before += backend.spent
        backend.close()
