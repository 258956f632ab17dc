"""Turn bad answers of workers, lost workers and missing files into Failures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grader.core.failures import Failure, Status
from grader.sandbox.limits import Exceeded, WorkerLost
from grader.submission.exception_hints import OTHER_PYTHON, broken_candidate, hint_for, in_cells
from grader.submission.snapshot import Submission

MALFORMED = "its answer has another form than it must have"
TEXT_LIMIT = 8000  # characters of one text from the worker that a message shows


def missing_file(submission: Submission, file: str, defines: Sequence[str]) -> Failure:
    """Return the Failure for a file that is missing, or can't be recognized."""
    if failure := syntax_failure(submission, defines):
        return failure
    names = [str(path) for path in submission.handed_in[:12]]
    return Failure(
        f"{file} is not in the submission.",
        expected=f"a file named {file}, in any folder",
        got="files: " + ", ".join(names),
        status="not started",
    )


def syntax_failure(submission: Submission, defines: Sequence[str]) -> Failure | None:
    """Return the Failure for a file with a syntax error that seems to define a name."""
    found = broken_candidate(submission, defines)
    if found is None:
        return None
    path, error = found
    return Failure(
        f"{path} should be valid Python.",
        got=f"SyntaxError: {error.msg}",
        where=in_cells(submission, f"{path}, line {error.lineno or 1}"),
        hint=OTHER_PYTHON,
        status="error",
    )


def failure_of(
    answer: dict[str, Any], submission: Submission, doing: str, output: Callable[[], str]
) -> Failure:
    """Return the Failure that an answer other than "ok" stands for.

    Args:
        doing: "running a.py", for the message.
        output: Returns what the student's code printed.

    Raises:
        WorkerLost: The answer has another form than it must have.
    """

    def text(key: str) -> str:
        if not isinstance(answer.get(key), str):
            raise WorkerLost("crashed", MALFORMED)
        return str(answer[key])[:TEXT_LIMIT]

    status = text("status")
    if status == "not started":
        task = " ".join(text("message").split())  # stands in a line of the table of points
        return Failure(task, where=in_cells(submission, text("where")), status="not started")
    if status in ("wrong", "banned"):
        what, expected, got, hint = map(text, ("what", "expected", "got", "hint"))
        kind: Status = "failed" if status == "wrong" else "blocked"
        return Failure(what, expected, got, hint=hint, status=kind, output=output())
    if status in ("error", "blocked"):
        hint = hint_for(submission, text("type"), text("message"), text("where"))
        return Failure(
            text("why") or f"Your code raised {text('type')} while {doing}.",
            got=text("got") or f"{text('type')}: {text('message')}".removesuffix(": "),
            where=in_cells(submission, text("where")),
            hint=text("hint") or hint,
            status="error" if status == "error" else "blocked",
            traceback=in_cells(submission, text("traceback")),
            kit_traceback=text("kit_traceback"),
            output=output(),
        )
    raise WorkerLost("crashed", MALFORMED)


def failure_of_lost(lost: WorkerLost, submission: Submission, doing: str, output: str) -> Failure:
    """Return the Failure for a worker that hung, died, answered nonsense or exceeded a limit."""
    if isinstance(lost, Exceeded):
        return Failure(
            lost.what,
            got=f"{lost.reason}; its process was ended while {doing}",
            hint="Look for what is opened, started or kept again and again.",
            status="crashed",
            output=output,
        )
    what = {
        "timeout": f"Your code did not finish while {doing}.",
        "crashed": f"The process of your code ended while {doing}.",
    }[lost.kind]
    hint = {
        "timeout": "Look for an endless loop, or for training that runs at import: "
        'put it under `if __name__ == "__main__":`.'
        if doing.startswith("importing")
        else "Look for an endless loop, or for work that is done again and again.",
        "crashed": "Look for exit(), os._exit() or code that runs out of memory.",
    }[lost.kind]
    where = _place(submission, lost.frame)
    return Failure(what, got=lost.reason, where=where, hint=hint, status=lost.kind, output=output)


def _place(submission: Submission, frame: tuple[str, int] | None) -> str:
    """Return the place that a worker stood in, if it is one of the submission."""
    if frame is None or frame[0] not in map(str, submission.files):
        return ""
    return in_cells(submission, f"{frame[0]}, line {frame[1]}")
