"""Say at the start which packages the submissions import and this machine lacks."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from grader.batch.attempts import HandIn
from grader.submission.missing_packages import lacking
from grader.submission.snapshot import open_submission


def remarks(found: Iterable[HandIn]) -> list[str]:
    """Return a sentence for each package, with how many submissions need it, the most first."""
    counts: Counter[str] = Counter()
    for hand_in in found:
        try:
            counts.update(_lacking(hand_in.choose().read()))
        except Exception:  # noqa: BLE001 (its row says why it can't be read)
            continue
    return [
        f"{name} is not installed, and {_submissions(count)} it. Anaconda's packages are in the "
        "kit's extra: anaconda. Install no other on a student's word."
        for name, count in counts.most_common()
    ]


def _lacking(archive: bytes) -> set[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "submission.zip")
        path.write_bytes(archive)
        with open_submission(path) as submission:
            return lacking(submission)


def _submissions(count: int) -> str:
    return "1 submission imports" if count == 1 else f"{count} submissions import"
