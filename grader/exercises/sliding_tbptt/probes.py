"""Probe a student's sliding_tbptt code; runs in the worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.bans import runtime
from grader.exercises.sliding_tbptt.cells import Array, Marked, Problem
from grader.worker import calling
from grader.worker.answering import Unusable
from grader.worker.values import array, in_sight, numbers, parts, raised

SLIDING = "sliding_window_gradient"
# What else a student may call the parameters (compared without case and underscores).
ALIASES = {
    "data": "x xs inputs input sequence seq",
    "cell": "rnncell rnn model module net network",
    "loss": "lossfn lossfunction lossfunc criterion computeloss",
    "x": "xs inputs input data sequence seq",
    "y": "ys targets target labels",
    "h_0": "h hinit inith h0init initialstate state hidden init",
    "K": "window windowsize truncation length size",
    "K1": "warmup warmupsteps",
    "K2": "gradsteps window",
    "O": "stride overlap shift offset step",
    "optimizer": "optim opt updater",
}


def numbers_of_mark(events: list[Any]) -> int:
    """Count the numbers that a ``Marked`` cell was applied to, by what passes its mark.

    They are counted below autograd, functorch and modules: whether the cell is called, copied, or
    run by functional_call, K states in one call under vmap count as K applications.
    """
    found, running = 0, list[int]()  # by operator: what it has marked, but not one inside it
    for event in events:
        if event.kind() == "push":
            marks = event.name() in Marked.MARKS
            running = [0] * len(running) if marks else running
            running.append(max(map(math.prod, event.shapes()), default=0) if marks else 0)
        elif event.kind() == "pop" and running:
            found += running.pop()
    return found


def chunks(module: ModuleType, data: Array, K: int, O: int) -> Array:
    """Return the student's windows as one array (n, K, …)."""
    result = call(module, "chunks", {"data": torch.tensor(data), "K": K, "O": O})
    if not isinstance(result, list | tuple):
        return double(result, "What chunks returns")
    pieces = [double(piece, "A window") for piece in result]
    shapes = {piece.shape for piece in pieces}
    if len(shapes) > 1:
        raise Unusable(
            "All windows should have K steps.",
            expected=f"K = {K} steps in each, of {len(data)} in all",
            got="windows of shapes " + ", ".join(str(list(shape)) for shape in sorted(shapes)),
            hint="Steps at the end that fill no window are dropped.",
        )
    return np.stack(pieces) if pieces else np.zeros(0)


def gradient(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any], calls: int
) -> dict[str, Any]:
    """Return the gradients of calls with the very same cell and data, and what these changed."""
    cell, loss, x, y, h_0 = Problem(**problem).tensors()
    inputs = {"x": x, "y": y, "h_0": h_0}
    arguments = {"cell": cell, "loss": loss, **inputs, **sizes}
    gradients = [by_name(call(module, function, arguments), cell, function) for _ in range(calls)]
    before = {name: problem[name] for name in inputs} | problem["weights"]
    after = inputs | dict(cell.named_parameters())
    changed = [
        name for name in before if not np.array_equal(after[name].detach().numpy(), before[name])
    ]
    return {"gradients": gradients, "changed": changed}


def applications(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any]
) -> dict[str, Any]:
    """Return the gradient for a ``Marked`` cell, and how often the cell was applied.

    Calls are counted in Python, and what they compute is counted in torch. The larger number
    holds: calls miss the states of a vmap, and torch's record misses an operator that was replaced
    by another or run where nothing is recorded.
    """
    Marked.numbers = 0
    with in_sight(), runtime.recording(shapes=True) as events:
        found = gradient(module, function, sizes, problem, 1)
    numbers = max(numbers_of_mark(events), Marked.numbers)
    return {**found, "applications": -(-numbers // problem["h_0"].size)}


def training(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any], rate: float
) -> Array:
    """Return the cell's parameters (n + 1, P) before the training and after each of n steps."""
    path, _ = _trained(module, function, sizes, problem, rate)
    return path


def training_losses(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any], rate: float
) -> dict[str, Array]:
    """Return the parameters, as :func:`training` does, and the losses that the training returns."""
    path, returned = _trained(module, function, sizes, problem, rate)
    return {"path": path, "losses": array(returned, f"What {function} returns")}


def _trained(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any], rate: float
) -> tuple[Array, Any]:
    cell, loss, x, y, h_0 = Problem(**problem).tensors()
    optimizer = torch.optim.SGD(cell.parameters(), lr=rate)

    def row() -> Array:
        return np.concatenate([p.detach().numpy().ravel() for p in cell.parameters()])

    path = [row()]
    optimizer.register_step_post_hook(lambda *_: path.append(row()))
    arguments = {"cell": cell, "loss": loss, "x": x, "y": y, "h_0": h_0, "optimizer": optimizer}
    returned = call(module, function, arguments | sizes)
    return np.array(path), returned


def answers(module: ModuleType, function: str, sizes: dict[str, int], inputs: Any) -> list[str]:
    """Return what a call with these sizes raises; inputs are data, or a problem."""
    arguments: dict[str, Any]
    if isinstance(inputs, dict):
        names = ("cell", "loss", "x", "y", "h_0")
        arguments = dict(zip(names, Problem(**inputs).tensors(), strict=True))
    else:
        arguments = {"data": torch.tensor(inputs)}
    return raised(call, module, function, arguments | sizes)


def call(module: ModuleType, name: str, arguments: dict[str, Any]) -> Any:
    """Call the student's function of that name; numbers made by default are float64."""
    torch.set_default_dtype(torch.float64)
    return calling.call(module, name, arguments, ALIASES)


def by_name(result: Any, cell: nn.Module, function: str) -> dict[str, Array]:
    """Return a gradient as arrays by the parameters' names.

    The student may return a dict, or the parts of all parameters in their order.
    """
    names = [name for name, _ in cell.named_parameters()]
    if isinstance(result, tuple | list):  # a dict among other things
        result = next((part for part in result if isinstance(part, Mapping)), result)
    hint = (
        "The names are those of cell.named_parameters(). A parameter that no loss depends on has "
        "a gradient of zeros, and None for its .grad."
    )
    found = parts(result, names, f"The gradients that {function} returns", hint)
    return {name: double(found[name], f"The gradient of {name}") for name in names}


def double(value: Any, what: str) -> Array:
    """Return numbers as an array.

    Raises:
        Unusable: They are in single or half precision.
    """
    found = numbers(value, what)
    if found.dtype in (np.float32, np.float16):
        raise Unusable(
            f"{what} should keep the precision of the data.",
            expected="float64",
            got=str(found.dtype),
            hint="Look for .float() and for dtype=torch.float32.",
        )
    return found
