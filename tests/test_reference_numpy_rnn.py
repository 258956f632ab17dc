"""The NumPy network of the reference: known values, refusals, order of calls.

Its gradients are compared with the exercise's oracle when the reference is graded.
"""

from typing import Any

import numpy as np
import pytest

from reference.numpy_rnn import RNN, get_analytical_gradient, get_numerical_gradient

SHAPES = {"W": (3, 5), "R": (5, 5), "bs": (5, 1), "V": (5, 2), "by": (2, 1)}
T, BATCH = 6, 4


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def model(rng: np.random.Generator) -> RNN:
    """Weights well beyond the initial ones and biases unlike zero, so that every term counts."""
    model = RNN(3, 5, 2, rng)
    model.set_weights({name: rng.normal(0, 0.6, shape) for name, shape in SHAPES.items()})
    return model


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(T, BATCH, 3))


def assert_close(
    actual: dict[str, np.ndarray], expected: dict[str, np.ndarray], atol: float = 1e-13
) -> None:
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].shape == value.shape, name
        np.testing.assert_allclose(actual[name], value, rtol=0, atol=atol, err_msg=name)


def test_initial_weights_are_the_sheets() -> None:
    model = RNN(10, 40, 20, rng=0)
    shapes = {"W": (10, 40), "R": (40, 40), "bs": (40, 1), "V": (40, 20), "by": (20, 1)}
    assert {name: w.shape for name, w in model.get_weights().items()} == shapes
    for weight in (model.W, model.R, model.V):
        assert weight.dtype == np.float64
        assert 0.19 < weight.max() <= 0.2
        assert -0.2 <= weight.min() < -0.19
        assert weight.std() == pytest.approx(0.2 / np.sqrt(3), rel=0.1)
    assert not model.bs.any()
    assert not model.by.any()


def test_a_seed_repeats_the_weights_and_a_generator_goes_on() -> None:
    assert np.array_equal(RNN(2, 3, 1, rng=5).W, RNN(2, 3, 1, np.random.default_rng(5)).W)
    generator = np.random.default_rng(5)
    assert not np.array_equal(RNN(2, 3, 1, generator).W, RNN(2, 3, 1, generator).W)
    assert not np.array_equal(RNN(2, 3, 1).W, RNN(2, 3, 1).W)


def test_weights_are_copied_in_and_out(model: RNN) -> None:
    given = {name: np.ones(shape) for name, shape in SHAPES.items()}
    model.set_weights(given)
    given["W"][:] = 2
    model.get_weights()["R"][:] = 2
    assert all((getattr(model, name) == 1).all() for name in SHAPES)


@pytest.mark.parametrize(
    "change",
    [{"by": np.zeros(2)}, {"W": np.zeros((5, 3))}, {"extra": np.zeros(1)}, {"W": None}],
    ids=["flat", "transposed", "unknown", "no array"],
)
def test_bad_weights_are_refused_and_change_nothing(model: RNN, change: dict[str, Any]) -> None:
    before = model.get_weights()
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({name: np.zeros(shape) for name, shape in SHAPES.items()} | change)
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({"d_" + name: np.zeros(shape) for name, shape in SHAPES.items()})
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({"W": np.zeros(SHAPES["W"])})
    assert_close(model.get_weights(), before, atol=0)


def test_a_single_sequence_is_a_batch_of_one(model: RNN, x: np.ndarray) -> None:
    y_hat = model.forward(x[:, 0])
    assert y_hat.shape == (1, 2)
    gradients = model.backward(np.array([0.3, -2.0]))
    np.testing.assert_array_equal(y_hat, model.forward(x[:, :1]))
    assert_close(model.backward(np.array([[0.3, -2.0]])), gradients, atol=0)


def test_backward_sees_the_input_as_it_was(model: RNN, x: np.ndarray) -> None:
    model.forward(x)
    expected = model.backward(np.ones((BATCH, 2)))
    model.forward(x)
    x[:] = 0
    assert_close(model.backward(np.ones((BATCH, 2))), expected)


def test_a_step_of_gradient_descent_by_hand() -> None:
    """Weights of 1 and x = 0 give ŷ = b_y: only b_y and V's term of a = tanh(b_s) move."""
    model = RNN(1, 1, 1)
    model.set_weights({name: np.ones((1, 1)) for name in SHAPES} | {"bs": np.zeros((1, 1))})
    assert model.forward(np.zeros((2, 1, 1))).item() == 1
    gradients = model.backward(np.ones((1, 1)))
    assert {name: g.ravel().tolist() for name, g in gradients.items()} == {
        "d_V": [0], "d_by": [1], "d_W": [0, 0], "d_R": [0, 0], "d_bs": [1, 1],
    }  # fmt: skip
    model.update(0.25)
    moved = {name: weight.item() for name, weight in model.get_weights().items()}
    assert moved == {"W": 1, "R": 1, "bs": -0.5, "V": 1, "by": 0.75}


@pytest.mark.parametrize("shape", [(3,), (T, BATCH, 2), (T, BATCH, 1, 3), (0, BATCH, 3), (T, 0, 3)])
def test_a_bad_input_is_refused(model: RNN, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"x must be \[T, \(batch,\) 3\]"):
        model.forward(np.zeros(shape))


@pytest.mark.parametrize("shape", [(2,), (BATCH,), (2, BATCH), (BATCH, 1), (1, BATCH, 2)])
def test_a_bad_loss_gradient_is_refused(model: RNN, x: np.ndarray, shape: tuple[int, ...]) -> None:
    model.forward(x)
    with pytest.raises(ValueError, match=r"d_loss must be \[4, 2\]"):
        model.backward(np.zeros(shape))


def test_every_step_needs_the_one_before(model: RNN, x: np.ndarray) -> None:
    d_loss = np.ones((BATCH, 2))
    with pytest.raises(RuntimeError, match="forward"):
        model.backward(d_loss)
    model.forward(x)
    with pytest.raises(RuntimeError, match="backward"):
        model.update(0.1)
    model.backward(d_loss)
    model.update(0.1)
    with pytest.raises(RuntimeError, match="backward"):
        model.update(0.1)
    with pytest.raises(RuntimeError, match="forward"):
        model.backward(d_loss)
    model.forward(x)
    model.backward(d_loss)
    model.set_weights(model.get_weights())
    with pytest.raises(RuntimeError, match="backward"):
        model.update(0.1)
    with pytest.raises(RuntimeError, match="forward"):
        model.backward(d_loss)


def test_eps_is_the_step_of_the_numerical_gradient(model: RNN, x: np.ndarray) -> None:
    coarse, fine = (get_numerical_gradient(model, x, eps)["d_W"] for eps in (0.02, 0.01))
    exact = get_analytical_gradient(model, x)["d_W"]
    ratio = np.linalg.norm(coarse - exact) / np.linalg.norm(fine - exact)
    assert ratio == pytest.approx(4, rel=0.01)  # central differences: of second order
