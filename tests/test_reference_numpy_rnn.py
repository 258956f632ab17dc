"""The NumPy network of the reference against autograd, which shares no code with it."""

import numpy as np
import pytest
import torch

from reference.numpy_rnn import RNN, get_analytical_gradient, get_numerical_gradient

SHAPES = {"W": (3, 5), "R": (5, 5), "bs": (5, 1), "V": (5, 2), "by": (2, 1)}
T, BATCH = 6, 4


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def model(rng):
    """Weights well beyond the initial ones and biases unlike zero, so that every term counts."""
    model = RNN(3, 5, 2, rng)
    model.set_weights({name: rng.normal(0, 0.6, shape) for name, shape in SHAPES.items()})
    return model


@pytest.fixture
def x(rng):
    return rng.normal(size=(T, BATCH, 3))


def oracle(model, x, d_loss):
    """ŷ and the gradients of sum(d_loss · ŷ) by autograd, each step with its own weights."""
    w = {name: torch.tensor(weight) for name, weight in model.get_weights().items()}
    steps = {name: w[name].repeat(len(x), 1, 1).requires_grad_() for name in ("W", "R", "bs")}
    ends = {name: w[name].requires_grad_() for name in ("V", "by")}
    a = torch.zeros(x.shape[1], model.hidden_size, dtype=torch.float64)
    for W, R, bs, x_t in zip(*steps.values(), torch.tensor(x), strict=True):
        a = torch.tanh(x_t @ W + a @ R + bs.T)
    y_hat = a @ ends["V"] + ends["by"].T
    (torch.tensor(d_loss) * y_hat).sum().backward()
    gradients = {"d_" + name: leaf.grad.numpy() for name, leaf in {**steps, **ends}.items()}
    return y_hat.detach().numpy(), gradients


def assert_close(actual, expected, atol=1e-13):
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert actual[name].shape == value.shape, name
        np.testing.assert_allclose(actual[name], value, rtol=0, atol=atol, err_msg=name)


def test_initial_weights_are_the_sheets():
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


def test_a_seed_repeats_the_weights_and_a_generator_goes_on():
    assert np.array_equal(RNN(2, 3, 1, rng=5).W, RNN(2, 3, 1, np.random.default_rng(5)).W)
    generator = np.random.default_rng(5)
    assert not np.array_equal(RNN(2, 3, 1, generator).W, RNN(2, 3, 1, generator).W)
    assert not np.array_equal(RNN(2, 3, 1).W, RNN(2, 3, 1).W)


def test_weights_are_copied_in_and_out(model):
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
def test_bad_weights_are_refused_and_change_nothing(model, change):
    before = model.get_weights()
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({name: np.zeros(shape) for name, shape in SHAPES.items()} | change)
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({"d_" + name: np.zeros(shape) for name, shape in SHAPES.items()})
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.set_weights({"W": np.zeros(SHAPES["W"])})
    assert_close(model.get_weights(), before, atol=0)


def test_forward_and_summed_gradients_are_those_of_nn_rnn(model, x, rng):
    cell = torch.nn.RNN(3, 5, dtype=torch.float64)
    head = torch.nn.Linear(5, 2, dtype=torch.float64)
    with torch.no_grad():
        pairs = [(cell.weight_ih_l0, "W"), (cell.weight_hh_l0, "R"), (head.weight, "V")]
        pairs += [(cell.bias_ih_l0, "bs"), (head.bias, "by")]
        for parameter, name in pairs:
            parameter.copy_(torch.tensor(getattr(model, name).T.reshape(parameter.shape)))
        cell.bias_hh_l0.zero_()
    y_hat = head(cell(torch.tensor(x))[0][-1])
    d_loss = rng.normal(size=(BATCH, 2))
    (y_hat * torch.tensor(d_loss)).sum().backward()
    np.testing.assert_allclose(model.forward(x), y_hat.detach().numpy(), rtol=0, atol=1e-13)
    gradients = model.backward(d_loss)
    for parameter, name in pairs:
        gradient = gradients["d_" + name]
        gradient = gradient.sum(axis=0) if gradient.ndim == 3 else gradient
        expected = parameter.grad.numpy().T.reshape(SHAPES[name])
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(("steps", "batch"), [(T, BATCH), (1, BATCH), (T, 1), (1, 1)])
def test_gradients_of_every_time_step(model, rng, steps, batch):
    x, d_loss = rng.normal(size=(steps, batch, 3)), rng.normal(size=(batch, 2))
    y_hat, gradients = oracle(model, x, d_loss)
    np.testing.assert_allclose(model.forward(x), y_hat, rtol=0, atol=1e-13)
    assert_close(model.backward(d_loss), gradients)


def test_a_single_sequence_is_a_batch_of_one(model, x):
    y_hat = model.forward(x[:, 0])
    assert y_hat.shape == (1, 2)
    gradients = model.backward(np.array([0.3, -2.0]))
    assert_close(gradients, oracle(model, x[:, :1], np.array([[0.3, -2.0]]))[1])
    np.testing.assert_array_equal(y_hat, model.forward(x[:, :1]))
    assert_close(model.backward(np.array([[0.3, -2.0]])), gradients, atol=0)


def test_backward_sees_the_input_as_it_was(model, x):
    expected = oracle(model, x, np.ones((BATCH, 2)))[1]
    model.forward(x)
    x[:] = 0
    assert_close(model.backward(np.ones((BATCH, 2))), expected)


@pytest.mark.parametrize("shape", [(3,), (T, BATCH, 2), (T, BATCH, 1, 3), (0, BATCH, 3), (T, 0, 3)])
def test_a_bad_input_is_refused(model, shape):
    with pytest.raises(ValueError, match=r"x must be \[T, \(batch,\) 3\]"):
        model.forward(np.zeros(shape))


@pytest.mark.parametrize("shape", [(2,), (BATCH,), (2, BATCH), (BATCH, 1), (1, BATCH, 2)])
def test_a_bad_loss_gradient_is_refused(model, x, shape):
    model.forward(x)
    with pytest.raises(ValueError, match=r"d_loss must be \[4, 2\]"):
        model.backward(np.zeros(shape))


def test_update_descends_by_the_gradients_summed_over_time(model, x):
    before = model.get_weights()
    gradients = oracle(model, x, np.ones((BATCH, 2)))[1]
    model.forward(x)
    model.backward(np.ones((BATCH, 2)))
    model.update(0.25)
    for name, weight in before.items():
        gradient = gradients["d_" + name].reshape(-1, *weight.shape).sum(axis=0)
        np.testing.assert_allclose(getattr(model, name), weight - 0.25 * gradient, atol=1e-13)


def test_every_step_needs_the_one_before(model, x):
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


@pytest.mark.parametrize(
    ("check", "atol"), [(get_analytical_gradient, 1e-13), (get_numerical_gradient, 1e-8)]
)
@pytest.mark.parametrize("single", [False, True], ids=["batch", "single"])
def test_both_gradient_checks_average_over_the_batch(model, x, check, atol, single):
    batch = 1 if single else BATCH
    expected = oracle(model, x[:, :batch], np.full((batch, 2), 1 / batch))[1]
    weights = model.get_weights()
    for name, weight in weights.items():
        gradient = expected["d_" + name]
        expected["d_" + name] = gradient.reshape(-1, *weight.shape).sum(axis=0)
    assert_close(check(model, x[:, 0] if single else x), expected, atol)
    assert_close(model.get_weights(), weights, atol=0)


def test_eps_is_the_step_of_the_numerical_gradient(model, x):
    coarse, fine = (get_numerical_gradient(model, x, eps)["d_W"] for eps in (0.02, 0.01))
    exact = get_analytical_gradient(model, x)["d_W"]
    ratio = np.linalg.norm(coarse - exact) / np.linalg.norm(fine - exact)
    assert ratio == pytest.approx(4, rel=0.01)  # central differences: of second order
