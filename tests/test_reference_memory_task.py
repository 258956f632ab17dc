"""The memory task of the reference: data, loss, learner, accuracy and vanishing gradients."""

import inspect
from itertools import islice
from typing import cast

import numpy as np
import pytest
from matplotlib.figure import Figure

from reference.memory_learner import Learner, MSELoss
from reference.memory_task import (
    BATCH_SIZE,
    Samples,
    accuracy,
    accuracy_against_length,
    generate_samples,
    gradient_norms,
    longest_solvable_length,
    plot_accuracy,
    plot_vanishing_gradients,
)
from reference.numpy_rnn import RNN
from tests.drawn import labels_of, xs, ys


class Slope:
    """ŷ = w · (last element): one weight, with a gradient at every time step to be summed."""

    def __init__(self, w: float = 0.0) -> None:
        self.w = w
        self.rates: list[float] = []

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return self.w * x[-1]

    def backward(self, d_loss: np.ndarray) -> dict[str, np.ndarray]:
        self.gradient = np.sum(d_loss * self.x[-1])
        return {"d_w": np.full((2, 1, 1), self.gradient / 2)}

    def update(self, lr: float) -> None:
        self.rates.append(lr)
        self.w -= lr * self.gradient


class Recall:
    """A model that needs no training: ŷ = factor · (first element)."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.factor * x[0]

    def backward(self, d_loss: np.ndarray) -> dict[str, np.ndarray]:
        return {"d_w": d_loss}

    def update(self, lr: float) -> None:
        pass


def labels(figure: Figure) -> tuple[str, str, list[str]]:
    """Return the axis labels and legend entries of a figure that can be saved."""
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    (axes,) = figure.axes
    return axes.get_xlabel(), axes.get_ylabel(), labels_of(axes)


def test_samples_come_from_a_generator_without_end() -> None:
    samples = generate_samples(50, 7, rng=3)
    assert inspect.isgenerator(cast(object, samples))
    batches = list(islice(samples, 40))
    for x, y in batches:
        assert x.shape == (7, 50, 1)
        assert y.shape == (50, 1)
        np.testing.assert_array_equal(y, x[0])
    everything = np.concatenate([x for x, _ in batches])
    assert np.unique(everything).size == everything.size  # no batch twice, nor any number
    assert -1 <= everything.min() < -0.999
    assert 0.999 < everything.max() <= 1
    assert everything.mean() == pytest.approx(0, abs=0.03)
    assert everything.var() == pytest.approx(1 / 3, abs=0.02)


def test_samples_repeat_with_their_seed_and_labels_are_copies() -> None:
    x, y = next(generate_samples(4, 3, rng=3))
    np.testing.assert_array_equal(x, next(generate_samples(4, 3, np.random.default_rng(3)))[0])
    assert not np.array_equal(next(generate_samples(4, 3))[0], next(generate_samples(4, 3))[0])
    first = x[0].copy()
    x[:] = 0
    np.testing.assert_array_equal(y, first)


@pytest.mark.parametrize("sizes", [(0, 5), (5, 0), (-1, 5)])
def test_sizes_below_one_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(generate_samples(*sizes))


def test_the_loss_refuses_what_would_broadcast_and_backward_without_forward() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        MSELoss().forward(np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(RuntimeError, match="forward"):
        MSELoss().backward()


def constant_data(value: float) -> Samples:
    while True:
        yield np.full((2, 5, 1), value), np.full((5, 1), value)


def test_training_descends_on_the_loss_and_records_it() -> None:
    model, seen = Slope(), []
    learner = Learner(model, MSELoss(), constant_data(1.0), lr=0.25, max_norm=float("inf"))
    learner.train(2, progress=lambda step, loss: seen.append((step, loss)))
    learner.train(1, progress=lambda step, loss: seen.append((step, loss)))
    # (1 − w)² with gradient −2 (1 − w): each step at rate 1/4 halves the error.
    assert learner.history == [1.0, 0.25, 0.0625]
    assert seen == [(1, 1.0), (2, 0.25), (3, 0.0625)]
    assert model.w == 0.875
    assert model.rates == [0.25] * 3
    np.testing.assert_array_equal(learner.predict(np.full((2, 3, 1), 2.0)), np.full((3, 1), 1.75))


def test_training_shortens_steps_to_the_norm_of_the_gradient_summed_over_time() -> None:
    model = Slope()
    Learner(model, MSELoss(), constant_data(10.0), lr=0.5, max_norm=4.0).train(1)
    assert model.w == 2.0  # the gradient is −200, and counts as −4
    model = Slope(w=1.0)
    Learner(model, MSELoss(), constant_data(10.0), lr=0.5).train(1)
    assert model.rates == [0.5]  # a gradient of zero


@pytest.mark.parametrize("seed", range(3))
def test_a_network_learns_to_remember_five_steps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    learner = Learner(RNN(1, 64, 1, rng), MSELoss(), generate_samples(BATCH_SIZE, 5, rng))
    learner.train(300)
    assert learner.history[0] > 0.2
    x, y = next(generate_samples(2000, 5, rng))
    assert MSELoss().forward(learner.predict(x), y) < 0.005
    assert accuracy(learner.predict, generate_samples(500, 5, rng)) > 0.98


def test_the_learning_curve() -> None:
    learner = Learner(Slope(), MSELoss(), constant_data(1.0), lr=0.25)
    learner.train(3)
    figure = learner.plot()
    entries = ["training batch", "no memory: always 0"]
    assert labels(figure) == ("training step", "mean squared error", entries)
    curve, baseline = figure.axes[0].lines
    np.testing.assert_array_equal(xs(curve), [1, 2, 3])
    np.testing.assert_array_equal(ys(curve), learner.history)
    assert ys(baseline)[0] == pytest.approx(1 / 3)
    assert figure.axes[0].get_yscale() == "log"


def test_accuracy_counts_predictions_within_the_tolerance() -> None:
    y = np.array([[0.0], [0.5], [1.0], [-1.0]])
    guess = y + np.array([[0.05], [0.15], [-0.05], [np.nan]])
    x = np.stack([y, guess])
    data = iter([(x, y), (x, y + 1), (x, y)])
    assert accuracy(lambda x: x[1], data, batches=1) == 0.5
    assert accuracy(lambda x: x[1], data, batches=2, tolerance=0.2) == 0.375  # 0 and 3 of 4
    assert accuracy(np.zeros_like, iter([(y, y)] * 12), tolerance=0.6) == 0.5


def test_accuracy_of_guessing_zero_is_the_tolerance() -> None:
    data = generate_samples(1000, 1, rng=0)
    assert accuracy(lambda x: 0 * x[0], data) == pytest.approx(0.1, abs=0.02)
    assert next(data)[0].shape == (1, 1000, 1)


def test_accuracy_against_length_trains_anew_each_time() -> None:
    generators: list[float] = []
    models: list[Recall] = []

    def make_model(rng: np.random.Generator) -> Recall:
        generators.append(rng.random())
        models.append(Recall(1.0 if len(models) < 2 else 0.0))
        return models[-1]

    accuracies = accuracy_against_length(make_model, [3, 9], repetitions=2, steps=1, rng=4)
    assert accuracies.shape == (2, 2)
    np.testing.assert_array_equal(accuracies[0], 1)
    np.testing.assert_allclose(accuracies[1], 0.1, atol=0.05)
    assert len(set(generators)) == 4
    again = accuracy_against_length(lambda _: Recall(0.0), [3], repetitions=2, steps=1, rng=4)
    other = accuracy_against_length(lambda _: Recall(0.0), [3], repetitions=2, steps=1, rng=4)
    np.testing.assert_array_equal(again, other)


def test_accuracy_against_length_trains_and_tests_at_the_length() -> None:
    seen = []

    class Spy(Recall):
        def forward(self, x: np.ndarray) -> np.ndarray:
            seen.append(x.shape)
            return super().forward(x)

    accuracy_against_length(lambda _: Spy(1.0), [2, 5], repetitions=1, steps=3, rng=0)
    assert seen == [(2, BATCH_SIZE, 1)] * 13 + [(5, BATCH_SIZE, 1)] * 13  # 3 to train, 10 to test


@pytest.mark.slow
def test_a_short_sequence_is_easier_than_a_long_one() -> None:
    def make_model(rng: np.random.Generator) -> RNN:
        return RNN(1, 32, 1, rng)

    short, long = accuracy_against_length(make_model, [2, 40], repetitions=2, steps=300, rng=0)
    assert short.min() > 0.9
    assert long.max() < 0.3


def test_the_longest_solvable_length() -> None:
    accuracies = np.array([[0.5, 0.6], [1.0, 0.98], [0.9, 0.9], [1.0, 0.7]])
    lengths = [20, 5, 10, 15]
    assert longest_solvable_length(lengths, accuracies) == 10
    assert longest_solvable_length(lengths, accuracies, threshold=0.84) == 15
    assert longest_solvable_length(lengths, accuracies, threshold=0.995) == 0


def test_the_accuracy_figure_has_error_bars() -> None:
    accuracies = np.array([[1.0, 0.8, 0.9], [0.2, 0.2, 0.2]])
    figure = plot_accuracy([5, 10], accuracies)
    assert labels(figure) == ("sequence length T", "accuracy", ["mean ± standard deviation"])
    ((line, _, (bars,)),) = figure.axes[0].containers
    np.testing.assert_array_equal(xs(line), [5, 10])
    np.testing.assert_allclose(ys(line), [0.9, 0.2])
    heights = [segment[:, 1] for segment in bars.get_segments()]
    deviation = np.sqrt(0.02 / 3)
    np.testing.assert_allclose(heights, [[0.9 - deviation, 0.9 + deviation], [0.2, 0.2]])


def test_the_figure_of_the_vanishing_gradient() -> None:
    model = RNN(1, 32, 1, rng=0)
    figure = plot_vanishing_gradients(model, [3, 30], rng=1)
    xlabel, ylabel, legend = labels(figure)
    assert (xlabel, legend) == ("time step t", ["T = 3", "T = 30"])
    assert ylabel.startswith("norm of the gradient")
    axes = figure.axes[0]
    assert axes.get_yscale() == "log"
    for T, line in zip([3, 30], axes.lines, strict=True):
        np.testing.assert_array_equal(xs(line), np.arange(1, T + 1))
    long = ys(axes.lines[1])
    assert long[0] < 1e-4 * long[-1]
    x, _ = next(generate_samples(BATCH_SIZE, 3, rng=1))
    np.testing.assert_allclose(ys(axes.lines[0]), gradient_norms(model, x))
