"""Sheet 000: full and truncated backpropagation through time on a model with one parameter.

    h_t = h_{t-1} + theta,   h_0 = x_0 ~ N(mu, 1),   L(theta) = sum_t E (h_t - mu)^2, t = 1 ... T

The best theta is 0. Every expectation E is the mean over a batch of samples x_0 (n,), n = 1024.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure

Tensor = torch.Tensor
Rate = Callable[[int], float]  # rate(k) is eta_k, for k = 1, 2, ...


class Run(NamedTuple):
    """Record a training run; entry j of each array belongs to iteration k = j + 1."""

    theta: np.ndarray  # (iterations + 1,), from the start to the result
    loss: np.ndarray  # (iterations,), loss[j] at theta[j]
    gradient: np.ndarray  # (iterations,), gradient[j] at theta[j]


def sample_x0(mu: float, n: int = 1024) -> Tensor:
    """Draw n samples of x_0 ~ N(mu, 1) as a float64 tensor (n,), others in each call."""
    ### BEGIN SOLUTION T1: samples of x_0
    return mu + torch.randn(n, dtype=torch.float64)
    ### END SOLUTION


def loss(theta: Tensor, x_0: Tensor, mu: float, T: int) -> Tensor:
    """Return L(theta) as a differentiable 0-dim tensor, with batch means for E (section 1)."""
    ### BEGIN SOLUTION T1: the loss L(theta) over a batch of x_0
    h, total = x_0, torch.zeros((), dtype=x_0.dtype)  # (n,), ()
    for _ in range(T):
        h = h + theta
        total = total + (h - mu).square().mean()
    return total
    ### END SOLUTION


def loss_gradient(theta: float, x_0: Tensor, mu: float, T: int) -> float:
    """Return dL/dtheta by `backward()` through all T steps (section 1.1)."""
    ### BEGIN SOLUTION T1: the gradient of L by backward()
    leaf = torch.tensor(theta, dtype=x_0.dtype, requires_grad=True)
    loss(leaf, x_0, mu, T).backward()
    return leaf.grad.item()
    ### END SOLUTION


def gradient_descent(
    theta: float, x_0: Tensor, mu: float, T: int, rate: float | None = None, iterations: int = 20
) -> Run:
    """Iterate theta <- theta - rate dL/dtheta (1.1); if rate is None, choose one for T = 20."""
    # 10 iterations should cover 99 % of the way to the minimum. Hint: L is a parabola in theta.
    ### BEGIN SOLUTION T2: gradient descent with full BPTT
    rate = 3 / (T * (T + 1) * (2 * T + 1)) if rate is None else rate  # one over L''
    thetas, losses, gradients = [theta], [], []
    for _ in range(iterations):
        losses.append(loss(torch.tensor(thetas[-1], dtype=x_0.dtype), x_0, mu, T).item())
        gradients.append(loss_gradient(thetas[-1], x_0, mu, T))
        thetas.append(thetas[-1] - rate * gradients[-1])
    return Run(np.array(thetas), np.array(losses), np.array(gradients))
    ### END SOLUTION


def truncated_step(theta: Tensor, h: Tensor, mu: float) -> tuple[Tensor, Tensor]:
    """Return the loss E (h' - mu)^2 and h' = h + theta (n,), with h as a constant (section 1.2)."""
    ### BEGIN SOLUTION T3: the truncated step
    h = h.detach() + theta  # (n,)
    return (h - mu).square().mean(), h
    ### END SOLUTION


def truncated_bptt(theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate) -> Run:
    """Take one truncated step and one update in each iteration k = 1, 2, ... (section 1.2).

    The state starts at x_0 and is carried on; theta <- theta - eta_k dloss/dtheta with
    eta_k = rate(k). Use `torch.optim.SGD` and `torch.optim.lr_scheduler.LambdaLR`.
    """
    # Hint: LambdaLR counts from 0, and its value multiplies the optimizer's own rate.
    ### BEGIN SOLUTION T3: the loop of truncated BPTT with SGD and LambdaLR
    leaf = torch.tensor(theta, dtype=x_0.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([leaf], lr=1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: rate(n + 1))
    h, thetas, losses, gradients = x_0, [theta], [], []
    for _ in range(iterations):
        optimizer.zero_grad()
        value, h = truncated_step(leaf, h, mu)
        value.backward()
        optimizer.step()
        scheduler.step()
        thetas.append(leaf.item())
        losses.append(value.item())
        gradients.append(leaf.grad.item())
    return Run(np.array(thetas), np.array(losses), np.array(gradients))
    ### END SOLUTION


def decaying_rate(power: float) -> Rate:
    """Return the schedule k -> eta_k = 0.5 / k^power (section 1.2: powers 1 and 3/2)."""
    ### BEGIN SOLUTION T4: the schedule eta_k
    return lambda k: 0.5 / k**power
    ### END SOLUTION


def restarts(
    theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate, times: int = 2
) -> list[Run]:
    """Return 1 + times truncated runs, each from the last theta of the one before; h and k anew."""
    ### BEGIN SOLUTION T4: restarts
    runs = [truncated_bptt(theta, x_0, mu, iterations, rate)]
    for _ in range(times):
        runs.append(truncated_bptt(runs[-1].theta[-1], x_0, mu, iterations, rate))
    return runs
    ### END SOLUTION


def loss_figure(run: Run, title: str) -> Figure:
    """Draw loss (left) and gradient (right) against k = 1, 2, ..., with labels and legends."""
    ### BEGIN SOLUTION T5: loss and gradient against k
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    figure.suptitle(title)
    labels = r"loss $L$", r"gradient $\nabla_\theta L$"
    for axes, values, label in zip(figure.subplots(1, 2), run[1:], labels, strict=True):
        axes.plot(range(1, len(values) + 1), values, marker=".", label=label)
        axes.set(xlabel="iteration $k$", ylabel=label)
        axes.locator_params(axis="x", integer=True)
        axes.legend()
    return figure
    ### END SOLUTION


def theta_figure(runs: Mapping[str, Run], title: str, decay: float | None = None) -> Figure:
    """Draw theta at k = 1, 2, ..., its length, for each run, and k^decay; axis labels, legend."""
    ### BEGIN SOLUTION T5: theta against k
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    for label, run in runs.items():
        axes.plot(range(1, len(run.theta) + 1), run.theta, label=label)
    if decay is not None:
        k = np.arange(1, max(len(run.theta) for run in runs.values()) + 1)
        axes.plot(k, k**decay, "k--", label=f"$k^{{{decay}}}$")
    axes.set(xlabel="iteration $k$", ylabel=r"$\theta^{(k)}$", title=title)
    axes.legend()
    return figure
    ### END SOLUTION
