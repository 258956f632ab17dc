"""Remember the first number of a random sequence (sheet 003, assignment 2).

`Learner` and `MSELoss` of memory_learner.py train networks on it. A `Model` is what has `forward`,
`backward` and `update`, as the `RNN` of numpy_rnn.py has them.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from .memory_learner import Model

BATCH_SIZE = 64
Samples = Iterator[tuple[np.ndarray, np.ndarray]]  # batches (x, y)
Seed = int | np.random.Generator | None  # None draws afresh


def generate_samples(batch_size: int, seq_length: int, rng: Seed = None) -> Samples:
    """Generate newly drawn batches (x, y) without end (slide "Data Generator").

    x [seq_length, batch_size, 1] is uniform between −1 and 1, and y = x[0], [batch_size, 1].

    Raises:
        ValueError: a size is less than 1; raised when the first batch is asked for.
    """
    raise NotImplementedError("M1: an endless Python generator of batches")


def accuracy(
    predict: Callable[[np.ndarray], np.ndarray],
    data: Samples,
    batches: int = 10,
    tolerance: float = 0.1,
) -> float:
    """Return the fraction, 0 to 1, of samples in new batches with |predict(x) − y| < tolerance.

    A constant guess of 0 is within 0.1 for 10 % of the samples.
    """
    raise NotImplementedError("M4: the accuracy on new random batches")


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
    raise NotImplementedError("M4: train and test for each length, several times")


def longest_solvable_length(
    lengths: Sequence[int], accuracies: np.ndarray, threshold: float = 0.9
) -> int:
    """Return the greatest length with a mean accuracy of at least the threshold, 0 without any.

    accuracies [len(lengths), repetitions], the lengths in any order.
    """
    raise NotImplementedError("M4: the longest sequence that the network can solve")


def plot_accuracy(lengths: Sequence[int], accuracies: np.ndarray) -> Figure:
    """Draw the mean of accuracies [len(lengths), repetitions] against the length.

    Error bars show the standard deviation over the repetitions; axis labels, legend.
    """
    raise NotImplementedError("M4: the figure with error bars")


def gradient_norms(model: Model, x: np.ndarray) -> np.ndarray:
    """Return the norms [T] of the gradients that reach the time steps of x [T, batch, in].

    Entry t is ‖∂f/∂b_s[t]‖: f is the sum of the outputs, averaged over the batch, and b_s[t] the
    bias as used at t.
    """
    raise NotImplementedError("M5: the norm of the gradient at each time step")


def plot_vanishing_gradients(model: Model, lengths: Sequence[int], rng: Seed = None) -> Figure:
    """Draw `gradient_norms`, on a log scale, against the time step t = 1 … T (sheet 003).

    One curve and one random batch for each length T; axis labels, legend.
    """
    raise NotImplementedError("M5: a figure of the vanishing gradient")
