"""The figure that student code returns, or only draws, is described."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from grader.worker import figure_capture
from grader.worker.answering import Unusable


def refusal(function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(Unusable) as raised:
        function(*arguments, **options)
    return raised.value.details


# Figures


def draw(label: str = "k") -> tuple[Figure, Any]:
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    axes.set_xlabel(label)
    return figure, axes


@pytest.mark.parametrize(
    "make", [lambda: draw()[0], lambda: draw()[1], draw, lambda: ({}, draw()[1])]
)
def test_a_figure_that_is_returned(make: Callable[[], Any]) -> None:
    found = figure_capture.drawn_figure(make, "plot", returned=True)
    assert found["axes"][0]["xlabel"] == "k"
    assert plt.get_fignums() == []


def test_a_figure_that_is_only_drawn() -> None:
    def shows() -> None:
        draw()

    assert figure_capture.drawn_figure(shows, "plot")["axes"][0]["xlabel"] == "k"
    details = refusal(figure_capture.drawn_figure, shows, "plot", returned=True)
    assert details["what"] == "plot should return a figure."
    assert "end with return figure" in details["hint"]
    assert refusal(figure_capture.drawn_figure, lambda: 3, "plot")["got"] == "int: 3"


def test_a_figure_that_matplotlib_cannot_draw() -> None:
    details = refusal(figure_capture.drawn_figure, lambda: draw("$\\frac{$")[0], "plot")
    assert details["what"] == "The figure of plot should be one that can be drawn."
    assert details["got"].startswith("matplotlib raises ValueError: ")
    assert "$" in details["hint"]
