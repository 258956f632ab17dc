"""Say which lock or limit an exception comes from."""

from __future__ import annotations

import bdb
import errno
import socket
from collections.abc import Iterator

from grader.bans.switches import Withheld
from grader.sandbox.isolation import Lock


def explain(error: BaseException, lock: Lock) -> dict[str, str]:
    """Return what to say of ``error``, or of what it was raised from, where a lock made it fail.

    Returns:
        ``{"status", "why"}``, with a ``"hint"`` for some; empty if no lock or limit is behind it.
    """
    for cause in _chain(error):
        if isinstance(cause, EOFError | bdb.BdbQuit):
            return {"status": "error"} | _asked(cause)
        if isinstance(cause, Withheld):
            return {"status": "blocked", "why": str(cause)}
        if isinstance(cause, PermissionError | socket.gaierror) and lock.level == "full":
            return {"status": "blocked", "why": _forbidden(cause)}
        if why := _exceeded(cause, lock):
            return {"status": "error", "why": why}
    return {}


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether there was no more memory: Python's exception, or torch's."""
    return isinstance(error, MemoryError) or "can't allocate memory" in _of_torch(error)


def _of_torch(error: BaseException) -> str:
    return str(error) if type(error) is RuntimeError else ""  # a subclass is theirs


def _asked(error: EOFError | bdb.BdbQuit) -> dict[str, str]:
    if isinstance(error, EOFError):
        return {"hint": "Graded code should not ask for input: nobody types an answer."}
    return {
        "why": "Your code should not stop at a breakpoint while it is graded.",
        "hint": "To use a debugger, run pytest with --in-process -s.",
    }


def _forbidden(error: OSError) -> str:
    if isinstance(error.filename, str):
        return (
            f"Your code tried to reach {error.filename}; graded code may not. It reads its own "
            "files, and writes to the current folder only."
        )
    return (
        "Your code tried to start a process, to open a network connection or to signal another "
        "process; graded code may do none of these."
    )


def _exceeded(error: BaseException, lock: Lock) -> str:
    limits = lock.limits
    text = _of_torch(error)
    if is_out_of_memory(error):
        return f"Your code should need no more memory than it is given: {limits.memory} MiB."
    if "can't start new thread" in text:
        return (
            f"Your code should run at most {limits.threads} threads at a time, and only as many as "
            "its memory has room for."
        )
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"Your code should write no file of more than {limits.file} MiB."
    if isinstance(error, OSError) and error.errno == errno.EMFILE:
        return f"Your code should have at most {limits.files} files open at a time."
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # a cause may be its own cause
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
