"""The measurements of docs/speed.md: the peers' checks judge, and the bill adds up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.bench_scale import Costs, bill_row
from tests.benchmarks.peers import __main__ as peers

NAMES = ("state", "dW", "db", "dx", "dh")


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """Return the checks that the peers share, and the solution."""
    monkeypatch.syspath_prepend(str(peers.HERE / "shared"))
    namespace: dict[str, Any] = {}
    exec(peers.RIGHT, namespace)
    import checks  # type: ignore[import-not-found]

    return checks.check, namespace


@pytest.mark.parametrize("wrong", [*NAMES, None])
def test_each_check_of_the_peers_fails_for_its_own_answer_alone(
    modules: tuple[Any, Any], wrong: str | None
) -> None:
    check, solution = modules

    def step(**given: Any) -> Any:
        return solution["step"](**given) + (wrong == "state")

    def gradients(**given: Any) -> Any:
        return {k: v * (2 if k == wrong else 1) for k, v in solution["gradients"](**given).items()}

    for name in NAMES:
        if name == wrong:
            with pytest.raises(AssertionError):
                check(name, step, gradients)
        else:
            check(name, step, gradients)


def test_the_wrong_solution_is_wrong(modules: tuple[Any, Any]) -> None:
    check, solution = modules
    assert peers.WRONG != peers.RIGHT
    namespace: dict[str, Any] = {}
    exec(peers.WRONG, namespace)
    with pytest.raises(AssertionError):
        check("db", solution["step"], namespace["gradients"])


def test_the_slowest_part_is_the_bill() -> None:
    cost = Costs(0.01, 0.002, 0.005, 0.01, 500.0, 100, 100)
    assert bill_row(1000, 2, 10.0, cost) == "| 1,000 | 2 | 83.3 min | 10 s | 0.5 MB | judges |"
    busy = bill_row(10**6, 256, 1.0, cost).split(" | ")
    assert busy[2:] == [
        "83.3 min",
        "2.8 h",
        "500.0 MB",
        "the batch's own process; a page of 500 MB |",
    ]
