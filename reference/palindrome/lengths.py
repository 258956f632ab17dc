"""Questions 1.3 and 1.6 of sheet 004: how long a palindrome can each network learn?

Beside the two networks of the sheet stands the same LSTM with another start: b_f = 1. At b_f = 0
the forget gates begin at 0.5, and what the cell holds is halved at every step.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice, product
from multiprocessing import cpu_count, get_context, resource_tracker
from multiprocessing.connection import Connection, wait

import numpy as np
import torch
from matplotlib.figure import Figure
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
Job = tuple[str, int, int, int]  # model, palindrome length, seed, steps at most
CURVES = {
    "RNN": "Vanilla RNN",
    "LSTM": "LSTM (starts with $b_f$ = 0)",
    "OpenLSTM": "LSTM (starts with $b_f$ = 1)",
}


def train_and_test(job: Job) -> tuple[float, History]:
    """Train one network.

    :returns: the accuracy (0 to 1) on 2000 new palindromes, and the history of the training.
    """
    model, length, seed, steps = job
    torch.manual_seed(seed)
    network, history = train(model, length, train_steps=steps)
    x, y = PalindromeDataset(length).batch(2000)
    with torch.no_grad():
        accuracy = (network(x).argmax(dim=1) == y).float().mean().item()
    return accuracy, history


def work(channel: Connection) -> None:
    """What a worker does: it trains one network after the other, until there are no more jobs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends all
    torch.set_num_threads(1)
    with suppress(EOFError, ConnectionError):  # the parent has closed the channel, or has ended
        while True:
            channel.send(train_and_test(channel.recv()))


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits; processes that start meanwhile never get it, not while they import, either."""
    held: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    masks = hasattr(signal, "pthread_sigmask")  # not on Windows
    if masks:
        resource_tracker.ensure_running()  # with the first process it would start, and unmask
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
        for number in held:
            signal.raise_signal(number)


def train_in_parallel(jobs: Sequence[Job]) -> Iterator[tuple[Job, tuple[float, History]]]:
    """Yield each job with what train_and_test returns as soon as it is done, on all cores."""
    context, waiting = get_context("spawn"), iter(jobs)
    busy: dict[Connection, Job] = {}
    with interrupts_held():
        for job in islice(waiting, cpu_count()):
            channel, end = context.Pipe()
            context.Process(target=work, args=(end,), daemon=True).start()
            end.close()
            channel.send(job)
            busy[channel] = job
    while busy:
        for channel in wait(busy):
            yield busy.pop(channel), channel.recv()
            if (job := next(waiting, None)) is None:
                channel.close()
            else:
                channel.send(job)
                busy[channel] = job


def train_all(
    lengths: Sequence[int], seeds: int, steps: int
) -> tuple[np.ndarray, dict[str, History]]:
    """Train each network of CURVES anew for each length and seed, in a process for each core.

    :returns: accuracies (networks, lengths, seeds), and for each network the history of its first
        seed at the first length.
    """
    jobs = list(product(CURVES, lengths, range(seeds), [steps]))
    print(f"palindromes: training {len(jobs)} networks, the longest first", flush=True)
    results = {}
    for job, result in train_in_parallel(sorted(jobs, key=lambda job: -job[1])):
        results[job] = accuracy, history = result
        name = CURVES[job[0]].replace("$", "")
        print(
            f"{len(results)}/{len(jobs)} {name}, T = {job[1]}: "
            f"accuracy {accuracy:.3f} after {len(history['loss'])} steps",
            flush=True,
        )
    accuracies = np.array([results[job][0] for job in jobs])
    return (
        accuracies.reshape(len(CURVES), len(lengths), seeds),
        {model: results[model, lengths[0], 0, steps][1] for model in CURVES},
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
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)  # below the axes
    return axes.figure
