"""Grade a submission that Gradescope has unpacked.

``python -m grader.release.gradescope_run SUBMISSION RESULTS [PYTEST-OPTIONS]``
"""

from __future__ import annotations

import json
import secrets
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from grader.core.errors import UserError
from grader.core.report import Report
from grader.reports.gradescope import refused, results


def grade(submission: Path, target: Path, options: Sequence[str]) -> None:
    """Grade a submission and write results.json by Gradescope's specification, in any case.

    Args:
        submission: The folder of a student's files.
        target: The file to write.
        options: Further options of pytest.
    """
    start = time.monotonic()
    try:
        found = results(_report(submission, options), time.monotonic() - start)
    except UserError as error:
        found = refused(str(error))
    except Exception as error:  # noqa: BLE001 (without results.json nobody learns the reason)
        traceback.print_exc()  # only staff see it
        reason = f"{type(error).__name__}: {error}"
        found = refused(f"The grader failed, not your code: tell your course's staff. ({reason})")
    target.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _report(submission: Path, options: Sequence[str]) -> Report:
    """Grade the folder, or the only ZIP in a folder that holds no code beside it."""
    from grader.api import run  # here, so that a failure of theirs is written, too
    from grader.submission.archive import CODE
    from grader.submission.snapshot import open_submission

    archives = sorted(submission.glob("*.zip"))
    if len(archives) == 1 and not any(p.suffix.lower() in CODE for p in submission.rglob("*")):
        submission = archives[0]
    open_submission(submission).close()
    done = run(submission, seed=secrets.randbelow(2**31), arguments=options)
    if "grade" not in done.report:
        raise RuntimeError(f"pytest wrote no grade: {done.text[-500:].strip()}")
    return done.report


if __name__ == "__main__":
    grade(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
