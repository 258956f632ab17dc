"""The figures of the sheets, drawn from the solutions; figures.py writes them to files."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from cycler import cycler
from matplotlib.figure import Figure

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
QUICK = Effort((2, 5, 8, 10, 15), 3, 1000, (5, 10, 20), 2, 750)


def every_figure(effort: Effort) -> Figures:
    """Draw them one by one, each when it is asked for; the names are the same for any effort."""
    return chain(toy_figures(), memory_figures(effort), palindrome_figures(effort))


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
        near = np.argmax(run.loss < 1.01 * T) + 1
        title = f"Full BPTT, T = {T}, η = 1/{inverse}: "
        title += f"the loss is within 1 % of its minimum {T} from k = {near} on"
        yield f"000-bptt-rate-{inverse}", toy_bptt.loss_figure(run, title)
    firsts = {}
    for power, label in (1, "$\\eta_k = 0.5/k$"), (1.5, "$\\eta_k = 0.5/k^{3/2}$"):
        runs = toy_bptt.restarts(1.0, x_0, mu, 1000, toy_bptt.decaying_rate(power))
        firsts[label] = runs[0]
        title = f"Truncated BPTT, {label}: loss and gradient swing ever more widely"
        yield f"000-truncated-power-{power}", toy_bptt.loss_figure(runs[0], title)
        yield f"000-restarts-power-{power}", restarts_figure(runs, label)
    yield "000-theta", theta_with_envelopes(firsts, [(1, 4), (3, 8)])


def restarts_figure(runs: list[toy_bptt.Run], label: str) -> Figure:
    """The size of theta in a run and its restarts, which all look alike on a log scale."""
    title = f"Truncated BPTT, {label}, and restarts:\n"
    title += f"each run multiplies θ by the same factor, {runs[0].theta[-1]:.4f}"
    sizes = {
        f"{name}, ends at {run.theta[-1]:.6f}": run._replace(theta=abs(run.theta))
        for name, run in zip(("first run", "restart", "second restart"), runs, strict=True)
    }
    figure = toy_bptt.theta_figure(sizes, title)
    figure.axes[0].set(yscale="log", ylabel=r"$|\theta^{(k)}|$", ylim=(1e-5, 20))
    for line in figure.axes[0].lines:
        line.set_linewidth(1.2)
    figure.axes[0].legend(loc="upper right")
    return figure


def theta_with_envelopes(runs: dict[str, toy_bptt.Run], powers: list[tuple[int, int]]) -> Figure:
    """Theta of each run, and the narrowest ±C k^(-a/b) that hold it from k = 20 on."""
    title = "Truncated BPTT: θ swings about its optimum 0,\n"
    title += "from k = 20 on between envelopes with the powers of k that theory predicts"
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
    for line, marker in zip(figure.axes[0].lines, "os^D", strict=True):
        line.set(marker=marker, markersize=4)
    figure.axes[0].legend()
    title = "Untrained RNN, 32 units: the gradient vanishes on its way back from t = T"
    yield "003-vanishing-gradients", titled(figure, title)

    lengths, repetitions, steps = effort.memory_lengths, effort.repetitions, effort.memory_steps
    data = memory_task.generate_samples(memory_task.BATCH_SIZE, 8, rng)
    learner = memory_task.Learner(make_model(rng), memory_task.MSELoss(), data)
    learner.train(steps)
    right = memory_task.accuracy(learner.predict, data)
    title = f"Memory task, T = 8: {100 * right:.0f} % within 0.1 after {steps} steps"
    yield "003-learning", titled(learner.plot(), title)

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
    yield "003-accuracy", titled(figure, title)


def palindrome_figures(effort: Effort) -> Figures:
    """Sheet 004, questions 1.3 and 1.6: training histories, accuracy against length."""
    accuracies, histories = train_all(effort.lengths, effort.seeds, effort.steps)
    for model in "RNN", "LSTM":
        taken = len(histories[model]["loss"])
        title = f"{CURVES[model]}: {taken} training steps on palindromes of "
        title += f"T = {effort.lengths[0]} digits"
        yield f"004-history-{model}", titled(plot_history(histories[model]), title)
    title = (
        f"Palindromes: mean, worst and best of {effort.seeds} networks,\n"
        f"each trained until it converges, for {effort.steps} steps at most"
    )
    yield "004-accuracy", titled(plot_accuracies(effort.lengths, accuracies), title)
