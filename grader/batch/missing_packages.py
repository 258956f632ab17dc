"""Say at the start which packages and files the submissions import, and nobody has.

The sources are parsed in a process of its own: see reading.py. A hand-in that can't be read is left
out here; its own row will say what is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from grader.batch.attempts import HandIn
from grader.batch.reading import Reader
from grader.core.text import shown
from grader.submission.missing_packages import asked_files, lacking
from grader.submission.snapshot import Submission

NAMED = (
    20  # packages: one hand-in may import any number of names, the batch's screen is everybody's
)


def remarks(found: Iterable[HandIn]) -> list[str]:
    """Return a sentence for each file that a submission lacks, and for each package.

    The most needed come first. Packages beyond the first ``NAMED`` are only counted.
    """
    counts: Counter[str] = Counter()
    asked, without = asked_files(), defaultdict[str, list[str]](list)  # who lacks a file
    with Reader(_lacking) as reader:
        for hand_in in found:
            try:
                lacks = reader.read(hand_in.choose().read())
            except Exception:  # noqa: BLE001 (its row says why it can't be read)
                continue
            counts.update(name for name in lacks if name not in asked)
            for name in asked.intersection(lacks):
                without[name].append(hand_in.student)
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    said = [_without(name, without[name]) for name in sorted(without)]
    said += [
        f"{shown(name)} is not installed, and {_submissions(counts[name])} it. Anaconda's packages "
        "are in the kit's extra: anaconda. Install no other on a student's word."
        for name in ordered[:NAMED]
    ]
    if others := ordered[NAMED:]:
        most = _submissions(counts[others[0]])
        said.append(f"{len(others)} other packages are not installed; {most} the first of them.")
    return said


def _without(name: str, students: Sequence[str]) -> str:
    """Return a sentence on a file of the exercise that some students import and lack."""
    names = ", ".join(map(shown, students[:NAMED]))
    more = f" and {len(students) - NAMED} more" if len(students) > NAMED else ""
    said = "1 submission lacks {}, which it imports"
    if len(students) > 1:
        said = f"{len(students)} submissions lack {{}}, which they import"
    return f"{said.format(f'{name}.py')}: {names}{more}"


def _lacking(submission: Submission) -> list[str]:
    return sorted(lacking(submission))


def _submissions(count: int) -> str:
    return "1 submission imports" if count == 1 else f"{count} submissions import"
