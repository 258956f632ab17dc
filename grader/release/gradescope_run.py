"""Grade a submission that Gradescope has unpacked.

``python -m grader.release.gradescope_run SUBMISSION RESULTS [OPTIONS]``; options that are not
known here are pytest's. Whatever happens, a results.json is there at the end: `run_autograder`
writes one before Python starts, in case that this process is killed.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from grader.core.errors import UserError
from grader.core.report import Report
from grader.reports.gradescope import VISIBILITIES, refused, results


def grade(submission: Path, target: Path, options: Sequence[str]) -> None:
    """Grade a submission and write results.json by Gradescope's specification, in any case.

    Args:
        submission: The folder of a student's files.
        target: The file to write.
        options: ``--visibility``, ``--leaderboard``, and further options of pytest.
    """
    start = time.monotonic()
    try:
        own, others = _parser().parse_known_args(options)
        report = _report(submission, others)
        found = results(report, time.monotonic() - start, own.visibility, own.leaderboard)
    except UserError as error:
        found = refused(str(error))
    except Exception as error:  # noqa: BLE001 (without results.json nobody learns the reason)
        traceback.print_exc()  # only staff see it
        reason = f"{type(error).__name__}: {error}"
        found = refused(f"The grader failed, not your code: tell your course's staff. ({reason})")
    target.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _report(submission: Path, options: Sequence[str]) -> Report:
    """Grade the folder, or the only archive at its top, called as the student did.

    Code beside that archive is the submission, and junk that computers make is no code.
    """
    from grader.api import run  # here, so that a failure of theirs is written, too
    from grader.submission.archive import ARCHIVES, CODE, is_junk
    from grader.submission.snapshot import open_submission

    paths = [path.relative_to(submission) for path in submission.rglob("*")]
    own = [submission / path for path in paths if not any(map(is_junk, path.parts))]
    archives = [p for p in own if p.parent == submission and p.suffix.lower() in ARCHIVES]
    if len(archives) == 1 and not any(path.suffix.lower() in CODE for path in own):
        submission = archives[0]
    open_submission(submission).close()
    done = run(submission, seed=secrets.randbelow(2**31), arguments=options)
    if "grade" not in done.report:
        raise RuntimeError(f"pytest wrote no grade: {done.text[-500:].strip()}")
    return done.report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--visibility", choices=VISIBILITIES, default=VISIBILITIES[0])
    parser.add_argument("--leaderboard", action="store_true")
    return parser


if __name__ == "__main__":
    grade(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
