"""Report on submissions that could not be graded to the end, and choose those for a second try."""

from __future__ import annotations

import json
import os

from grader.core.errors import MACHINE, ChangedError, UserError, is_machine_error
from grader.core.report import BatchReport, Report, checks_of
from grader.core.text import plain, shown

LONGEST = 2000  # characters of an error's message
# What a busy machine can do to an innocent submission.
UNSETTLED = {"timeout", "crashed", "internal"}
TROUBLES = tuple(f"[Errno {code}] {os.strerror(code)}" for code in sorted(MACHINE))


def report_of(error: BaseException) -> bytes:
    """Return the report on a submission that an error has ended.

    Only bad input is the student's; every other error is the machine's or the kit's.
    """
    if isinstance(error, UserError) and not is_machine_error(error):
        message = shortened(plain(str(error)))
        return _packed({"status": "refused", "message": message, "remarks": []})
    if isinstance(error, ChangedError):
        return _not_counted(f"{error}.")
    return not_judged(described(error))


def not_judged(why: str) -> bytes:
    """Return the report on a submission that the machine or the kit failed on."""
    return _not_counted(f"The grader failed ({shortened(plain(why))}).")


def _not_counted(said: str) -> bytes:
    message = f"{said} It is not counted against the student."
    return _packed({"status": "internal", "message": message, "remarks": []})


def described(error: BaseException) -> str:
    """Return an error as one short line."""
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        place = f": {shown(str(error.filename))}" if error.filename is not None else ""
        return f"[Errno {error.errno}] {error.strerror}{place}"
    return text if isinstance(error, OSError) and text else f"{type(error).__name__}: {text}"


def shortened(text: str) -> str:
    """Leave out the middle of a long text."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} … {text[-half:]}"


def is_unsettled(report: Report) -> bool:
    """Return whether another try, alone on the machine, may give another result."""
    if report["batch"]["status"] == "internal":
        return True
    for check in checks_of(report):
        failure = check["failure"]
        said = failure["what"] + failure["traceback"] if failure else ""
        if check["status"] in UNSETTLED or any(trouble in said for trouble in TROUBLES):
            return True
    return False


def _packed(batch: BatchReport) -> bytes:
    return json.dumps({"batch": batch}).encode()
