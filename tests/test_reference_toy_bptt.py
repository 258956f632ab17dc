"""reference/toy_bptt.py: the sheet's known values, limits and figures.

Its formulas are compared with the exercise's oracle when the reference is graded.
"""

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from reference import toy_bptt
from tests.drawn import labels_of

MU, T = 1.0, 20


@pytest.fixture
def batch() -> torch.Tensor:
    """1024 samples with mean mu and variance 1 exactly."""
    x = torch.randn(1024, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return (x - x.mean()) / x.std(correction=0) + MU


def test_loss_and_gradient_of_the_sheet(batch: torch.Tensor) -> None:
    theta = torch.tensor(1.0, dtype=torch.float64)
    assert toy_bptt.loss(theta, batch, MU, T).shape == ()
    assert toy_bptt.loss(theta, batch, MU, T).item() == pytest.approx(2890, rel=1e-12)
    assert toy_bptt.loss_gradient(1.0, batch, MU, T) == pytest.approx(5740, rel=1e-12)


def test_the_chosen_rate_lands_in_the_minimum(batch: torch.Tensor) -> None:
    run = toy_bptt.gradient_descent(1.0, batch, MU, T)
    assert_allclose(run.theta[1:], 0, atol=1e-12)
    assert_allclose(run.loss[1:], T, rtol=1e-12)


@pytest.mark.parametrize(("rate", "converges"), [(1.99 / 5740, True), (2.01 / 5740, False)])
def test_stability_ends_at_two_over_the_curvature(
    batch: torch.Tensor, rate: float, converges: bool
) -> None:
    run = toy_bptt.gradient_descent(1.0, batch, MU, T, rate, iterations=50)
    assert (abs(run.theta[-1]) < 1) == converges


def test_schedules() -> None:
    assert [toy_bptt.decaying_rate(1)(k) for k in (1, 2, 10)] == [0.5, 0.25, 0.05]
    assert toy_bptt.decaying_rate(1.5)(4) == 0.0625


@pytest.mark.parametrize(
    ("power", "ends"),
    [(1, [0.154769, 0.023954, 0.003707]), (1.5, [0.050178, 0.002518, 0.000126])],
)
def test_restarts_reach_the_known_values(
    batch: torch.Tensor, power: float, ends: list[float]
) -> None:
    runs = toy_bptt.restarts(1.0, batch, MU, 1000, toy_bptt.decaying_rate(power))
    assert_allclose([run.theta[-1] for run in runs], ends, rtol=0, atol=1e-6)
    for run, following in pairwise(runs):
        assert following.theta[0] == run.theta[-1]
        # h starts anew: the first gradient of a restart is 2 theta, as mean(x_0) = mu.
        assert following.gradient[0] == pytest.approx(2 * following.theta[0], rel=1e-9)


@pytest.fixture
def run() -> toy_bptt.Run:
    return toy_bptt.Run(np.array([1.0, -0.5, 0.25]), np.array([3.0, 2.0]), np.array([2.0, -1.0]))


def test_loss_figure_shows_loss_and_gradient(run: toy_bptt.Run) -> None:
    figure = toy_bptt.loss_figure(run, "Truncated BPTT")
    assert isinstance(figure, Figure)
    assert figure.get_suptitle() == "Truncated BPTT"
    for axes, values in zip(figure.axes, (run.loss, run.gradient), strict=True):
        (line,) = axes.lines
        assert_allclose(np.asarray(line.get_xydata()), np.column_stack([[1, 2], values]))
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.get_legend()


def test_theta_figure_shows_every_run_and_the_decay(run: toy_bptt.Run) -> None:
    runs = {"first": run, "restart": run._replace(theta=np.array([0.25, 0.1]))}
    (axes,) = toy_bptt.theta_figure(runs, "Restarts", decay=-0.25).axes
    assert labels_of(axes) == [*runs, "$k^{-0.25}$"]
    first, restart, decay = (np.asarray(line.get_xydata()) for line in axes.lines)
    assert_allclose(first, np.column_stack([[1, 2, 3], run.theta]))
    assert_allclose(restart, [[1, 0.25], [2, 0.1]])
    assert_allclose(decay[:, 1], [1, 2**-0.25, 3**-0.25])
    assert axes.get_title() == "Restarts"
    assert axes.get_xlabel()
    assert axes.get_ylabel()


def test_the_decay_is_optional(run: toy_bptt.Run) -> None:
    (axes,) = toy_bptt.theta_figure({"first": run}, "One run").axes
    assert len(axes.lines) == 1
