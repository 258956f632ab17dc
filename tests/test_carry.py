"""Errors carried forward: what a mistake costs, what is restored, and what never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import close, same
from grader.checks.carry import Ledger, assuming, combined, is_among_assumed
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.checks.mistakes import Mistake, Variant, both
from grader.core.failures import Failure
from grader.exercises.sliding_tbptt.cells import draw
from grader.exercises.sliding_tbptt.mistakes_sliding import of_sliding_window

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


def test_a_check_that_raises_may_ask_for_what_the_mistake_allows() -> None:
    def raising() -> None:
        if not is_among_assumed(SIGN):
            raise Failure("It should run.", status="error")
        check(-RIGHT)()

    ledger = Ledger()
    assert settled(ledger, "Q2", raising).status == "error"
    settled(ledger, "Q1", check(-RIGHT))
    assert settled(ledger, "Q2", raising).status == "carried"


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


# Two mistakes at once. The formula is size * f(x) + add, over fresh inputs x.
FACTOR = Mistake("factor", "It is three times too large.", {"size": 3.0})
OFFSET = Mistake("offset", "One is added.", {"add": 1.0}, subject_of=("Q9",))
OPPOSITE = Mistake("opposite", "x has the wrong sign.", {"f": lambda x: -x})
REVERSED = Mistake("reversed", "x is reversed.", {"f": lambda x: x[::-1]})
FORMULA = [FACTOR, OFFSET, OPPOSITE, REVERSED]


def formula(x: np.ndarray, change: Mapping[str, Any]) -> np.ndarray:
    moved = change["f"](x) if "f" in change else x
    return np.asarray(change.get("size", 1.0) * moved + change.get("add", 0.0))


class Solution:
    """A check of a solution with these switches thrown; counts its runs."""

    def __init__(self, *mistakes: Mistake, costly: bool = False) -> None:
        self.change = {key: value for each in mistakes for key, value in each.change.items()}
        self.rng, self.runs, self.costly = np.random.default_rng(0), 0, costly

    def __call__(self) -> None:
        self.runs += 1
        x = self.rng.normal(size=5)
        close(formula(x, self.change), x, "It should be x.", mistakes=self.variants(x))

    def variants(self, x: np.ndarray) -> Iterator[Variant]:
        for mistake in combined(FORMULA, ("f",), costly=self.costly):
            yield mistake, partial(formula, x, mistake.change)


def judged(ledger: Ledger, question: str, check: Callable[[], None]) -> Failure:
    """Run a check as a grading does, and settle its failure."""
    with assuming() as first, pytest.raises(Failure) as caught:
        check()
    return ledger.settle(caught.value, question, check, first)


def test_two_mistakes_in_one_number_are_both_named_and_counted_once() -> None:
    ledger = Ledger()
    lost = judged(ledger, "Q1", Solution(FACTOR, OFFSET))
    assert (lost.status, lost.mistake) == ("failed", "factor+offset")
    assert lost.hint.startswith("There are two mistakes here. (1) It is three times too large.")
    later = judged(ledger, "Q2", Solution(FACTOR, OFFSET))
    assert (later.status, later.mistake) == ("carried", "factor+offset")
    assert "the mistakes were counted in Q1" in later.hint
    alone = judged(ledger, "Q2", Solution(OFFSET))
    assert (alone.status, alone.mistake) == ("carried", "offset")


def test_a_second_mistake_is_found_behind_one_that_is_known() -> None:
    ledger = Ledger()
    judged(ledger, "Q1", Solution(FACTOR))
    second = judged(ledger, "Q2", Solution(FACTOR, OFFSET))
    assert (second.status, second.mistake) == ("failed", "offset")
    assert "Besides, as counted in Q1: It is three times too large." in second.hint
    assert judged(ledger, "Q3", Solution(FACTOR, OFFSET)).status == "carried"


def test_a_question_about_one_of_two_mistakes_is_not_restored() -> None:
    ledger = Ledger()
    judged(ledger, "Q1", Solution(FACTOR, OFFSET))
    assert judged(ledger, "Q9", Solution(FACTOR, OFFSET)).status == "failed"
    assert judged(ledger, "Q9", Solution(FACTOR)).status == "carried"


def test_mistakes_in_several_numbers_of_one_check_are_found_one_after_the_other() -> None:
    rng = np.random.default_rng(1)

    def different() -> None:  # the first number tells of one mistake, the second of both
        for mistakes in ([FACTOR], [FACTOR, OFFSET]):
            x = rng.normal(size=5)
            solution = Solution(*mistakes)
            got = formula(x, solution.change)
            close(got, x, "It should be x.", mistakes=solution.variants(x))

    ledger = Ledger()
    assert judged(ledger, "Q1", different).mistake == "factor+offset"
    assert judged(ledger, "Q2", different).status == "carried"


def test_three_mistakes_at_once_are_not_guessed() -> None:
    ledger = Ledger()
    lost = judged(ledger, "Q1", Solution(FACTOR, OFFSET, OPPOSITE))
    assert (lost.mistake, lost.hint) == ("", "")
    assert judged(ledger, "Q2", Solution(FACTOR, OFFSET)).status == "failed"


def test_two_changes_of_one_switch_are_chained_if_the_formula_says_so() -> None:
    pair = both(OPPOSITE, REVERSED, ("f",))
    assert pair is not None
    x = np.arange(3.0)
    assert formula(x, pair.change).tolist() == [-2, -1, 0]
    assert both(OPPOSITE, REVERSED) is None


def test_a_pair_that_explains_one_run_alone_is_not_named() -> None:
    ledger = Ledger()
    wrong = iter([[FACTOR, OFFSET]] * 2 + [[FACTOR, OPPOSITE]] * 9)

    def unsteady() -> None:
        Solution(*next(wrong))()

    assert judged(ledger, "Q1", unsteady).hint == ""
    assert judged(ledger, "Q2", Solution(FACTOR, OFFSET)).status == "failed"


def test_a_costly_formula_is_not_searched_for_pairs_but_accepts_those_that_are_known() -> None:
    ledger = Ledger()
    check = Solution(FACTOR, OFFSET, costly=True)
    assert judged(ledger, "Q1", check).mistake == ""
    assert check.runs == 1
    judged(ledger, "Q1", Solution(FACTOR, OFFSET))
    assert judged(ledger, "Q2", Solution(FACTOR, OFFSET, costly=True)).status == "carried"


class Single(Solution):
    """Repeat the check by ``same``, of a solution that computes in float32."""

    def __call__(self) -> None:
        x = self.rng.normal(size=5)
        got = formula(x.astype(np.float32), self.change).astype(float)
        same(got, x, "It should be x.", where="", mistakes=self.variants(x))


def test_a_mistake_is_found_behind_single_precision() -> None:
    ledger = Ledger()
    assert judged(ledger, "Q1", Single()).mistake == "single_precision"
    second = judged(ledger, "Q2", Single(FACTOR))
    assert (second.status, second.mistake) == ("failed", "factor")
    assert "Besides, as counted in Q1: These numbers are right to about seven" in second.hint
    assert judged(ledger, "Q3", Single(FACTOR)).status == "carried"
    assert judged(ledger, "Q3", Single(OFFSET)).mistake == "offset"


@pytest.mark.parametrize(("N", "K", "searched"), [(9, 4, True), (48, 24, False)])
def test_pairs_are_searched_for_in_short_windows_alone(N: int, K: int, searched: bool) -> None:
    """A long window's gradient takes a tenth of a second, and there are up to a thousand pairs."""
    problem = draw(np.random.default_rng(0), "erf", N=N)
    with assuming(searching=True):
        found = [mistake for mistake, _ in of_sliding_window(problem, K)]
    assert any(len(mistake.parts) == 2 for mistake in found) == searched
