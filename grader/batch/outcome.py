"""Report on submissions that could not be graded to the end, and choose those for a second try."""

from __future__ import annotations

import json
import os

from grader.core.errors import MACHINE, UserError, is_machine_error
from grader.core.report import BatchReport, Report, checks_of
from grader.core.text import plain

LONGEST = 2000  # characters of an error's message
# What a busy machine can do to an innocent submission.
UNSETTLED = {"timeout", "crashed", "internal"}
TROUBLES = tuple(f"[Errno {code}] {os.strerror(code)}" for code in sorted(MACHINE))


def report_of(error: BaseException) -> bytes:
    """Return the report on a submission that an error has ended.

    Only bad input is the student's; every other error is the machine's or the kit's.
    """
    if isinstance(error, UserError) and not is_machine_error(error):
        return _packed({"status": "refused", "message": plain(str(error)), "remarks": []})
    return not_judged(described(error))


def not_judged(why: str) -> bytes:
    """Return the report on a submission that the machine or the kit failed on."""
    message = f"The grader failed ({plain(why)[:LONGEST]}). It is not counted against the student."
    return _packed({"status": "internal", "message": message, "remarks": []})


def described(error: BaseException) -> str:
    """Return an error as one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, OSError) and text else f"{type(error).__name__}: {text}"


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
