"""Sheet 000: full and truncated backpropagation through time on h_t = h_{t-1} + theta.

The state starts at h_0 = x_0 ~ N(mu, 1) and should stay at mu, so the best theta is 0. Every
expectation is the mean over a batch of samples x_0 (n,); the sheet takes n = 1024.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure

Tensor = torch.Tensor
Rate = Callable[[int], float]  # k = 1, 2, ... to eta_k


class Run(NamedTuple):
    """The record of a training run. Entry j of each array belongs to iteration k = j + 1."""

    theta: np.ndarray  # (iterations + 1,), from the start to the result
    loss: np.ndarray  # (iterations,), loss[j] at theta[j]
    gradient: np.ndarray  # (iterations,), gradient[j] at theta[j]


def loss(theta: Tensor, x_0: Tensor, mu: float, T: int) -> Tensor:
    """The sum over t = 1 ... T of the batch mean of (h_t - mu)^2, differentiable (section 1)."""
    raise NotImplementedError("T1: the loss L(theta) over a batch of x_0")


def loss_gradient(theta: float, x_0: Tensor, mu: float, T: int) -> float:
    """The derivative of L at theta, by `backward()` through all T steps (section 1.1)."""
    raise NotImplementedError("T1: the gradient of L by backward()")


def gradient_descent(
    theta: float, x_0: Tensor, mu: float, T: int, rate: float | None = None, iterations: int = 20
) -> Run:
    """Gradient descent at a constant rate; None: one of your own, fast at T = 20 (section 1.1)."""
    # L is a parabola in theta. How strongly does it bend, and what does that say about the rate?
    raise NotImplementedError("T2: gradient descent with full BPTT")


def truncated_step(theta: Tensor, h: Tensor, mu: float) -> tuple[Tensor, Tensor]:
    """One truncated step from the state h (n,): returns (loss, next h) (section 1.2).

    The next h is h + theta, the loss the batch mean of (next h - mu)^2, a 0-dim tensor. Its
    gradient is this step's alone: nothing flows back into h, wherever h comes from.
    """
    raise NotImplementedError("T3: the truncated step")


def truncated_bptt(theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate) -> Run:
    """Truncated BPTT: one step and one update in each iteration k = 1, 2, ... (section 1.2).

    The state starts at x_0 and is carried on from iteration to iteration; `rate(k)` is eta_k.
    Use `torch.optim.SGD` and `torch.optim.lr_scheduler.LambdaLR`.
    """
    # LambdaLR counts from 0, and what it computes multiplies the optimizer's own rate.
    raise NotImplementedError("T3: the loop of truncated BPTT with SGD and LambdaLR")


def decaying_rate(power: float) -> Rate:
    """The schedule eta_k = 0.5 / k^power (section 1.2, with power 1 and 3/2)."""
    raise NotImplementedError("T4: the schedule eta_k")


def restarts(
    theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate, times: int = 2
) -> list[Run]:
    """A truncated run, then `times` restarts from the last theta, h_0 and k anew (section 1.2)."""
    raise NotImplementedError("T4: restarts")


def loss_figure(run: Run, title: str) -> Figure:
    """Loss (left) and gradient (right) against k = 1, 2, ..., full or truncated.

    Axis labels and legends.
    """
    raise NotImplementedError("T5: loss and gradient against k")


def theta_figure(runs: Mapping[str, Run], title: str, decay: float | None = None) -> Figure:
    """theta against k = 1, 2, ..., one curve per labelled run; `decay` adds k^decay as the last.

    Axis labels, and a legend with the runs' labels.
    """
    raise NotImplementedError("T5: theta against k")
