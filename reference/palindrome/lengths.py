"""Questions 1.3 and 1.6 of sheet 004: how long a palindrome can each network learn?

Beside the two networks of the sheet stands the same LSTM with another start: b_f = 1. At b_f = 0
the forget gates begin at 0.5, and what the cell holds is halved at every step.
"""

import signal
from collections.abc import Sequence
from itertools import product
from multiprocessing import get_context

import numpy as np
import torch
from matplotlib.figure import Figure
from rich.progress import track
from torch import nn

from .dataset import PalindromeDataset
from .lstm import LSTM
from .train import MODELS, History, train


class OpenLSTM(LSTM):
    """An LSTM that begins with b_f = 1 (Gers et al., 2000; Jozefowicz et al., 2015)."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        nn.init.ones_(self.b_f)


MODELS["OpenLSTM"] = OpenLSTM
CURVES = {
    "RNN": "vanilla RNN",
    "LSTM": "LSTM (starts with $b_f = 0$)",
    "OpenLSTM": "LSTM (starts with $b_f = 1$)",
}


def train_and_test(job: tuple[str, int, int, int]) -> tuple[float, History]:
    """Train one network: job is (model, palindrome length, seed, steps at most).

    :returns: the accuracy (0 to 1) on 2000 new palindromes, and the history of the training.
    """
    model, length, seed, steps = job
    torch.manual_seed(seed)
    network, history = train(model, length, train_steps=steps)
    x, y = PalindromeDataset(length).batch(2000)
    with torch.no_grad():
        accuracy = (network(x).argmax(dim=1) == y).float().mean().item()
    return accuracy, history


def prepare_worker() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends all


def train_all(
    lengths: Sequence[int], seeds: int, steps: int
) -> tuple[np.ndarray, dict[str, History]]:
    """Train each network of CURVES anew for each length and seed, in a process for each core.

    :returns: accuracies (networks, lengths, seeds), and for each network the history of its first
        seed at the first length.
    """
    jobs = list(product(CURVES, lengths, range(seeds), [steps]))
    with get_context("spawn").Pool(initializer=prepare_worker) as pool:
        done = pool.imap(train_and_test, reversed(jobs))  # short ones last: none is waited for
        results = list(track(done, "palindromes", total=len(jobs)))[::-1]
    accuracies = np.array([accuracy for accuracy, _ in results])
    first_histories = [history for _, history in results[:: len(lengths) * seeds]]
    return (
        accuracies.reshape(len(CURVES), len(lengths), seeds),
        dict(zip(CURVES, first_histories, strict=True)),
    )


def plot_accuracies(lengths: Sequence[int], accuracies: np.ndarray) -> Figure:
    """Draw accuracies (networks, lengths, seeds) against T: means, bars from worst to best."""
    axes = Figure(layout="constrained").subplots()
    shifts = -0.2, 0, 0.2  # so that equal ones stand side by side
    for label, marker, shift, values in zip(
        CURVES.values(), "os^", shifts, accuracies, strict=True
    ):
        mean = values.mean(axis=1)  # (lengths,)
        bars = np.maximum(0, [mean - values.min(axis=1), values.max(axis=1) - mean])  # rounding
        axes.errorbar(np.add(lengths, shift), mean, bars, marker=marker, capsize=4, label=label)
    axes.axhline(0.1, color="gray", linestyle="--", label="guessing")
    axes.set(
        xlabel="palindrome length T (digits)",
        ylabel="accuracy on new palindromes",
        xticks=lengths,
        ylim=(0, 1.05),
    )
    axes.legend(loc="lower left")
    return axes.figure
