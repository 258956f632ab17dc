"""Figures as data: descriptions, labels, lines, capture."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable
from typing import Any, TypedDict

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from typing_extensions import TypeAliasType

from grader.checks import figures
from grader.core import figure_data
from grader.core.failures import Failure
from grader.core.figure_data import Description
from grader.worker import figure_capture


def drawn(*, labels: bool = True, legend: bool = True) -> Figure:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2, 3], [3.0, 2.0, 1.0], label="loss")
    if labels:
        axes.set(xlabel="step", ylabel="loss", yscale="log")
    if legend:
        axes.legend()
    return figure


def test_description() -> None:
    (axes,) = figure_capture.describe(drawn())["axes"]
    assert (axes["xlabel"], axes["ylabel"], axes["yscale"]) == ("step", "loss", "log")
    assert axes["legend"] == ["loss"]
    np.testing.assert_array_equal(axes["lines"][0]["y"], [3, 2, 1])
    assert bytes(figure_capture.describe(drawn())["png"][:4]) == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"labels": False}, "no xlabel of axes 1, no ylabel of axes 1"),
        ({"legend": False}, "no legend"),
    ],
)
def test_what_is_missing_is_named(options: dict[str, bool], says: str) -> None:
    figures.require_labels(figure_capture.describe(drawn()), "what", where="")
    with pytest.raises(Failure) as caught:
        figures.require_labels(figure_capture.describe(drawn(**options)), "what", where="")
    assert says in caught.value.got


def test_twin_axes_share_their_labels() -> None:
    figure = drawn()
    figure.axes[0].twinx().plot([1, 2], [1, 2])
    figure.axes[1].set_ylabel("accuracy")
    figures.require_labels(figure_capture.describe(figure), "what", where="")


def test_panels_beside_each_other_share_their_labels() -> None:
    figure = Figure()
    for axes in figure.subplots(1, 2, sharey=True):
        axes.plot([1, 2], [1, 2])
    figure.axes[0].set(xlabel="step", ylabel="loss")
    figures.require_labels(figure_capture.describe(figure), "what", where="", legend=False)


def test_one_label_may_do_for_the_whole_figure() -> None:
    figure = Figure()
    for axes in figure.subplots(2, 2).flat:
        axes.plot([1, 2], [1, 2])
    figure.supxlabel("step")
    figure.supylabel("loss")
    figures.require_labels(figure_capture.describe(figure), "what", where="", legend=False)


def test_a_formula_for_latex_is_drawn_without_it() -> None:
    with mpl.rc_context({"text.usetex": True}):
        figure = drawn()
        figure.axes[0].set_title(r"$\theta^{(k)}$")
        assert bytes(figure_capture.describe(figure)["png"][:4]) == b"\x89PNG"


class Answer(TypedDict):
    """The answers that a probe of figures may give."""

    weights: list[float]
    figures: list[Description]
    best: Description | None


def titles(value: Any, form: Any) -> list[str]:
    """Return the titles of the pictures that a report keeps."""
    return [picture["title"] for picture in figure_data.pictures(value, form, most=4)]


def test_a_picture_has_the_title_of_its_figure_or_of_its_first_axes() -> None:
    figure = drawn()
    (picture,) = figure_data.pictures(figure_capture.describe(figure), Description, most=4)
    assert picture["title"] == ""
    assert base64.b64decode(picture["png"]).startswith(b"\x89PNG")
    figure.axes[0].set_title("loss")
    assert titles(figure_capture.describe(figure), Description) == ["loss"]
    figure.suptitle("Full BPTT")
    assert titles(figure_capture.describe(figure), Description) == ["Full BPTT"]


def test_pictures_are_taken_where_a_probe_declares_a_description() -> None:
    figure = drawn()
    figure.suptitle("one")
    found = figure_capture.describe(figure)
    answer: Answer = {"weights": [1.0], "figures": [found, found], "best": found}
    assert titles(answer, Answer) == ["one"] * 3
    assert titles({**answer, "best": None}, Answer) == ["one"] * 2
    assert titles((1.0, found), tuple[float, Description]) == ["one"]
    panel: Any = TypeAliasType("panel", Description)  # Python 3.12: type panel = Description
    assert titles((found, found), tuple[panel, panel | None]) == ["one"] * 2
    for undeclared in (Any, dict[str, Any], list[Any]):
        assert titles(answer if undeclared != list[Any] else [found], undeclared) == []


def test_no_more_pictures_are_made_than_a_report_keeps() -> None:
    found = figure_capture.describe(drawn())
    assert len(figure_data.pictures([found] * 9, list[Description], most=4)) == 4
    assert figure_data.pictures([found] * 9, list[Description], most=0) == []


def test_an_empty_figure_is_no_figure() -> None:
    with pytest.raises(Failure, match="what"):
        figures.require_labels(figure_capture.describe(Figure()), "what", where="")


def test_a_line_must_show_the_data() -> None:
    description = figure_capture.describe(drawn())
    figures.require_line(description, [3, 2, 1], "what", where="")
    with pytest.raises(Failure, match="what"):
        figures.require_line(description, [3, 2, 2], "what", where="")


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.scatter([1, 2, 3], [3, 2, 1]),
        lambda axes: axes.bar([1, 2, 3], [3, 2, 1]),
        lambda axes: axes.stem([1, 2, 3], [3, 2, 1]),
        lambda axes: axes.plot([1, 2, 3, 4], [3, 2, 1, np.nan]),
    ],
    ids=["scattered points", "bars", "stems", "padded with NaN"],
)
def test_data_may_be_shown_in_other_ways(draw: Callable[[Axes], object]) -> None:
    figure = Figure()
    draw(figure.subplots())
    description = figure_capture.describe(figure)
    figures.require_line(description, [3, 2, 1], "what", where="")
    np.testing.assert_array_equal(description["axes"][0]["lines"][0]["x"], [1, 2, 3])
    with pytest.raises(Failure, match="what"):
        figures.require_line(description, [3, 2, 2], "what", where="")


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes: axes.bar(["5", "10"], [4.0, 5.0], yerr=[0.5, 1.0]),
        lambda axes: axes.bar(["T = 5", "T = 10"], [4.0, 5.0], yerr=[0.5, 1.0]),
        lambda axes: axes.errorbar(["5", "10"], [4.0, 5.0], [0.5, 1.0]),
        lambda axes: (
            axes.errorbar([0, 1], [4.0, 5.0], [0.5, 1.0]),
            axes.set_xticks([0, 1], [5, 10]),
        ),
    ],
    ids=["numbers as text", "numbers in text", "with a line", "ticks with labels"],
)
def test_categories_are_the_numbers_written_there(draw: Callable[[Axes], object]) -> None:
    figure = Figure()
    draw(figure.subplots())
    (axes,) = figure_capture.describe(figure)["axes"]
    np.testing.assert_array_equal(axes["error_bars"][0]["x"], [5, 10])
    np.testing.assert_array_equal(axes["lines"][0]["x"], [5, 10])


def test_ticks_of_the_axis_are_no_categories() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [4.0, 5.0])
    axes.set_xticks([0, 1], ["start", "end 7 of 8"])
    np.testing.assert_array_equal(
        figure_capture.describe(figure)["axes"][0]["lines"][0]["x"], [0, 1]
    )


def test_figures_by_pyplot_are_captured_saved_or_not() -> None:
    with figure_capture.captured() as found:
        plt.plot([1, 2])
        plt.savefig(io.BytesIO())
        plt.close()
        plt.figure().subplots()
    assert len(found) == 2
    assert not plt.get_fignums()


def test_error_bars_are_described_wherever_they_come_from() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.errorbar([1, 2], [4.0, 5.0], [0.5, 1.0], xerr=0.1, fmt="none")
    left.errorbar([1, 2], [4.0, 5.0], xerr=0.1)
    right.bar([1, 2], [4.0, 5.0], yerr=[0.5, 1.0])
    for axes in figure_capture.describe(figure)["axes"]:
        (bars,) = axes["error_bars"]
        np.testing.assert_allclose(bars["x"], [1, 2])
        np.testing.assert_allclose(bars["y"], [4, 5])
        np.testing.assert_allclose(bars["error"], [0.5, 1])


def test_a_log_scale_can_be_asked_for() -> None:
    figures.require_log_scale(figure_capture.describe(drawn()), "what", where="")
    with pytest.raises(Failure, match="what") as caught:
        figures.require_log_scale(figure_capture.describe(drawn(labels=False)), "what", where="")
    assert caught.value.got == "a linear one"


def test_a_linear_panel_beside_a_log_scale_does_no_harm() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([1, 2], [1, 2])
    right.semilogy([1, 2], [1, 2])
    figures.require_log_scale(figure_capture.describe(figure), "what", where="")


@pytest.mark.parametrize(
    ("png", "kept"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 800, 600), 1),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 800, 10**5), 0),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 0),
        (b"<svg onload='alert(1)'>" + bytes(99), 0),
        (b"", 0),
    ],
)
def test_reports_keep_pictures_that_a_browser_can_show(png: bytes, kept: int) -> None:
    found = {"title": "", "axes": [], "legend": [], "png": np.frombuffer(png, dtype=np.uint8)}
    assert len(figure_data.pictures(found, Description, most=4)) == kept


@pytest.mark.parametrize(("block", "lines"), [(True, [1, 1]), (None, [1, 1]), (False, [2])])
def test_a_figure_whose_window_was_closed_gets_no_more_lines(
    block: bool | None, lines: list[int]
) -> None:
    with figure_capture.captured() as found:
        plt.plot([1, 2])
        plt.show(block=block)
        plt.plot([2, 1])
    assert [len(figure.axes[0].lines) for figure in found] == lines


def test_an_empty_figure_beside_others_is_none() -> None:
    with figure_capture.captured() as found:
        plt.plot([1, 2])
        plt.show()
        plt.savefig(io.BytesIO())
    assert [len(figure.axes) for figure in found] == [1]
