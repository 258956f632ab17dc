"""Question T5 of sheet 000: the figures show the runs, with labels, a legend and k from 1."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.checks.figures import lines_showing, require_labels, require_line
from grader.checks.tolerances import SHOWN
from grader.core.figure_data import Description, Line
from grader.exercises.toy_bptt import probes_figures
from grader.exercises.toy_bptt.oracle import Array, Random
from grader.exercises.toy_bptt.runs import FILE
from grader.sandbox.student import Student


def draw_run(rng: Random) -> dict[str, Array]:
    """Draw a run of 20 to 39 iterations: theta, loss and gradient."""
    iterations = int(rng.integers(20, 40))
    return {
        "theta": rng.normal(size=iterations + 1),
        "loss": rng.uniform(1, 9, iterations),
        "gradient": rng.normal(0, 5, iterations),
    }


def draw_loss_figure(student: Student, run: dict[str, Array]) -> Description:
    """Return the student's figure of the run's loss and gradient."""
    found: Description = FILE.run(student, probes_figures.loss_figure, run=run)
    return found


def draw_theta_figure(
    student: Student, runs: dict[str, dict[str, Array]], decay: float | None = None
) -> Description:
    """Return the student's figure of the runs' theta; the keys are their labels."""
    found: Description = FILE.run(student, probes_figures.theta_figure, runs=runs, decay=decay)
    return found


def lines(figure: Description) -> list[Line]:
    """Return the lines of all axes."""
    return [line for axes in figure["axes"] for line in axes["lines"]]


def counts_from_one(figure: Description, y: Array, where: str) -> None:
    """Fail unless every line that shows ``y`` shows it against 1, 2, and so on."""
    for line in lines_showing(figure, y):
        require(
            np.array_equal(line["x"], np.arange(1, len(y) + 1)),
            "The horizontal axis should be k = 1, 2, ….",
            expected=f"x from 1 to {len(y)}",
            got=f"x from {line['x'][0]:g} to {line['x'][-1]:g}",
            where=where,
            hint="plot(y) alone counts from 0: hand in k as well.",
        )


@pytest.mark.question(id="T5", share="3/10")
def test_loss_figure(student: Student, rng: Random) -> None:
    """loss_figure shows loss and gradient."""
    run = draw_run(rng)
    figure = draw_loss_figure(student, run)
    for name in ("loss", "gradient"):
        what = f"A line of loss_figure shows the {name} of the run."
        require_line(figure, run[name], what, where=FILE.place("loss_figure"))


@pytest.mark.question(id="T5", share="1/5")
def test_axes_of_loss_figure(student: Student, rng: Random) -> None:
    """loss_figure has axis labels, legends and k from 1."""
    run, where = draw_run(rng), FILE.place("loss_figure")
    figure = draw_loss_figure(student, run)
    require_labels(figure, "loss_figure has axis labels and a legend.", where=where)
    for name in ("loss", "gradient"):
        counts_from_one(figure, run[name], where)


@pytest.mark.question(id="T5", share="3/10")
def test_theta_figure(student: Student, rng: Random) -> None:
    """theta_figure shows theta of every run, and k^decay when asked for."""
    runs = {"first run": draw_run(rng), "restart": draw_run(rng)}
    where = FILE.place("theta_figure")
    decay = -float(rng.uniform(0.2, 0.4))
    figure = draw_theta_figure(student, runs, decay)
    for label, run in runs.items():
        what = f"A line of theta_figure shows theta of {label!r}."
        require_line(figure, run["theta"], what, where=where)
    require(
        any(
            len(line["x"]) > 1
            and np.all(line["x"] > 0)
            and np.allclose(line["y"], line["x"] ** decay, SHOWN)
            for line in lines(figure)
        ),
        "With decay given, theta_figure should draw k^decay as well.",
        expected=f"a line through k^{decay:.3g}",
        got=f"{len(lines(figure))} lines, none of which is k^{decay:.3g}",
        where=where,
        hint="If decay is not None, draw k ** decay over k = 1, 2, …, too; decay may be negative.",
    )


@pytest.mark.question(id="T5", share="1/5")
def test_axes_of_theta_figure(student: Student, rng: Random) -> None:
    """theta_figure has axis labels, a legend entry per run and k from 1."""
    runs = {"first run": draw_run(rng), "restart": draw_run(rng)}
    where = FILE.place("theta_figure")
    figure = draw_theta_figure(student, runs)
    require_labels(figure, "theta_figure has axis labels and a legend.", where=where)
    entries = figure["legend"] + [entry for axes in figure["axes"] for entry in axes["legend"]]
    missing = [label for label in runs if not any(label in entry for entry in entries)]
    require(
        not missing,
        "The legend of theta_figure should tell the runs apart by their labels.",
        expected=", ".join(runs),
        got=", ".join(entries),
        where=where,
        hint="The keys of runs are the labels: plot(…, label=label) for each, then legend().",
    )
    for run in runs.values():
        counts_from_one(figure, run["theta"], where)
