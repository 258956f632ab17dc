"""Grade what Gradescope has unpacked.

``python -m grader.release.gradescope_run SUBMISSION RESULTS [PYTEST-OPTIONS]``
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from grader.core.errors import UserError
from grader.reports.gradescope import refused, results


def grade(submission: Path, target: Path, options: Sequence[str]) -> None:
    """Grade what Gradescope has unpacked, write results.json as its specification has it."""
    from grader.api import run  # here, because packing needs neither torch nor pytest
    from grader.submission.snapshot import open_submission

    start = time.monotonic()
    archives = sorted(submission.glob("*.zip"))
    if len(archives) == 1 and not list(submission.rglob("*.py")):
        submission = archives[0]
    try:
        open_submission(submission).close()
        done = run(submission, seed=secrets.randbelow(2**31), arguments=options)
        found = results(done.report, time.monotonic() - start)
    except UserError as error:
        found = refused(str(error))
    target.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    grade(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
