"""Draws every figure that the sheets ask for, from the solutions: python -m reference.figures

Each is a PNG file that bears its sheet's number. All seeds are fixed. The accuracies need many
trainings, one process for each core; --quick makes fewer and shorter ones.
"""

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import torch
from cycler import cycler
from matplotlib.figure import Figure
from rich.progress import track

from . import memory_task, toy_bptt
from .numpy_rnn import RNN
from .palindrome.lengths import CURVES, plot_accuracies, train_all
from .palindrome.train import plot_history

Figures = Iterator[tuple[str, Figure]]  # the file's name, the figure

# Lines differ in style and brightness, not in colour alone (colours of Okabe and Ito, 2008).
COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
STYLE = {
    "axes.prop_cycle": cycler(color=COLORS, linestyle=["-", "--", "-.", ":"]),
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.titlesize": "medium",
    "figure.titlesize": "medium",
    "savefig.dpi": 150,
}


class Effort(NamedTuple):
    """How much is trained."""

    memory_lengths: tuple[int, ...]  # T of sheet 003
    repetitions: int
    memory_steps: int
    lengths: tuple[int, ...]  # T of sheet 004
    seeds: int
    steps: int  # of one training at most


FULL = Effort((2, 4, 6, 8, 10, 12, 15, 20), 5, 3000, (5, 10, 15, 20, 25), 3, 2000)
QUICK = Effort((2, 5, 10, 15), 3, 1000, (5, 10), 2, 1000)


def titled(figure: Figure, title: str) -> Figure:
    figure.suptitle(title)
    return figure


def toy_figures() -> Figures:
    """Sheet 000: loss and gradient against k, restarts, theta against k."""
    mu, T = 1.0, 20
    x_0 = torch.randn(1024, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x_0 = (x_0 - x_0.mean()) / x_0.std(correction=0) + mu  # mean mu and variance 1 exactly
    for inverse in 5740, 10_000:
        run = toy_bptt.gradient_descent(1.0, x_0, mu, T, 1 / inverse)
        title = f"Full BPTT, T = {T}, η = 1/{inverse}: the loss falls to its minimum {T}"
        yield f"000-bptt-rate-{inverse}", toy_bptt.loss_figure(run, title)
    firsts = {}
    for power, label in (1, "$\\eta_k = 0.5/k$"), (1.5, "$\\eta_k = 0.5/k^{3/2}$"):
        runs = toy_bptt.restarts(1.0, x_0, mu, 1000, toy_bptt.decaying_rate(power))
        firsts[label] = runs[0]
        title = f"Truncated BPTT, {label}: the state swings about μ, ever more widely"
        yield f"000-truncated-power-{power}", toy_bptt.loss_figure(runs[0], title)
        sizes = [run._replace(theta=abs(run.theta)) for run in runs]
        named = dict(zip(("first run", "first restart", "second restart"), sizes, strict=True))
        title = f"Truncated BPTT, {label}:\nevery restart shrinks θ by the same factor"
        figure = toy_bptt.theta_figure(named, title)
        figure.axes[0].set(yscale="log", ylabel=r"$|\theta^{(k)}|$", ylim=(1e-5, 10))
        yield f"000-restarts-power-{power}", figure
    yield "000-theta", theta_with_envelopes(firsts, [(1, 4), (3, 8)])


def theta_with_envelopes(runs: dict[str, toy_bptt.Run], powers: list[tuple[int, int]]) -> Figure:
    """Theta of each run, and the narrowest ±C k^(-a/b) that hold it from k = 20 on."""
    title = "Truncated BPTT: θ swings about its optimum 0,\nits amplitude decays as theory says"
    figure = toy_bptt.theta_figure(runs, title)
    axes = figure.axes[0]
    for run, (a, b), color in zip(runs.values(), powers, COLORS, strict=False):
        k = np.arange(1, len(run.theta) + 1)
        C = np.max(abs(run.theta) * k ** (a / b), where=k >= 20, initial=0)
        for sign, label in (1, f"$\\pm {C:.2f}\\,k^{{-{a}/{b}}}$"), (-1, None):
            axes.plot(k, sign * C / k ** (a / b), ":", color=color, label=label)
    axes.set_ylim(-0.75, 1.05)
    axes.legend()
    return figure


def make_model(rng: np.random.Generator) -> RNN:
    return RNN(1, 32, 1, rng)


def memory_figures(effort: Effort) -> Figures:
    """Sheet 003: vanishing gradients, a learning curve, accuracy against length."""
    rng = np.random.default_rng(0)
    figure = memory_task.plot_vanishing_gradients(make_model(rng), (10, 20, 40, 80), rng)
    title = "Untrained RNN, 32 units: the gradient vanishes on its way back"
    yield "003-vanishing-gradients", titled(figure, title)

    lengths, repetitions, steps = effort.memory_lengths, effort.repetitions, effort.memory_steps
    data = memory_task.generate_samples(memory_task.BATCH_SIZE, 8, rng)
    learner = memory_task.Learner(make_model(rng), memory_task.MSELoss(), data)
    learner.train(steps)
    title = "Memory task, T = 8: a plateau without memory, then it learns"
    yield "003-learning", titled(learner.plot(), title)

    rows = [
        memory_task.accuracy_against_length(make_model, [T], repetitions, steps, rng)
        for T in track(lengths, "memory task")
    ]
    accuracies = np.concatenate(rows)  # (lengths, repetitions)
    figure = memory_task.plot_accuracy(lengths, accuracies)
    axes = figure.axes[0]
    axes.axhline(0.1, color="gray", linestyle="--", label="no memory: always 0")
    axes.set_xticks(lengths)
    axes.legend()
    title = (
        f"Memory task, {repetitions} networks for each length, {steps} steps:\n90 % right, "
        f"on average, up to T = {memory_task.longest_solvable_length(lengths, accuracies)}"
    )
    yield "003-accuracy", titled(figure, title)


def palindrome_figures(effort: Effort) -> Figures:
    """Sheet 004, questions 1.3 and 1.6: training histories, accuracy against length."""
    accuracies, histories = train_all(effort.lengths, effort.seeds, effort.steps)
    for model in "RNN", "LSTM":
        title = f"{CURVES[model]}: training on palindromes of T = {effort.lengths[0]} digits"
        yield f"004-history-{model}", titled(plot_history(histories[model]), title)
    title = (
        f"Palindromes: mean, worst and best of {effort.seeds} networks,\n"
        f"each trained until it converges, for {effort.steps} steps at most"
    )
    yield "004-accuracy", titled(plot_accuracies(effort.lengths, accuracies), title)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw every figure of the sheets.")
    parser.add_argument("--quick", action="store_true", help="fewer, shorter trainings")
    parser.add_argument("-o", "--output", type=Path, default=Path("figures"), metavar="DIR")
    args = parser.parse_args(arguments)
    effort = QUICK if args.quick else FULL
    figures = chain(toy_figures(), memory_figures(effort), palindrome_figures(effort))
    with matplotlib.rc_context(STYLE):  # they are drawn one by one, as the loop asks for them
        for name, figure in figures:
            path = args.output / f"{name}.png"
            try:
                args.output.mkdir(parents=True, exist_ok=True)
                figure.savefig(path)
            except OSError as error:
                sys.exit(f"error: can't write {path}: {error.strerror}; choose a folder with -o")
            print(path, flush=True)


if __name__ == "__main__":
    main()
