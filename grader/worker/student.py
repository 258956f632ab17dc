"""The judge's handle to a submission: it runs probes in a worker and never imports student code.

    student.run(probes.logits, "vanilla_rnn.py", x=x, weights=weights)  →  data, or a Failure

A worker lives as long as it behaves. One that hangs, dies or answers nonsense is ended; that costs
the check that needed it, and the next check gets a fresh one. A file whose import failed is not
imported again: every check that needs it gets the same message at once.
"""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol, TypeVar

from grader.failures import Failure
from grader.sources import with_imports
from grader.submission import Submission
from grader.worker.launch import WorkerLost

IMPORT_SECONDS = 60.0  # real submissions train at import; see the README about time limits
PROBE_SECONDS = 10.0
Remembered = TypeVar("Remembered")


class Backend(Protocol):
    """What answers requests: a worker process, or this process (``--in-process``)."""

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]: ...

    def output(self) -> str: ...

    def close(self) -> None: ...


class Student:
    """One submission under judgement.

    ``start`` makes a backend for a code folder and a scratch folder; ``time_scale`` multiplies
    every time limit.
    """

    def __init__(
        self,
        submission: Submission,
        start: Callable[[str, str], Backend],
        time_scale: float = 1.0,
    ) -> None:
        self.submission = submission
        self.seed = 0  # of the running test: what student code draws from
        self._memory: dict[str, Any] = {}
        self._start = start
        self._time_scale = time_scale
        self._backend: Backend | None = None
        self._loaded: set[str] = set()
        self._unloadable: dict[str, Failure] = {}
        self._scratch = tempfile.mkdtemp(prefix="scratch-")
        self._cleanup = weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)

    def find(self, file: str, defines: Sequence[str] = ()) -> str:
        """The path in the submission of the file with that name; Failure where there is none."""
        found = self.submission.find(file, defines)
        if found is None:
            raise Failure(
                f"{file} is not in the submission.",
                expected=f"a file named {file}, in any folder",
                got="files: " + (", ".join(str(name) for name in self.submission.files[:12])),
                status="not started",
            )
        return str(found)

    def sources(
        self, file: str, defines: Sequence[str] = (), imports: bool = True
    ) -> dict[str, str]:
        """The text of that file, and of the student's files that it imports, by path."""
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
        """What ``probe(module of file, **inputs)`` returns in the worker.

        :param file: the name of the student's file, wherever it stands in the submission.
        :param defines: names, one of which a file of another name may define instead.
        :param seconds: wall-clock limit, before the time scale.
        :raises Failure: the student's code raised, hung, died, or isn't there.
        """
        path = self.find(file, defines)
        self._load(path)
        return self._ask(
            {
                "do": "run",
                "file": path,
                "probe": f"{probe.__module__}:{probe.__qualname__}",
                "seed": self.seed,
                "inputs": inputs,
            },
            seconds,
            doing=f"running {path}",
        )

    def remember(self, key: str, make: Callable[[], Remembered]) -> Remembered:
        """What ``make()`` returned, or the Failure that it raised, the first time for this key.

        For what several checks need and what costs time, like a hanging constructor.
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
        """End the worker and remove the scratch folder."""
        self._discard_backend()
        self._cleanup()

    def _load(self, path: str) -> None:
        if path in self._unloadable:
            raise dataclasses.replace(self._unloadable[path])
        if self._backend is not None and path in self._loaded:
            return
        try:
            request = {"do": "load", "file": path}
            self._ask(request, IMPORT_SECONDS, doing=f"importing {path}")
        except Failure as failure:
            self._unloadable[path] = failure
            raise
        self._loaded.add(path)

    def _ask(self, message: dict[str, Any], seconds: float, doing: str) -> Any:
        if self._backend is None:
            self._backend = self._start(str(self.submission.root), self._scratch)
        token = secrets.token_hex(8)
        try:
            answer = self._backend.request({"id": token, **message}, seconds * self._time_scale)
            if answer.get("id") != token:
                raise WorkerLost("crashed", "it answered a question that was not asked")
            if answer.get("status") != "ok":
                self._raise(answer, doing)
            return answer["value"]
        except WorkerLost as lost:
            self._raise_lost(lost, doing)
        except (KeyError, TypeError, AttributeError) as error:
            malformed = f"its answer has another form than it must have: {error}"
            self._raise_lost(WorkerLost("crashed", malformed), doing)

    def _raise(self, answer: dict[str, Any], doing: str) -> NoReturn:
        output = self._backend.output() if self._backend else ""
        status = answer["status"]
        if status == "wrong":
            what, expected, got, hint = (
                str(answer[key]) for key in ("what", "expected", "got", "hint")
            )
            raise Failure(what, expected, got, hint=hint, output=output)
        if status == "not started":
            raise Failure(str(answer["message"]), where=str(answer["where"]), status="not started")
        if status == "error":
            raise Failure(
                f"Your code raised {answer['type']} while {doing}.",
                got=f"{answer['type']}: {answer['message']}",
                where=str(answer["where"]),
                hint=self._hint(answer),
                status="error",
                traceback=str(answer["traceback"]),
                output=output,
            )
        raise Failure(
            f"The grader failed while {doing}; please report this. It is not counted against you.",
            status="internal",
            traceback=str(answer["traceback"]),
            output=output,
        )

    def _hint(self, answer: dict[str, Any]) -> str:
        """What to say about an exception whose own message leads astray."""
        texts = [
            self.submission.source_of(file)
            for file in self.submission.files
            if str(answer["where"]).startswith(f"{file},")
        ]
        if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for t in texts for line in t.splitlines()):
            return "The file holds merge-conflict markers (<<<<<<<, >>>>>>>): choose one side."
        return ""

    def _raise_lost(self, lost: WorkerLost, doing: str) -> NoReturn:
        output = self._backend.output() if self._backend else ""
        self._discard_backend()
        what = {
            "timeout": f"Your code did not finish while {doing}.",
            "crashed": f"The process of your code ended while {doing}.",
        }[lost.kind]
        hint = {
            "timeout": "Look for an endless loop, or for training that runs at import: "
            'put it under `if __name__ == "__main__":`.',
            "crashed": "Look for exit(), os._exit() or code that runs out of memory.",
        }[lost.kind]
        raise Failure(what, got=lost.reason, hint=hint, status=lost.kind, output=output) from None

    def _discard_backend(self) -> None:
        if self._backend is not None:
            self._backend.close()
        self._backend = None
        self._loaded.clear()
