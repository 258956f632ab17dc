"""Run student code in pytest's own process, for a debugger (``--in-process``)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from grader.sandbox.isolation import Lock
from grader.worker.importing import StudentCode


class InProcess:
    """Answer requests in this very process; nothing is protected."""

    usable = True

    def __init__(self, root: str) -> None:
        self._code = StudentCode(Path(root))
        self.spent = 0.0

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Answer ``message`` as a worker does, without a time limit; questions get no reply."""
        del seconds
        from grader.worker import answering  # here, because it imports torch

        begun = time.perf_counter()
        answer = answering.handle(message, self._code, Lock("process"), lambda _: None)
        self.spent += time.perf_counter() - begun
        return {"id": message["id"], "notes": [], **answer}

    def output(self) -> str:
        """Return nothing: prints go to the terminal directly."""
        return ""

    def close(self) -> None:
        """Undo the import of the submission."""
        self._code.close()
