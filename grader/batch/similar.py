"""Find pairs of similar submissions (plagiarism): a hint for a person, never points.

copydetect compares fingerprints of the code's tokens (winnowing, as MOSS does), so that other
names, comments and spaces hide nothing. What the template gives to everybody does not count.
"""

from __future__ import annotations

import io
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from grader.batch.store import Store, write
from grader.core.course import course
from grader.submission.snapshot import open_submission

TOKENS = 25  # a shorter piece that two share says nothing
WINDOW = 6  # of any TOKENS + WINDOW - 1 equal tokens at least one fingerprint is equal
SHARE = 0.5  # of one of the two, from which on a pair is listed
LISTED = 50
MAX_SOURCE = 200_000  # characters of one student's code that are compared


def find(store: Store, archives: Iterable[tuple[str, Callable[[], bytes]]]) -> list[str]:
    """Compare all submissions and note the pairs for the report.

    Args:
        store: The folder of results.
        archives: Students, and how to read what they handed in.

    Returns:
        The students whose code could not be compared.
    """
    import copydetect  # type: ignore[import-untyped]  # an extra

    failed = []
    template = copydetect.CodeFingerprint(
        "template.py", TOKENS, 1, fp=io.StringIO(_joined(course().template))
    )
    prints = {}
    for student, read in archives:
        try:
            source = source_of(read)
            if source:
                prints[student] = copydetect.CodeFingerprint(
                    "submission.py", TOKENS, WINDOW, sorted(template.hashes), fp=io.StringIO(source)
                )
        except Exception:  # noqa: BLE001 (of any kind: one submission is left out, and its row says why)
            failed.append(student)
    write(store.folder / "similar.json", json.dumps(_pairs(prints), ensure_ascii=False))
    return failed


def _pairs(prints: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the most similar pairs; those with enough equal fingerprints are compared in full."""
    import copydetect

    pairs: list[dict[str, Any]] = []
    for one, other in itertools.combinations(sorted(prints), 2):
        first, second = prints[one], prints[other]
        smaller = min(len(first.hashes), len(second.hashes))
        if not smaller or len(first.hashes & second.hashes) < SHARE / 2 * smaller:
            continue
        _, shares, _ = copydetect.compare_files(first, second)
        if max(shares) >= SHARE:
            pairs.append({"students": [one, other], "shares": [float(share) for share in shares]})
    pairs.sort(key=lambda pair: (-max(pair["shares"]), pair["students"]))
    return pairs[:LISTED]


def source_of(read: Callable[[], bytes]) -> str:
    """Return all code of a submission as one text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "submission.zip")
        path.write_bytes(read())
        with open_submission(path) as submission:
            texts = [
                submission.source_of(file) for file in submission.files if file.suffix == ".py"
            ]
    return "\n".join(texts)[:MAX_SOURCE]


def _joined(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
