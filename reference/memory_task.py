"""Remember the first number of a random sequence (sheet 003, assignment 2).

`Learner` and `MSELoss` of memory_learner.py train networks on it. A `Model` is what has `forward`,
`backward` and `update`, as the `RNN` of numpy_rnn.py has them.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from matplotlib.figure import Figure

from .memory_learner import Learner, Model, MSELoss

BATCH_SIZE = 64
Samples = Iterator[tuple[np.ndarray, np.ndarray]]  # batches (x, y)
Seed = int | np.random.Generator | None  # None draws afresh


def generate_samples(batch_size: int, seq_length: int, rng: Seed = None) -> Samples:
    """Generate newly drawn batches (x, y) without end (slide "Data Generator").

    x [seq_length, batch_size, 1] is uniform between −1 and 1, and y = x[0], [batch_size, 1].

    Raises:
        ValueError: a size is less than 1; raised when the first batch is asked for.
    """
    ### BEGIN SOLUTION M1: an endless Python generator of batches
    if batch_size < 1 or seq_length < 1:
        raise ValueError(f"sizes must be at least 1, got {batch_size=}, {seq_length=}")
    rng = np.random.default_rng(rng)
    while True:
        x = rng.uniform(-1, 1, (seq_length, batch_size, 1))  # (T, B, 1)
        yield x, x[0].copy()
    ### END SOLUTION


def accuracy(
    predict: Callable[[np.ndarray], np.ndarray],
    data: Samples,
    batches: int = 10,
    tolerance: float = 0.1,
) -> float:
    """Return the fraction, 0 to 1, of samples in new batches with |predict(x) − y| < tolerance.

    A constant guess of 0 is within 0.1 for 10 % of the samples.
    """
    ### BEGIN SOLUTION M4: the accuracy on new random batches
    return float(np.mean([abs(predict(x) - y) < tolerance for x, y in islice(data, batches)]))
    ### END SOLUTION


def accuracy_against_length(
    make_model: Callable[[np.random.Generator], Model],
    lengths: Sequence[int],
    repetitions: int = 5,
    steps: int = 1000,
    rng: Seed = None,
) -> np.ndarray:
    """Return accuracies [len(lengths), repetitions], each of a new model trained on that length.

    make_model(rng) returns a model with newly drawn weights. A `Learner` with default lr and
    max_norm trains it for `steps` steps on batches of BATCH_SIZE; `accuracy` tests it on new ones.
    """
    # Hint: from .memory_learner import Learner, MSELoss
    ### BEGIN SOLUTION M4: train and test for each length, several times
    rng = np.random.default_rng(rng)
    accuracies = np.empty((len(lengths), repetitions))
    for i, r in np.ndindex(accuracies.shape):
        data = generate_samples(BATCH_SIZE, lengths[i], rng)
        learner = Learner(make_model(rng), MSELoss(), data)
        learner.train(steps)
        accuracies[i, r] = accuracy(learner.predict, data)
    return accuracies
    ### END SOLUTION


def longest_solvable_length(
    lengths: Sequence[int], accuracies: np.ndarray, threshold: float = 0.9
) -> int:
    """Return the greatest length with a mean accuracy of at least the threshold, 0 without any.

    accuracies [len(lengths), repetitions], the lengths in any order.
    """
    ### BEGIN SOLUTION M4: the longest sequence that the network can solve
    solved = accuracies.mean(axis=1) >= threshold  # (len(lengths),)
    return int(np.max(lengths, where=solved, initial=0))
    ### END SOLUTION


def plot_accuracy(lengths: Sequence[int], accuracies: np.ndarray) -> Figure:
    """Draw the mean of accuracies [len(lengths), repetitions] against the length.

    Error bars show the standard deviation over the repetitions; axis labels, legend.
    """
    ### BEGIN SOLUTION M4: the figure with error bars
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    mean, deviation = accuracies.mean(axis=1), accuracies.std(axis=1)
    axes.errorbar(lengths, mean, deviation, fmt="o-", capsize=4, label="mean ± standard deviation")
    axes.set(xlabel="sequence length T", ylabel="accuracy", ylim=(0, 1.05))
    axes.legend()
    return figure
    ### END SOLUTION


def gradient_norms(model: Model, x: np.ndarray) -> np.ndarray:
    """Return the norms [T] of the gradients that reach the time steps of x [T, batch, in].

    Entry t is ‖∂f/∂b_s[t]‖: f is the sum of the outputs, averaged over the batch, and b_s[t] the
    bias as used at t.
    """
    ### BEGIN SOLUTION M5: the norm of the gradient at each time step
    y_hat = model.forward(x)
    d_bs = model.backward(np.full(y_hat.shape, 1 / len(y_hat)))["d_bs"]  # (T, n, 1)
    return np.linalg.norm(d_bs, axis=(1, 2))
    ### END SOLUTION


def plot_vanishing_gradients(model: Model, lengths: Sequence[int], rng: Seed = None) -> Figure:
    """Draw `gradient_norms`, on a log scale, against the time step t = 1 … T (sheet 003).

    One curve and one random batch for each length T; axis labels, legend.
    """
    ### BEGIN SOLUTION M5: a figure of the vanishing gradient
    rng = np.random.default_rng(rng)
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    for T in lengths:
        x, _ = next(generate_samples(BATCH_SIZE, T, rng))
        axes.plot(range(1, T + 1), gradient_norms(model, x), ".-", label=f"T = {T}")
    axes.set(xlabel="time step t", ylabel="norm of the gradient at step t", yscale="log")
    axes.legend()
    return figure
    ### END SOLUTION
