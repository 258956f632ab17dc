"""reference/bptt_gradients.py: known values, limits and refusals.

Its gradients are compared with the exercise's oracle when the reference is graded.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from reference import bptt_gradients

T, D, N, Q = 6, 2, 4, 3
SHAPES = {"W_hx": (N, D), "W_hh": (N, N), "W_qh": (Q, N), "x": (T, D), "y": (T, Q), "h_0": (N,)}


@pytest.fixture
def problem() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {name: rng.normal(scale=0.7, size=shape) for name, shape in SHAPES.items()}


def test_linear_rnn_by_hand() -> None:
    """Scalars, h_0 = 1, no input or target: h = w, w^2 and L = v^2 (w^2 + w^4) / 4, v = W_qh."""
    one, x = np.ones((1, 1)), np.zeros((2, 1))
    gradients = bptt_gradients.linear_gradients(one, 2 * one, one, x, x, np.ones(1))
    assert gradients["W_hh"].item() == pytest.approx((2 * 2 + 4 * 2**3) / 4)
    assert gradients["W_qh"].item() == pytest.approx(2 * (2**2 + 2**4) / 4)
    assert gradients["W_hx"].item() == 0


def test_negative_truncation_is_refused(problem: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="tau"):
        bptt_gradients.truncated_gradients(**problem, tau=-1)


@pytest.mark.parametrize("tau", [T - 1, T + 5])
def test_without_truncation_all_gradients_agree(problem: dict[str, np.ndarray], tau: int) -> None:
    full = bptt_gradients.tanh_gradients(**problem)
    rng = np.random.default_rng(3)
    for gradients in (
        bptt_gradients.truncated_gradients(**problem, tau=tau),
        bptt_gradients.randomized_gradients(**problem, p=1, rng=rng),
    ):
        for name, gradient in full.items():
            assert_allclose(gradients[name], gradient, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("p", [0, -0.5, 1.5, float("nan")])
def test_impossible_probabilities_are_refused(problem: dict[str, np.ndarray], p: float) -> None:
    with pytest.raises(ValueError, match="p must"):
        bptt_gradients.randomized_gradients(**problem, p=p, rng=np.random.default_rng(4))


def test_large_logits_do_not_overflow() -> None:
    one = np.ones((1, 1))
    gradients = bptt_gradients.last_step_gradients(
        one, one, np.array([[0.0], [0.0]]), np.zeros(1), np.array([1e4, 0.0]), one, 1, np.zeros(1)
    )
    assert_allclose(gradients["b_p"], [1, -1])


@pytest.mark.parametrize("gain", [0.5, 1.5])
def test_jacobian_norms_decay_or_blow_up(gain: float) -> None:
    """Around h = 0 the RNN is linear, so an orthogonal matrix times a gain gives gain^(T-t)."""
    rotation, _ = np.linalg.qr(np.random.default_rng(6).normal(size=(N, N)))
    norms = bptt_gradients.jacobian_norms(gain * rotation, np.zeros((21, N)))
    assert_allclose(norms, gain ** np.arange(20.0, -1, -1))
