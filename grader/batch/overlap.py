"""Measure how much code students share, and find where.

Each run of ``LENGTH`` tokens is a *piece*. A piece counts by how few students have it: what most of
a course has (idioms, a hand-out that the kit doesn't know) says nothing, and the given code weighs
nothing. The share of a student's code that another has is the weight of the tokens within shared
pieces, relative to the weight of all. So it makes no difference in which order the pieces stand.

The weight log²((n + 1) / k) of a piece that k of n students have is the squared inverse document
frequency of information retrieval. A piece that stands r times in a student's code weighs 1/√r as
much each time, because lines that repeat a pattern, such as one for each gate, are easily alike by
chance. Shared pieces are joined to blocks by greedy string tiling
(Wise 1993), as JPlag does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LENGTH = 24  # tokens of a piece: two or three lines
REPEATED = 16  # places of a piece in a student's code that blocks are sought at
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no hash is lost by it

Array = NDArray[Any]


class Shares(NamedTuple):
    """The shares of their own code that two students have in common, and its tokens."""

    one: float
    other: float
    tokens: int  # of the shared code, in whom it is shorter

    @property
    def smaller(self) -> float:
        """Return the smaller of both shares."""
        return min(self.one, self.other)


class Block(NamedTuple):
    """Tokens that two students share: where they begin in each, and how many they are."""

    one: int
    other: int
    length: int


class Overlap:
    """The code of a course, to be compared in pairs."""

    def __init__(
        self, course: Mapping[str, Sequence[str]], given: Iterable[Sequence[str]] = ()
    ) -> None:
        """Take the tokens of each student, and those of code that everybody was given."""
        known: dict[str, int] = {}
        hashes = {name: _pieces(tokens, known) for name, tokens in course.items()}
        unique = [np.unique(each) for each in hashes.values()]
        table, counts = np.unique(np.concatenate([*unique, _NONE]), return_counts=True)
        weights = np.log((len(course) + 1) / counts) ** 2
        common = [_pieces(tokens, known) for tokens in given]
        weights[np.isin(table, np.concatenate([*common, _NONE]))] = 0.0
        shared = (counts > 1) & (weights > 0)
        number = np.where(shared, np.cumsum(shared), 0)  # 0: of no other student, or no weight
        self._numbers: dict[str, Array] = {}
        self._weights: dict[str, Array] = {}
        self._present: dict[str, Array] = {}
        for name, own in hashes.items():
            places = np.searchsorted(table, own)
            self._numbers[name] = number[places]
            _, piece, repeats = np.unique(places, return_inverse=True, return_counts=True)
            self._weights[name] = weights[places] / np.sqrt(repeats[piece])
            self._present[name] = np.zeros(int(shared.sum()) + 1, dtype=bool)
            self._present[name][number[places]] = True
            self._present[name][0] = False
        self._covered = {name: _covered(own) for name, own in self._weights.items()}

    def shares(self, one: str, other: str) -> Shares:
        """Return how much of their code two students share."""
        found = [self._share(one, other), self._share(other, one)]
        return Shares(found[0][0], found[1][0], min(found[0][1], found[1][1]))

    def _share(self, one: str, other: str) -> tuple[float, int]:
        common = self._present[other][self._numbers[one]]
        if not common.any():
            return 0.0, 0
        weights = _covered(np.where(common, self._weights[one], 0.0))
        rest = self._covered[one][weights == 0].sum()
        return float(weights.sum() / (weights.sum() + rest)), int(np.count_nonzero(weights))

    def blocks(self, one: str, other: str) -> list[Block]:
        """Return the blocks of tokens that two students share, each token in one block at most."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, number in enumerate(self._numbers[other].tolist()):
            if number and len(places[number]) < REPEATED:
                places[number].append(place)
        seeds = [
            (there - here, here)
            for here, number in enumerate(self._numbers[one].tolist())
            if number
            for there in places.get(number, ())
        ]
        return sorted(
            _tiled(_runs(sorted(seeds)), len(self._numbers[one]), len(self._numbers[other]))
        )


_NONE: Array = np.zeros(0, dtype=np.uint64)


def _pieces(tokens: Sequence[str], known: dict[str, int]) -> Array:
    """Return a hash of the piece that begins at each token; equal pieces have equal ones."""
    numbers = np.array([known.setdefault(t, len(known) + 1) for t in tokens], dtype=np.uint64)
    count = len(numbers) - LENGTH + 1
    if count < 1:
        return _NONE
    hashes = np.zeros(count, dtype=np.uint64)
    for place in range(LENGTH):
        hashes = (hashes ^ (hashes >> np.uint64(29))) * FACTOR + numbers[place : place + count]
    return hashes


def _covered(weights: Array) -> Array:
    """Return the weight of each token: that of the heaviest piece that it is in."""
    covered = np.zeros(len(weights) + LENGTH - 1 if len(weights) else 0)
    for place in range(LENGTH):
        part = covered[place : place + len(weights)]
        np.maximum(part, weights, out=part)
    return covered


def _runs(seeds: Iterable[tuple[int, int]]) -> list[Block]:
    """Join pieces that follow each other in both, from (shift, place) in order."""
    runs: list[Block] = []
    for shift, here in seeds:
        if runs and runs[-1].other - runs[-1].one == shift:
            start, _, length = runs[-1]
            if here == start + length - LENGTH + 1:
                runs[-1] = runs[-1]._replace(length=length + 1)
                continue
        runs.append(Block(here, here + shift, LENGTH))
    return runs


def _tiled(runs: list[Block], size: int, other_size: int) -> list[Block]:
    """Take the longest runs first, and of the others what is still free."""
    here = np.zeros(size + LENGTH, dtype=bool)
    there = np.zeros(other_size + LENGTH, dtype=bool)
    tiles = []
    for one, other, length in sorted(runs, key=lambda run: (-run.length, run)):
        taken = here[one : one + length] | there[other : other + length]
        start, longest = _longest_gap(taken)
        if longest >= LENGTH:
            tiles.append(Block(one + start, other + start, longest))
            here[one + start : one + start + longest] = True
            there[other + start : other + start + longest] = True
    return tiles


def _longest_gap(taken: Array) -> tuple[int, int]:
    """Return start and length of the longest run of places that are not taken."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], taken, [True]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])
