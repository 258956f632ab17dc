"""The figures of sheet 003: vanishing gradients, a learning curve, accuracy against length."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from .. import memory_task
from ..memory_learner import Learner, MSELoss
from ..numpy_rnn import RNN


def make_model(rng: np.random.Generator) -> RNN:
    """Return an untrained network with 32 units."""
    return RNN(1, 32, 1, rng)


def figures(lengths: Sequence[int], repetitions: int, steps: int) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of sheet 003 under the names of their files.

    Args:
        lengths: The lengths T of sequences for which accuracy is measured.
        repetitions: The number of networks trained for each length.
        steps: The number of steps of each training.
    """
    rng = np.random.default_rng(0)
    yield "003-vanishing-gradients", vanishing_gradients(rng)
    yield "003-learning", learning_curve(steps, rng)
    yield "003-accuracy", accuracy_against_length(lengths, repetitions, steps, rng)


def vanishing_gradients(rng: np.random.Generator) -> Figure:
    """Draw gradients at each time step, with a marker of its own for each length."""
    figure = memory_task.plot_vanishing_gradients(make_model(rng), (10, 20, 40, 80), rng)
    for line, marker in zip(figure.axes[0].lines, "os^D", strict=True):
        line.set(marker=marker, markersize=4)
    figure.axes[0].legend()
    figure.suptitle("Untrained RNN, 32 units: the gradient vanishes on its way back from t = T")
    return figure


def learning_curve(steps: int, rng: np.random.Generator) -> Figure:
    """Draw the loss of a training on sequences of 8 numbers."""
    data = memory_task.generate_samples(memory_task.BATCH_SIZE, 8, rng)
    learner = Learner(make_model(rng), MSELoss(), data)
    learner.train(steps)
    right = memory_task.accuracy(learner.predict, data)
    figure = learner.plot()
    figure.suptitle(f"Memory task, T = 8: {100 * right:.0f} % within 0.1 after {steps} steps")
    return figure


def accuracy_against_length(
    lengths: Sequence[int], repetitions: int, steps: int, rng: np.random.Generator
) -> Figure:
    """Train networks for each length, print their accuracies, and draw them."""
    rows = []
    for T in lengths:
        rows.append(memory_task.accuracy_against_length(make_model, [T], repetitions, steps, rng))
        print(f"memory task, T = {T}: accuracy", *rows[-1][0].round(3), flush=True)
    accuracies = np.concatenate(rows)  # (lengths, repetitions)
    longest = memory_task.longest_solvable_length(lengths, accuracies)
    figure = memory_task.plot_accuracy(lengths, accuracies)
    axes = figure.axes[0]
    axes.axhline(0.1, color="gray", linestyle="--", label="no memory: always 0")
    axes.set(xticks=lengths, ylabel="accuracy: part of new sequences with $|\\hat{y} - y| < 0.1$")
    axes.set(ylim=(0, 1.21), yticks=np.linspace(0, 1, 6))  # room for any mean + deviation
    axes.legend()
    title = f"Memory task, {repetitions} networks for each length, {steps} steps:\n"
    title += f"the longest T with 90 % right on average is {longest or 'none of these'}"
    figure.suptitle(title)
    return figure
