"""Say at the start which packages the submissions import and this machine lacks.

The sources are parsed in a process of its own: see reading.py. A hand-in that can't be read is left
out here; its own row will say what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from grader.batch.attempts import HandIn
from grader.batch.reading import Reader
from grader.core.text import shown
from grader.submission.missing_packages import lacking
from grader.submission.snapshot import Submission

NAMED = (
    20  # packages: one hand-in may import any number of names, the batch's screen is everybody's
)


def remarks(found: Iterable[HandIn]) -> list[str]:
    """Return a sentence for each package, with how many submissions need it; the most needed first.

    Packages beyond the first ``NAMED`` are only counted.
    """
    counts: Counter[str] = Counter()
    with Reader(_lacking) as reader:
        for hand_in in found:
            try:
                counts.update(reader.read(hand_in.choose().read()))
            except Exception:  # noqa: BLE001 (its row says why it can't be read)
                continue
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    said = [
        f"{shown(name)} is not installed, and {_submissions(counts[name])} it. Anaconda's packages "
        "are in the kit's extra: anaconda. Install no other on a student's word."
        for name in ordered[:NAMED]
    ]
    if others := ordered[NAMED:]:
        most = _submissions(counts[others[0]])
        said.append(f"{len(others)} other packages are not installed; {most} the first of them.")
    return said


def _lacking(submission: Submission) -> list[str]:
    return sorted(lacking(submission))


def _submissions(count: int) -> str:
    return "1 submission imports" if count == 1 else f"{count} submissions import"
