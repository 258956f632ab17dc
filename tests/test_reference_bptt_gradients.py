"""The formulas of reference/bptt_gradients.py against autograd, finite differences and by hand."""

from functools import partial

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from reference import bptt_gradients

T, D, N, Q = 6, 2, 4, 3
SHAPES = {"W_hx": (N, D), "W_hh": (N, N), "W_qh": (Q, N), "x": (T, D), "y": (T, Q), "h_0": (N,)}


@pytest.fixture
def problem() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {name: rng.normal(scale=0.7, size=shape) for name, shape in SHAPES.items()}


def unrolled(problem, phi, depth: int) -> dict[str, np.ndarray]:
    """Autograd, loss by loss: each through its last `depth` steps, the state before a constant."""
    tensors = {name: torch.from_numpy(value) for name, value in problem.items()}
    weights = {name: tensors[name].clone().requires_grad_() for name in ("W_hx", "W_hh", "W_qh")}
    x, y = tensors["x"], tensors["y"]

    def step(h, x_t):
        return phi(weights["W_hx"] @ x_t + weights["W_hh"] @ h)

    true_states = [tensors["h_0"]]
    for x_t in x:
        true_states.append(step(true_states[-1], x_t).detach())
    total = 0.0
    for t in range(len(x)):
        start = max(0, t - depth + 1)
        h = true_states[start]
        for s in range(start, t + 1):
            h = step(h, x[s])
        total = total + (weights["W_qh"] @ h - y[t]).square().sum() / (2 * len(x))
    gradients = torch.autograd.grad(total, list(weights.values()))
    return {name: g.numpy() for name, g in zip(weights, gradients, strict=True)}


def assert_same(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert actual.keys() == expected.keys()
    for name in expected:
        assert actual[name].dtype == np.float64
        assert actual[name].shape == expected[name].shape
        assert_allclose(actual[name], expected[name], rtol=1e-11, atol=1e-13, err_msg=name)


def test_linear_rnn_agrees_with_autograd(problem):
    expected = unrolled(problem, lambda z: z, depth=T)
    assert_same(bptt_gradients.linear_gradients(**problem), expected)


def test_tanh_rnn_agrees_with_autograd(problem):
    assert_same(bptt_gradients.tanh_gradients(**problem), unrolled(problem, torch.tanh, depth=T))


def test_linear_rnn_by_hand():
    """Scalars, h_0 = 1, no input or target: h = w, w^2 and L = v^2 (w^2 + w^4) / 4, v = W_qh."""
    one, x = np.ones((1, 1)), np.zeros((2, 1))
    gradients = bptt_gradients.linear_gradients(one, 2 * one, one, x, x, np.ones(1))
    assert gradients["W_hh"].item() == pytest.approx((2 * 2 + 4 * 2**3) / 4)
    assert gradients["W_qh"].item() == pytest.approx(2 * (2**2 + 2**4) / 4)
    assert gradients["W_hx"].item() == 0


@pytest.mark.parametrize("tau", [0, 1, T - 2, T - 1, T + 5])
def test_truncation_keeps_the_last_tau_lags(problem, tau):
    expected = unrolled(problem, torch.tanh, depth=tau + 1)
    assert_same(bptt_gradients.truncated_gradients(**problem, tau=tau), expected)


def test_negative_truncation_is_refused(problem):
    with pytest.raises(ValueError, match="tau"):
        bptt_gradients.truncated_gradients(**problem, tau=-1)


def lags(problem) -> dict[str, np.ndarray]:
    """The term of every lag, one row each, from differences of autograd's truncated gradients."""
    cut = [unrolled(problem, torch.tanh, depth=l + 1) for l in range(T)]
    return {
        name: np.diff([g[name] for g in cut], axis=0, prepend=np.zeros((1, *cut[0][name].shape)))
        for name in ("W_hx", "W_hh")
    }


def test_each_random_truncation_is_a_stop_at_some_tau(problem):
    p, rng, seen = 0.6, np.random.default_rng(1), set()
    terms = lags(problem)
    stops = {  # (T, n, ...): row tau is the draw that stops at tau
        name: np.cumsum([term / p**l for l, term in enumerate(rows)], axis=0)
        for name, rows in terms.items()
    }
    for _ in range(200):
        draw = bptt_gradients.randomized_gradients(**problem, p=p, rng=rng)
        tau = np.argmin(np.abs(stops["W_hh"] - draw["W_hh"]).sum((1, 2)))
        for name, rows in stops.items():
            assert_allclose(draw[name], rows[tau], rtol=1e-9, atol=1e-11)
        seen.add(int(tau))
    assert seen == set(range(T))


def test_random_truncation_is_unbiased(problem):
    rng, count = np.random.default_rng(2), 4000
    draw = partial(bptt_gradients.randomized_gradients, **problem, p=0.8, rng=rng)
    draws = np.array([draw()["W_hh"] for _ in range(count)])
    full = unrolled(problem, torch.tanh, depth=T)["W_hh"]
    assert np.all(np.abs(draws.mean(0) - full) < 5 * draws.std(0) / np.sqrt(count))


def test_random_truncation_that_never_stops_is_the_full_gradient(problem):
    draw = bptt_gradients.randomized_gradients(**problem, p=1, rng=np.random.default_rng(3))
    assert_same(draw, unrolled(problem, torch.tanh, depth=T))


@pytest.mark.parametrize("p", [0, -0.5, 1.5, float("nan")])
def test_impossible_probabilities_are_refused(problem, p):
    with pytest.raises(ValueError, match="p must"):
        bptt_gradients.randomized_gradients(**problem, p=p, rng=np.random.default_rng(4))


@pytest.mark.parametrize("length", [1, T])
def test_last_step_gradients_agree_with_finite_differences(length):
    rng, y = np.random.default_rng(5), 2
    shapes = {"W_hx": (N, D), "W_hh": (N, N), "W_ph": (Q, N), "b_h": (N,), "b_p": (Q,)}
    weights = {name: rng.normal(scale=0.7, size=shape) for name, shape in shapes.items()}
    x, h_0 = rng.normal(size=(length, D)), rng.normal(size=N)

    def loss() -> float:
        h = h_0
        for x_t in x:
            h = np.tanh(weights["W_hx"] @ x_t + weights["W_hh"] @ h + weights["b_h"])
        p = weights["W_ph"] @ h + weights["b_p"]
        return np.log(np.exp(p).sum()) - p[y]

    gradients = bptt_gradients.last_step_gradients(**weights, x=x, y=y, h_0=h_0)
    assert gradients.keys() == weights.keys()
    for name, value in weights.items():
        numeric = np.empty_like(value)
        for index in np.ndindex(value.shape):
            value[index] += 1e-5
            above = loss()
            value[index] -= 2e-5
            numeric[index] = (above - loss()) / 2e-5
            value[index] += 1e-5
        assert_allclose(gradients[name], numeric, rtol=1e-6, atol=1e-9, err_msg=name)


def test_large_logits_do_not_overflow():
    one = np.ones((1, 1))
    gradients = bptt_gradients.last_step_gradients(
        one, one, np.array([[0.0], [0.0]]), np.zeros(1), np.array([1e4, 0.0]), one, 1, np.zeros(1)
    )
    assert_allclose(gradients["b_p"], [1, -1])


def test_jacobian_norms_agree_with_autograd(problem):
    W_hx, W_hh = (torch.from_numpy(problem[name]) for name in ("W_hx", "W_hh"))
    h = bptt_gradients.states(problem["W_hx"], problem["W_hh"], problem["x"], problem["h_0"])

    def rest(t):
        def last_state(h_t):
            for x_t in torch.from_numpy(problem["x"][t:]):
                h_t = torch.tanh(W_hx @ x_t + W_hh @ h_t)
            return h_t

        return last_state

    jacobians = [
        torch.autograd.functional.jacobian(rest(t), torch.from_numpy(h[t])) for t in range(T + 1)
    ]
    expected = [torch.linalg.matrix_norm(jacobian, ord=2).item() for jacobian in jacobians]
    assert_allclose(bptt_gradients.jacobian_norms(problem["W_hh"], h), expected, rtol=1e-12)


@pytest.mark.parametrize("gain", [0.5, 1.5])
def test_jacobian_norms_decay_or_blow_up(gain):
    """Around h = 0 the RNN is linear, so an orthogonal matrix times a gain gives gain^(T-t)."""
    rotation, _ = np.linalg.qr(np.random.default_rng(6).normal(size=(N, N)))
    norms = bptt_gradients.jacobian_norms(gain * rotation, np.zeros((21, N)))
    assert_allclose(norms, gain ** np.arange(20.0, -1, -1))
