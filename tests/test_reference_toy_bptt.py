"""reference/toy_bptt.py against the closed polynomial, the linear recurrence and known values."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from reference import toy_bptt

MU, T = 1.0, 20


@pytest.fixture
def batch() -> torch.Tensor:
    """1024 samples with mean mu and variance 1 exactly."""
    x = torch.randn(1024, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return (x - x.mean()) / x.std(correction=0) + MU


@pytest.fixture
def raw_batch() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return MU + torch.randn(1024, dtype=torch.float64, generator=generator)


def polynomial(theta: float, x_0: torch.Tensor) -> tuple[float, float]:
    """L and its derivative by the sums of t and t^2."""
    m1, m2 = (x_0 - MU).mean().item(), (x_0 - MU).square().mean().item()
    first, second = T * (T + 1) / 2, T * (T + 1) * (2 * T + 1) / 6
    value = T * m2 + 2 * first * theta * m1 + second * theta**2
    return value, 2 * first * m1 + 2 * second * theta


def recurrence(x_0: torch.Tensor, iterations: int, rate) -> toy_bptt.Run:
    """Truncated BPTT in two numbers: e = mean(h) - mu and theta (h's variance never changes)."""
    e, variance = x_0.mean().item() - MU, x_0.var(correction=0).item()
    thetas, losses, gradients = [1.0], [], []
    for k in range(1, iterations + 1):
        e += thetas[-1]
        losses.append(e**2 + variance)
        gradients.append(2 * e)
        thetas.append(thetas[-1] - 2 * rate(k) * e)
    return toy_bptt.Run(np.array(thetas), np.array(losses), np.array(gradients))


def assert_same(actual: toy_bptt.Run, expected: toy_bptt.Run) -> None:
    for values, wanted in zip(actual, expected, strict=True):
        assert values.dtype == np.float64
        assert_allclose(values, wanted, rtol=1e-9, atol=1e-11)


def test_loss_and_gradient_of_the_sheet(batch):
    theta = torch.tensor(1.0, dtype=torch.float64)
    assert toy_bptt.loss(theta, batch, MU, T).shape == ()
    assert toy_bptt.loss(theta, batch, MU, T).item() == pytest.approx(2890, rel=1e-12)
    assert toy_bptt.loss_gradient(1.0, batch, MU, T) == pytest.approx(5740, rel=1e-12)


@pytest.mark.parametrize("theta", [-0.7, 0.0, 2.5])
def test_loss_and_gradient_follow_the_polynomial(raw_batch, theta):
    value, slope = polynomial(theta, raw_batch)
    parameter = torch.tensor(theta, dtype=torch.float64)
    assert toy_bptt.loss(parameter, raw_batch, MU, T).item() == pytest.approx(value, rel=1e-12)
    assert toy_bptt.loss_gradient(theta, raw_batch, MU, T) == pytest.approx(slope, rel=1e-12)


def test_gradient_descent_records_every_iteration(raw_batch):
    rate = 1e-4
    run = toy_bptt.gradient_descent(1.0, raw_batch, MU, T, rate, iterations=7)
    thetas = [1.0]
    for _ in range(7):
        thetas.append(thetas[-1] - rate * polynomial(thetas[-1], raw_batch)[1])
    losses, gradients = np.array([polynomial(theta, raw_batch) for theta in thetas[:-1]]).T
    assert_same(run, toy_bptt.Run(np.array(thetas), losses, gradients))


def test_the_chosen_rate_lands_in_the_minimum(batch):
    run = toy_bptt.gradient_descent(1.0, batch, MU, T)
    assert_allclose(run.theta[1:], 0, atol=1e-12)
    assert_allclose(run.loss[1:], T, rtol=1e-12)


@pytest.mark.parametrize(("rate", "converges"), [(1.99 / 5740, True), (2.01 / 5740, False)])
def test_stability_ends_at_two_over_the_curvature(batch, rate, converges):
    run = toy_bptt.gradient_descent(1.0, batch, MU, T, rate, iterations=50)
    assert (abs(run.theta[-1]) < 1) == converges


def test_truncated_step_sees_its_own_theta_only(raw_batch):
    theta = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    value, h = toy_bptt.truncated_step(theta, raw_batch + 3 * theta, MU)
    value.backward()
    expected = raw_batch + 4 * 0.5
    assert_allclose(h.detach(), expected, rtol=1e-14)
    assert value.item() == pytest.approx((expected - MU).square().mean().item())
    assert theta.grad.item() == pytest.approx(2 * (expected - MU).mean().item())


@pytest.mark.parametrize("power", [1, 1.5])
def test_truncated_bptt_follows_the_recurrence(raw_batch, power):
    rate = toy_bptt.decaying_rate(power)
    run = toy_bptt.truncated_bptt(1.0, raw_batch, MU, 300, rate)
    assert_same(run, recurrence(raw_batch, 300, rate))


def test_schedules():
    assert [toy_bptt.decaying_rate(1)(k) for k in (1, 2, 10)] == [0.5, 0.25, 0.05]
    assert toy_bptt.decaying_rate(1.5)(4) == 0.0625


@pytest.mark.parametrize(
    ("power", "ends"),
    [(1, [0.154769, 0.023954, 0.003707]), (1.5, [0.050178, 0.002518, 0.000126])],
)
def test_restarts_reach_the_known_values(batch, power, ends):
    runs = toy_bptt.restarts(1.0, batch, MU, 1000, toy_bptt.decaying_rate(power))
    assert_allclose([run.theta[-1] for run in runs], ends, rtol=0, atol=1e-6)
    for run, following in pairwise(runs):
        assert following.theta[0] == run.theta[-1]
        # h starts anew: the first gradient of a restart is 2 theta, as mean(x_0) = mu.
        assert following.gradient[0] == pytest.approx(2 * following.theta[0], rel=1e-9)


def test_float32_batches_work(batch):
    run = toy_bptt.truncated_bptt(1.0, batch.float(), MU, 10, toy_bptt.decaying_rate(1))
    assert_allclose(run.theta, recurrence(batch, 10, toy_bptt.decaying_rate(1)).theta, rtol=1e-4)


@pytest.fixture
def run() -> toy_bptt.Run:
    return toy_bptt.Run(np.array([1.0, -0.5, 0.25]), np.array([3.0, 2.0]), np.array([2.0, -1.0]))


def test_loss_figure_shows_loss_and_gradient(run):
    figure = toy_bptt.loss_figure(run, "Truncated BPTT")
    assert isinstance(figure, Figure)
    assert figure.get_suptitle() == "Truncated BPTT"
    for axes, values in zip(figure.axes, (run.loss, run.gradient), strict=True):
        (line,) = axes.lines
        assert_allclose(line.get_xydata(), np.column_stack([[1, 2], values]))
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.get_legend()


def test_theta_figure_shows_every_run_and_the_decay(run):
    runs = {"first": run, "restart": run._replace(theta=np.array([0.25, 0.1]))}
    (axes,) = toy_bptt.theta_figure(runs, "Restarts", decay=-0.25).axes
    assert [text.get_text() for text in axes.get_legend().texts] == [*runs, "$k^{-0.25}$"]
    first, restart, decay = (line.get_xydata() for line in axes.lines)
    assert_allclose(first, np.column_stack([[1, 2, 3], run.theta]))
    assert_allclose(restart, [[1, 0.25], [2, 0.1]])
    assert_allclose(decay[:, 1], [1, 2**-0.25, 3**-0.25])
    assert axes.get_title() == "Restarts"
    assert axes.get_xlabel()
    assert axes.get_ylabel()


def test_the_decay_is_optional(run):
    (axes,) = toy_bptt.theta_figure({"first": run}, "One run").axes
    assert len(axes.lines) == 1
