"""Remember the first number of a random sequence (sheet 003, assignment 2).

A model is whatever has `forward`, `backward` and `update` as `RNN` in numpy_rnn.py has them. The
best guess without memory is 0, with a mean squared error of 1/3.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from matplotlib.figure import Figure

BATCH_SIZE = 64
Samples = Iterator[tuple[np.ndarray, np.ndarray]]


def generate_samples(batch_size: int, seq_length: int, rng=None) -> Samples:
    """Generate batches (x, y) without end, each newly drawn (slide "Data Generator").

    x [seq_length, batch_size, 1] is uniform between −1 and 1; y [batch_size, 1] is the first
    element of every sequence. rng: a seed or a `np.random.Generator`; None draws afresh.
    ValueError, when the first batch is asked for, if a size is less than 1.
    """
    ### BEGIN SOLUTION M1: an endless Python generator of batches
    if batch_size < 1 or seq_length < 1:
        raise ValueError(f"sizes must be at least 1, got {batch_size=}, {seq_length=}")
    rng = np.random.default_rng(rng)
    while True:
        x = rng.uniform(-1, 1, (seq_length, batch_size, 1))  # (T, B, 1)
        yield x, x[0].copy()
    ### END SOLUTION


class MSELoss:
    """L = 1/N Σ (y − ŷ)², the mean over all N elements of ŷ (slide "MSE Loss")."""

    def __init__(self):
        self.error = None  # what forward leaves for backward

    def forward(self, y_hat: np.ndarray, y: np.ndarray) -> float:
        """Return L. ValueError unless ŷ and y have the same shape."""
        ### BEGIN SOLUTION M2: the mean squared error
        if y_hat.shape != y.shape:
            raise ValueError(f"prediction {y_hat.shape} and target {y.shape} differ in shape")
        self.error = y_hat - y  # (B, out)
        return float(np.mean(self.error**2))
        ### END SOLUTION

    def backward(self) -> np.ndarray:
        """Return ∂L/∂ŷ at the last `forward`, in the shape of ŷ. RuntimeError before any."""
        ### BEGIN SOLUTION M2: the gradient of the mean squared error
        if self.error is None:
            raise RuntimeError("call forward() before backward()")
        return 2 * self.error / self.error.size
        ### END SOLUTION


class Learner:
    """Trains a model, tracks its loss, predicts and plots (slide "Learner Class").

    `data` yields (x, y) as `generate_samples` does; `history` has the loss of each training step.
    """

    def __init__(self, model, loss, data: Samples, lr: float = 0.05, max_norm: float = 1.0):
        self.model, self.loss, self.data = model, loss, data
        self.lr, self.max_norm = lr, max_norm
        self.history: list[float] = []

    def train(self, steps: int, progress: Callable[[int, float], None] | None = None) -> None:
        """Take `steps` steps of gradient descent at rate lr, each on the next batch of the data.

        If the norm of all gradients together, summed over time, exceeds max_norm, they are scaled
        down to it, for on long sequences gradients explode, too. A second call goes on where the
        first ended. progress(k, loss) is called after the k-th step in all, k = 1, 2, …
        """
        ### BEGIN SOLUTION M3: the training loop
        for x, y in islice(self.data, steps):
            self.history.append(self.loss.forward(self.model.forward(x), y))
            gradients = self.model.backward(self.loss.backward())
            summed = [g.sum(axis=0) if g.ndim == 3 else g for g in gradients.values()]
            norm = np.sqrt(sum(np.sum(g**2) for g in summed))
            # To scale the rate is to scale all gradients.
            scale = self.max_norm / norm if norm > self.max_norm else 1.0
            self.model.update(self.lr * scale)
            if progress:
                progress(len(self.history), self.history[-1])
        ### END SOLUTION

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return ŷ [batch, 1] for x [T, batch, 1]."""
        ### BEGIN SOLUTION M3: the prediction
        return self.model.forward(x)
        ### END SOLUTION

    def plot(self) -> Figure:
        """Draw the history: the loss, on a log scale, against the step; axis labels, legend."""
        ### BEGIN SOLUTION M3: the learning curve
        axes = Figure(layout="constrained").subplots()
        axes.plot(range(1, len(self.history) + 1), self.history, label="training batch")
        axes.axhline(1 / 3, color="gray", linestyle="--", label="no memory: always 0")
        axes.set(xlabel="training step", ylabel="mean squared error", yscale="log")
        axes.legend()
        return axes.figure
        ### END SOLUTION


def accuracy(predict: Callable, data: Samples, batches: int = 10, tolerance: float = 0.1) -> float:
    """Return the fraction, 0 to 1, of samples for which |ŷ − y| < tolerance, over some new batches.

    ŷ = predict(x) for (x, y) from data. Within 0.1, always guessing 0 would be right for 10 %.
    """
    ### BEGIN SOLUTION M4: the accuracy on new random batches
    return float(np.mean([abs(predict(x) - y) < tolerance for x, y in islice(data, batches)]))
    ### END SOLUTION


def accuracy_against_length(
    make_model: Callable, lengths: Sequence[int], repetitions: int = 5, steps: int = 1000, rng=None
) -> np.ndarray:
    """Return accuracies [len(lengths), repetitions], each of a new model trained on that length.

    make_model(rng) returns a model with weights drawn from the `np.random.Generator` it is given; a
    `Learner` with its defaults trains it on batches of BATCH_SIZE. Samples for testing are new.
    """
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


def longest_solvable_length(lengths, accuracies: np.ndarray, threshold: float = 0.9) -> int:
    """Return the greatest length whose mean accuracy is at least the threshold, 0 if there is none.

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
    axes = Figure(layout="constrained").subplots()
    mean, deviation = accuracies.mean(axis=1), accuracies.std(axis=1)
    axes.errorbar(lengths, mean, deviation, fmt="o-", capsize=4, label="mean ± standard deviation")
    axes.set(xlabel="sequence length T", ylabel="accuracy", ylim=(0, 1.05))
    axes.legend()
    return axes.figure
    ### END SOLUTION


def gradient_norms(model, x: np.ndarray) -> np.ndarray:
    """Return the norms [T] of the gradients that reach the time steps of x [T, batch, in].

    Entry t is ‖∂f/∂b_s[t]‖, with f the sum of the outputs averaged over the batch and b_s[t] the
    bias as used at t: the first bias gradient that sheet 003 asks for.
    """
    ### BEGIN SOLUTION M5: the norm of the gradient at each time step
    y_hat = model.forward(x)
    d_bs = model.backward(np.full(y_hat.shape, 1 / len(y_hat)))["d_bs"]  # (T, n, 1)
    return np.linalg.norm(d_bs, axis=(1, 2))
    ### END SOLUTION


def plot_vanishing_gradients(model, lengths: Sequence[int], rng=None) -> Figure:
    """Draw `gradient_norms`, on a log scale, against the time step t = 1 … T (sheet 003).

    One curve and one random batch for each length T; axis labels, legend.
    """
    ### BEGIN SOLUTION M5: a figure of the vanishing gradient
    rng = np.random.default_rng(rng)
    axes = Figure(layout="constrained").subplots()
    for T in lengths:
        x, _ = next(generate_samples(BATCH_SIZE, T, rng))
        axes.plot(range(1, T + 1), gradient_norms(model, x), ".-", label=f"T = {T}")
    axes.set(xlabel="time step t", ylabel="norm of the gradient at step t", yscale="log")
    axes.legend()
    return axes.figure
    ### END SOLUTION
