"""Question G3: the tanh RNN's gradients without the terms that go back more than tau steps."""

from __future__ import annotations

import pytest

from grader.exercises.bptt_gradients import mistakes, oracle
from grader.exercises.bptt_gradients.agreement import FILE, agrees, ask, refuses
from grader.exercises.bptt_gradients.oracle import Arrays, Random
from grader.sandbox.student import Student

FUNCTION = "truncated_gradients"


def all_agree(student: Student, problem: Arrays, taus: list[int]) -> None:
    """Check the gradients of all three weights, for one problem and several tau."""
    found = ask(student, FUNCTION, [{**problem, "tau": tau} for tau in taus])
    for got, tau in zip(found, taus, strict=True):
        expected = oracle.truncated(problem, tau)
        for name in oracle.WEIGHTS:
            agrees(
                got,
                name,
                expected[name],
                where=FILE.place(FUNCTION, f"tau = {tau}, {oracle.sizes(problem)}"),
                mistakes=mistakes.truncated(name, problem, tau),
            )


@pytest.mark.question(id="G3", share="2/3")
def test_truncation(student: Student, rng: Random) -> None:
    """Terms that go back up to tau steps are there, older ones are not."""
    T = int(rng.integers(6, 10))
    all_agree(student, oracle.draw(rng, T), [1, int(rng.integers(2, T - 2))])


@pytest.mark.question(id="G3", share="1/6")
def test_ends(student: Student, rng: Random) -> None:
    """tau = 0 keeps the direct terms, tau of T - 1 and more everything."""
    T = int(rng.integers(4, 8))
    all_agree(student, oracle.draw(rng, T), [0, T - 1, T + 5])


@pytest.mark.question(id="G3", share="1/6")
def test_negative_tau(student: Student, rng: Random) -> None:
    """A negative tau is a ValueError."""
    refuses(student, FUNCTION, oracle.draw(rng), "tau", legal=2, values=[-1, -3])
