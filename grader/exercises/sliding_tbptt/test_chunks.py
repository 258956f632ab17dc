"""Question S1: data cut into windows of K steps with a stride O."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from grader.checks.arrays import close
from grader.checks.carry import explanation, is_assumed
from grader.core.failures import Failure
from grader.exercises.sliding_tbptt import oracle, probes
from grader.exercises.sliding_tbptt.agreement import EXACT, ask, place, refuses
from grader.exercises.sliding_tbptt.cells import Array
from grader.exercises.sliding_tbptt.mistakes_chunks import of_windows
from grader.sandbox.student import Student

Random = np.random.Generator
WINDOWS = "Window i has the steps from i · O up to, but not including, i · O + K."


def cuts(student: Student, data: Array, K: int, O: int) -> None:
    """Check the windows of ``data``, K steps long and O apart."""
    where = place("chunks", {"K": K, "O": O}, f"data {list(data.shape)}")
    got = ask(student, probes.chunks, where, data=data, K=K, O=O)
    mistake = explanation(got, of_windows(data, K, O), EXACT)  # they may differ in shape
    if mistake and is_assumed(mistake):
        return
    named = mistake.named() if mistake else {"hint": WINDOWS}
    try:
        what = "The windows should be K steps, O apart."
        close(got, oracle.windows(data, K, O), what, where=where)
    except Failure as failure:
        raise dataclasses.replace(failure, **named) from None


@pytest.mark.question(id="S1", share="1/2")
def test_windows(student: Student, rng: Random) -> None:
    """Windows of K steps, O apart; what is left over is dropped."""
    K, d = int(rng.integers(6, 10)), int(rng.integers(2, 4))
    # Sizes that tell mistakes apart: an overlap of K − O is no stride of O − 1, O or O + 1.
    O = int(rng.choice([O for O in range(3, K - 1) if abs(K - 2 * O) > 1]))
    leftover = int(rng.integers(2, O))
    whole = K + int(rng.integers(2, 5)) * O
    N = 3 * K + int(rng.integers(1, K))
    for length, stride in ((whole + leftover, O), (whole, O), (N, K), (3 * K, K), (N, 1)):
        cuts(student, rng.normal(size=(length, d)), K, stride)


@pytest.mark.question(id="S1", share="3/20")
def test_gaps(student: Student, rng: Random) -> None:
    """A stride longer than a window leaves gaps."""
    K = int(rng.integers(2, 5))
    O, leftover = K + int(rng.integers(1, 4)), int(rng.integers(1, K))
    cuts(student, rng.normal(size=(3 * O + leftover, 3)), K, O)
    cuts(student, rng.normal(size=(K + 1, 3)), K, K + 3)


@pytest.mark.question(id="S1", share="3/20")
def test_other_data(student: Student, rng: Random) -> None:
    """Data may have one axis or three, and whole numbers; windows may be one step or all."""
    cuts(student, rng.normal(size=11), 4, 2)
    cuts(student, rng.normal(size=(11, 3, 2)), 4, 3)
    cuts(student, rng.integers(0, 99, (11, 3)), 5, 2)
    for K in (1, 9):
        cuts(student, rng.normal(size=(9, 2)), K, 1)


@pytest.mark.question(id="S1", share="1/5")
def test_impossible_sizes(student: Student, rng: Random) -> None:
    """Sizes K and O that make no window are a ValueError."""
    N = int(rng.integers(6, 12))
    bad = [{"K": K, "O": O} for K, O in ((0, 1), (-1, 1), (N + 1, 1), (2, 0), (2, -1))]
    good = [{"K": N, "O": 1}, {"K": 1, "O": N + 1}]
    refuses(student, "chunks", rng.normal(size=(N, 2)), bad=bad, good=good)
