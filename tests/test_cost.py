"""checks.cost: what counts as a formula, and what costs its points elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from grader.checks.cost import Arrays, Sized, require_formula
from grader.core.failures import Failure, Status

RIGHT: Arrays = {"W": np.arange(4.0), "b": np.ones(2)}
WRONG: Arrays = {"W": np.arange(4.0), "b": np.zeros(2)}


def ask(few: Callable[[float], Arrays], many: Callable[[float], Arrays]) -> None:
    require_formula("It", Sized(few, [RIGHT], "few"), Sized(many, [RIGHT], "many"), 1.0)


def gives(found: Arrays) -> Callable[[float], Arrays]:
    return lambda _: found


def fails(status: Status) -> Callable[[float], Arrays]:
    def call(_: float) -> Arrays:
        raise Failure("Your code should end.", got="no answer", status=status)

    return call


def test_right_at_both_sizes_passes() -> None:
    ask(gives(RIGHT), gives(RIGHT))


def test_a_mistake_for_few_weights_is_not_counted_here() -> None:
    ask(gives(WRONG), gives(WRONG))
    ask(gives({"W": RIGHT["W"]}), gives({"W": RIGHT["W"]}))


def test_each_of_several_right_answers_passes() -> None:
    few = Sized(gives(WRONG), [RIGHT, WRONG], "few")
    require_formula("It", few, Sized(gives(RIGHT), [WRONG, RIGHT], "many"), 1.0)


@pytest.mark.parametrize("status", ["timeout", "error", "crashed", "failed"])
def test_what_works_for_few_weights_alone_is_blocked(status: Status) -> None:
    with pytest.raises(Failure, match="computed by a formula") as caught:
        ask(gives(RIGHT), fails(status))
    assert caught.value.status == "blocked"
    assert ("Differences evaluate" in caught.value.hint) == (status == "timeout")


def test_numbers_that_are_right_for_few_weights_alone_are_blocked() -> None:
    for wide in (WRONG, {"W": RIGHT["W"]}):
        with pytest.raises(Failure, match="computed by a formula") as caught:
            ask(gives(RIGHT), gives(wide))
        assert caught.value.status == "blocked"
        assert "b is right for few weights" in caught.value.hint


def test_what_fails_for_few_weights_keeps_its_status() -> None:
    with pytest.raises(Failure) as caught:
        ask(fails("timeout"), gives(RIGHT))
    assert caught.value.status == "timeout"
