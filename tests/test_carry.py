"""Errors carried forward: what a mistake costs, what is restored, and what never is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grader.checks.arrays import close
from grader.checks.carry import Ledger
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.checks.mistakes import Mistake
from grader.core.failures import Failure

RIGHT = np.array([1.0, 2.0, 3.0])
SIGN = Mistake("sign", "The sign is wrong.")
TWICE = Mistake("twice", "It is twice too large.", subject_of=("Q2",))
VARIANTS = [(SIGN, lambda: -RIGHT), (TWICE, lambda: 2 * RIGHT)]


def check(got: np.ndarray) -> Callable[[], None]:
    return lambda: close(got, RIGHT, "The numbers should be right.", mistakes=VARIANTS)


def settled(ledger: Ledger, question: str, again: Callable[[], None]) -> Failure:
    with pytest.raises(Failure) as caught:
        again()
    return ledger.settle(caught.value, question, again)


def test_a_mistake_is_counted_once_and_carried_in_every_later_check() -> None:
    ledger = Ledger()
    assert settled(ledger, "Q1", check(-RIGHT)).status == "failed"
    for question in ("Q1", "Q2"):
        later = settled(ledger, question, check(-RIGHT))
        assert later.status == "carried"
        assert "counted in Q1: The sign is wrong." in later.hint


def test_another_mistake_is_not_carried() -> None:
    ledger = Ledger()
    settled(ledger, "Q1", check(-RIGHT))
    assert settled(ledger, "Q1", check(2 * RIGHT)).status == "failed"
    assert settled(ledger, "Q1", check(3 * RIGHT)).status == "failed"


def test_a_question_about_the_mistake_itself_is_never_restored() -> None:
    ledger = Ledger()
    settled(ledger, "Q1", check(2 * RIGHT))
    assert settled(ledger, "Q2", check(2 * RIGHT)).status == "failed"
    assert settled(ledger, "Q3", check(2 * RIGHT)).status == "carried"


def test_a_mistake_that_explains_a_part_alone_is_not_counted() -> None:
    ledger = Ledger()

    def half_explained() -> None:
        check(-RIGHT)()
        check(3 * RIGHT)()

    assert settled(ledger, "Q1", half_explained).status == "failed"
    assert settled(ledger, "Q1", check(-RIGHT)).status == "failed"


def test_passing_by_luck_does_not_count_as_explained() -> None:
    ledger = Ledger()
    settled(ledger, "Q1", check(-RIGHT))
    draws = iter([2.0, 1.0, 1.0, 1.0])  # wrong once, and then right

    def lucky() -> None:
        close(next(draws), 1.0, "The draw should be 1.", mistakes=[])

    assert settled(ledger, "Q1", lucky).status == "failed"


@pytest.mark.parametrize("status", ["error", "timeout", "blocked", "not started"])
def test_only_wrong_answers_are_carried(status: str) -> None:
    failure = Failure("what", status=status, mistake="sign")  # type: ignore[arg-type]
    assert Ledger().settle(failure, "Q1", lambda: None) is failure


def test_a_gradient_is_checked_along_random_lines() -> None:
    rng = np.random.default_rng(0)
    arrays = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    lines = draw_lines(rng, arrays)
    values = [float((case["a"] ** 2).sum() * case["b"].sum()) for case in shifted(arrays, lines)]
    numeric = directional(values, lines)
    gradient = 2 * arrays["a"] * arrays["b"].sum()
    require_directional(gradient, lines["a"], numeric["a"], "what", of="f")
    variants = [(SIGN, lambda: -gradient)]
    with pytest.raises(Failure) as caught:
        require_directional(-gradient, lines["a"], numeric["a"], "what", of="f", mistakes=variants)
    assert caught.value.mistake == "sign"
    with pytest.raises(Failure, match="shape"):
        require_directional(gradient[0], lines["a"], numeric["a"], "what", of="f")
