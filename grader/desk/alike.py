"""Group answers that are alike, so that they can be marked at once.

Two answers are alike if they have the same words in the same order, whatever signs, cases and
accents stand between, or if nearly all runs of three words are in both. What is compared is a
sketch of these runs (MinHash, bottom-k), so that 400 answers take less than a second.
"""

from __future__ import annotations

import hashlib
import heapq
import re
import unicodedata
from collections.abc import Iterable, Mapping

RUN = 3  # words
SKETCH = 64  # hashes that are kept
ALIKE = 0.85  # share of common runs
FEWEST = 4  # words of an answer that is compared by runs


def groups(answers: Mapping[str, str]) -> list[list[str]]:
    """Return the keys of answers that are alike, in groups of two or more, the largest first."""
    leaders: list[tuple[tuple[str, ...], frozenset[int], list[str]]] = []
    by_words: dict[tuple[str, ...], list[str]] = {}
    for key, text in answers.items():
        words = normalised(text)
        if not words:
            continue
        if words in by_words:
            by_words[words].append(key)
            continue
        sketch = _sketch(words)
        members = next(
            (
                members
                for other, theirs, members in leaders
                if _are_alike(words, sketch, other, theirs)
            ),
            None,
        )
        if members is None:
            members = []
            leaders.append((words, sketch, members))
        members.append(key)
        by_words[words] = members
    found = [members for _, _, members in leaders if len(members) > 1]
    return sorted(found, key=len, reverse=True)


def normalised(text: str) -> tuple[str, ...]:
    """Return the words and numbers of a text, in their order."""
    folded = unicodedata.normalize("NFKD", text[:20_000].casefold())
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return tuple(re.findall(r"\w+", bare))


def _sketch(words: tuple[str, ...]) -> frozenset[int]:
    runs = {" ".join(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))}
    return frozenset(heapq.nsmallest(SKETCH, map(_hash, runs)))


def _hash(run: str) -> int:
    return int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "big")


def _are_alike(
    words: tuple[str, ...], sketch: frozenset[int], other: tuple[str, ...], theirs: frozenset[int]
) -> bool:
    """Return whether two different texts are near duplicates."""
    if min(len(words), len(other)) < FEWEST or not 0.8 < len(words) / len(other) < 1.25:
        return False
    common = sketch & theirs
    if len(common) < ALIKE * max(len(sketch), len(theirs)):
        return False  # fast: this holds for most pairs, and then the share is too small, too
    lowest = _lowest(sketch | theirs)
    return len(lowest & common) / len(lowest) >= ALIKE


def _lowest(hashes: Iterable[int]) -> frozenset[int]:
    return frozenset(heapq.nsmallest(SKETCH, hashes))
