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
    raise NotImplementedError("T1: samples of x_0")


def loss(theta: Tensor, x_0: Tensor, mu: float, T: int) -> Tensor:
    """Return L(theta) as a differentiable 0-dim tensor, with batch means for E (section 1)."""
    raise NotImplementedError("T1: the loss L(theta) over a batch of x_0")


def loss_gradient(theta: float, x_0: Tensor, mu: float, T: int) -> float:
    """Return dL/dtheta by `backward()` through all T steps (section 1.1)."""
    raise NotImplementedError("T1: the gradient of L by backward()")


def gradient_descent(
    theta: float, x_0: Tensor, mu: float, T: int, rate: float | None = None, iterations: int = 20
) -> Run:
    """Iterate theta <- theta - rate dL/dtheta (1.1); if rate is None, choose one for T = 20."""
    # 10 iterations should cover 99 % of the way to the minimum. Hint: L is a parabola in theta.
    raise NotImplementedError("T2: gradient descent with full BPTT")


def truncated_step(theta: Tensor, h: Tensor, mu: float) -> tuple[Tensor, Tensor]:
    """Return the loss E (h' - mu)^2 and h' = h + theta (n,), with h as a constant (section 1.2)."""
    raise NotImplementedError("T3: the truncated step")


def truncated_bptt(theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate) -> Run:
    """Take one truncated step and one update in each iteration k = 1, 2, ... (section 1.2).

    The state starts at x_0 and is carried on; theta <- theta - eta_k dloss/dtheta with
    eta_k = rate(k). Use `torch.optim.SGD` and `torch.optim.lr_scheduler.LambdaLR`.
    """
    # Hint: LambdaLR counts from 0, and its value multiplies the optimizer's own rate.
    raise NotImplementedError("T3: the loop of truncated BPTT with SGD and LambdaLR")


def decaying_rate(power: float) -> Rate:
    """Return the schedule k -> eta_k = 0.5 / k^power (section 1.2: powers 1 and 3/2)."""
    raise NotImplementedError("T4: the schedule eta_k")


def restarts(
    theta: float, x_0: Tensor, mu: float, iterations: int, rate: Rate, times: int = 2
) -> list[Run]:
    """Return 1 + times truncated runs, each from the last theta of the one before; h and k anew."""
    raise NotImplementedError("T4: restarts")


def loss_figure(run: Run, title: str) -> Figure:
    """Draw loss (left) and gradient (right) against k = 1, 2, ..., with labels and legends."""
    raise NotImplementedError("T5: loss and gradient against k")


def theta_figure(runs: Mapping[str, Run], title: str, decay: float | None = None) -> Figure:
    """Draw theta at k = 1, 2, ..., its length, for each run, and k^decay; axis labels, legend."""
    raise NotImplementedError("T5: theta against k")
