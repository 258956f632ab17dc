"""Tie what a student's function returns to the tools of PyTorch that it ran; in the worker.

A backward pass, or an optimizer, that runs beside the real computation has no part in the result.
So gradients count as backward()'s if they change when the engine is handed another factor, and
steps as SGD's if they lead to the theta of the run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.optimizer import register_optimizer_step_post_hook

from grader.worker.values import Array

SAME = 1e-6  # of theta: a run may be recorded in single precision


@contextmanager
def engine(factor: float) -> Iterator[list[float]]:
    """Multiply every gradient that torch's engine computes; yield those that it delivers.

    A gradient of several numbers is delivered as their sum.
    """
    delivered: list[float] = []
    # torch.autograd has no types for it.
    namespace: Any = torch.autograd
    real = namespace._engine_run_backward

    def run(outputs: Sequence[Any], gradients: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
        scaled = tuple(None if each is None else factor * each for each in gradients)
        before = [(leaf, _sum(leaf.grad)) for leaf in _leaves(outputs)]
        found = real(outputs, scaled, *args, **kwargs)
        with suppress(RuntimeError):  # no number is to be had inside some of torch.func
            delivered.extend(_sum(leaf.grad) - start for leaf, start in before)
            delivered.extend(map(_sum, found or ()))
        return found

    namespace._engine_run_backward = run
    try:
        yield delivered
    finally:
        namespace._engine_run_backward = real


def _sum(gradient: Tensor | None) -> float:
    """Return the sum of a gradient's numbers; nothing is 0."""
    return 0.0 if gradient is None else float(gradient.detach().sum())


def _leaves(outputs: Sequence[Any]) -> list[Tensor]:
    """Return the leaves of the graph behind ``outputs``, in the order in which it is walked."""
    nodes = [getattr(output, "grad_fn", None) for output in outputs]
    found = [out for out in outputs if isinstance(out, Tensor) and out.grad_fn is None]
    seen = set[Any]()
    while nodes:
        node = nodes.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        nodes += [following for following, _ in node.next_functions]
    return found


@dataclasses.dataclass
class Used:
    """An optimizer at work.

    Attributes:
        optimizer: The optimizer.
        values: What its parameters hold after each of its steps.
        rates: How often a LambdaLR has set its rate.
    """

    optimizer: torch.optim.Optimizer
    values: list[Array] = dataclasses.field(default_factory=list)
    rates: int = 0


@contextmanager
def optimizers() -> Iterator[list[Used]]:
    """Yield the optimizers that step, or get a rate by LambdaLR, inside the context."""
    found: list[Used] = []

    def used(optimizer: torch.optim.Optimizer) -> Used:
        known = next((each for each in found if each.optimizer is optimizer), None)
        if known is None:
            found.append(known := Used(optimizer))
        return known

    def stepped(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        numbers = [p.detach().double().reshape(-1).numpy() for p in parameters]
        used(optimizer).values.append(np.concatenate(numbers))

    def get_lr(scheduler: LambdaLR) -> Any:
        used(scheduler.optimizer).rates += 1
        return real_get_lr(scheduler)

    real_get_lr = LambdaLR.get_lr
    hook = register_optimizer_step_post_hook(stepped)
    LambdaLR.get_lr = get_lr  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        LambdaLR.get_lr = real_get_lr  # type: ignore[method-assign]
        hook.remove()


def counts(found: list[Used], theta: Array) -> dict[str, int]:
    """Return how often SGD made a theta of the run, and how often LambdaLR set SGD's rate."""
    result = {"SGD": 0, "LambdaLR": 0, "SGD elsewhere": 0}
    for each in found:
        if not isinstance(each.optimizer, torch.optim.SGD):
            continue
        made = sum(
            bool(np.isclose(values[:, None], theta, SAME, 1e-300).any()) for values in each.values
        )
        result["SGD"] += made
        result["SGD elsewhere"] += len(each.values) - made
        result["LambdaLR"] += each.rates if made else 0
    return result
