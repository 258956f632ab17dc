"""What touches a student's sliding_tbptt code; runs in the worker."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from grader.exercises.sliding_tbptt.cells import Array, Marked, Problem
from grader.worker.binding import bind, squeeze
from grader.worker.process import Unusable

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
}


class Applications(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types
    """Counts how often a ``Marked`` cell is applied to a state, by the numbers that pass its mark.

    It sits below autograd, functorch and modules: whether the cell is called, copied, or run
    by functional_call, K states in one call under vmap count as K applications.
    """

    def __init__(self, per_application: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._per_application = per_application
        self._numbers = 0

    @property
    def count(self) -> int:
        return -(-self._numbers // self._per_application)

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is Marked.MARK:
            self._numbers += args[0].numel()
        return func(*args, **(kwargs or {}))


def chunks(module: ModuleType, data: Array, K: int, O: int) -> Array:
    """The student's windows as one array (n, K, …)."""
    result = call(module, "chunks", {"data": torch.tensor(data), "K": K, "O": O})
    if isinstance(result, Tensor | np.ndarray):
        return to_array(result, "What chunks returns")
    if not isinstance(result, list | tuple):
        raise Unusable(
            "chunks must return a tensor.",
            expected="a tensor of shape (n, K, …)",
            got=type(result).__name__,
            hint="Does chunks end with a return statement?" if result is None else "",
        )
    pieces = [to_array(piece, "A window") for piece in result]
    shapes = {piece.shape for piece in pieces}
    if len(shapes) > 1:
        raise Unusable(
            "All windows have K steps.",
            expected=f"K = {K} steps in each, of {len(data)} in all",
            got="windows of shapes " + ", ".join(str(list(shape)) for shape in sorted(shapes)),
            hint="Steps at the end that fill no window are dropped.",
        )
    return np.stack(pieces) if pieces else np.zeros(0)


def gradient(
    module: ModuleType, function: str, sizes: dict[str, int], problem: dict[str, Any], calls: int
) -> dict[str, Any]:
    """The gradients that calls with the very same cell and data return, and what these changed."""
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
    """The gradient for a ``Marked`` cell, and how often the cell was applied for it."""
    with Applications(problem["h_0"].size) as applied:
        found = gradient(module, function, sizes, problem, 1)
    return {**found, "applications": applied.count}


def raised(module: ModuleType, function: str, sizes: dict[str, int], inputs: Any) -> str:
    """What a call with these sizes raises ("" if nothing); inputs are data, or a problem."""
    arguments: dict[str, Any]
    if isinstance(inputs, dict):
        names = ("cell", "loss", "x", "y", "h_0")
        arguments = dict(zip(names, Problem(**inputs).tensors(), strict=True))
    else:
        arguments = {"data": torch.tensor(inputs)}
    try:
        call(module, function, arguments | sizes)
    except (NotImplementedError, Unusable):
        raise
    except ValueError:
        return "ValueError"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]
    return ""


def call(module: ModuleType, name: str, arguments: dict[str, Any]) -> Any:
    """What the student's function of that name returns; numbers made by default are float64."""
    own = {key: value for key, value in vars(module).items() if callable(value)}
    squeezed = {squeeze(key): value for key, value in own.items()}
    function = own.get(name) or squeezed.get(squeeze(name))
    if function is None:
        defined = [key for key, value in own.items() if inspect.isfunction(value)]
        raise Unusable(
            f"The file defines no function {name}.",
            expected=f"{name}({', '.join(arguments)})",
            got=f"functions: {', '.join(defined) or 'none'}",
        )
    torch.set_default_dtype(torch.float64)
    return bind(function, arguments, ALIASES)


def by_name(result: Any, cell: nn.Module, function: str) -> dict[str, Array]:
    """A gradient as arrays by the parameters' names, from a dict or from all parameters' parts."""
    names = [name for name, _ in cell.named_parameters()]
    if isinstance(result, tuple | list):
        mappings = [part for part in result if isinstance(part, Mapping)]
        if len(mappings) == 1:
            result = mappings[0]
        elif len(result) == len(names):
            result = dict(zip(names, result, strict=True))
    if not isinstance(result, Mapping):
        raise Unusable(
            f"{function} must return a dict.",
            expected=f"a dict with the keys {', '.join(names)}",
            got=type(result).__name__,
            hint="Does the function end with a return statement?" if result is None else "",
        )
    missing = [name for name in names if name not in result]
    if missing:
        raise Unusable(
            f"{function} returns a gradient for every parameter of the cell.",
            expected=f"a dict with the keys {', '.join(names)}",
            got=f"no {', '.join(missing)} among the keys {', '.join(map(str, result)) or 'none'}",
            hint="The names are those of cell.named_parameters(). A parameter that no loss depends "
            "on has a gradient of zeros.",
        )
    return {name: to_array(result[name], f"The gradient of {name}") for name in names}


def to_array(value: Any, what: str) -> Array:
    """A tensor, array, list or number as an array of its own; single precision is refused."""
    try:
        array = np.array(value.detach().numpy() if isinstance(value, Tensor) else value)
    except (ValueError, TypeError, RuntimeError):  # lists of different lengths, or of graphs
        array = np.array(None)
    if array.dtype.kind not in "fiub":
        raise Unusable(
            f"{what} must be a tensor.",
            expected="a tensor of numbers",
            got="None" if value is None else f"a {type(value).__name__}, which is no array",
            hint="A parameter's .grad is None where no loss depends on it; its gradient is a "
            "tensor of zeros."
            if value is None
            else "",
        )
    if array.dtype in (np.float32, np.float16):
        raise Unusable(
            f"{what} must keep the precision of the data.",
            expected="float64",
            got=str(array.dtype),
            hint="Look for .float() and for dtype=torch.float32.",
        )
    return array
