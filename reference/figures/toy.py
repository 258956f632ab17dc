"""The figures of sheet 000: loss and gradient against k, restarts, theta against k."""

from collections.abc import Iterator

import numpy as np
import torch
from matplotlib.figure import Figure

from .. import toy_bptt


def figures() -> Iterator[tuple[str, Figure]]:
    """Yield the figures of sheet 000 under the names of their files."""
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
    """Draw |theta| of a run and its restarts, which look alike on a log scale."""
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
    """Draw theta of each run, and the narrowest ±C k^(-a/b) that hold it from k = 20 on."""
    title = "Truncated BPTT: θ swings about its optimum 0,\n"
    title += "from k = 20 on between envelopes with the powers of k that theory predicts"
    figure = toy_bptt.theta_figure(runs, title)
    axes = figure.axes[0]
    for curve, run, (a, b) in zip(list(axes.lines), runs.values(), powers, strict=True):
        k = np.arange(1, len(run.theta) + 1)
        C = np.max(abs(run.theta) * k ** (a / b), where=k >= 20, initial=0)
        for sign, label in (1, f"$\\pm {C:.2f}\\,k^{{-{a}/{b}}}$"), (-1, None):
            axes.plot(k, sign * C / k ** (a / b), ":", color=curve.get_color(), label=label)
    axes.set_ylim(-0.75, 1.05)
    axes.legend()
    return figure
