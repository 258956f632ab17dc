"""What a student's function returned, as numbers; runs in the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from grader.worker.process import Unusable

Array = NDArray[Any]


def function(module: ModuleType, name: str, parameters: Mapping[str, Any]) -> Callable[..., Any]:
    """The student's function of that name."""
    found: Any = getattr(module, name, None)
    if not callable(found):
        raise Unusable(
            f"The file defines no function {name}.",
            expected=f"def {name}({', '.join(parameters)})",
            got="no such name" if found is None else f"{name} is {brief(found)}",
        )
    called: Callable[..., Any] = found
    return called


def fields(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What ``value`` calls by some names, by any name: a NamedTuple, an object or a dict."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if not isinstance(value, Mapping):
        value = {name: getattr(value, name) for name in names if hasattr(value, name)}
    return {str(key): each for key, each in value.items()}


def array(value: Any) -> Array | None:
    """Tensors, arrays, numbers and lists of these in double precision; None of anything else."""
    if isinstance(value, Tensor):
        return value.detach().double().numpy().copy()
    if isinstance(value, list | tuple):
        value = [array(part) for part in value]
    if value is None or (isinstance(value, list) and any(part is None for part in value)):
        return None
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def vector(value: Any, name: str) -> Array:
    """A series of numbers; each may stand in a tensor or an array of its own."""
    found = array(value)
    if found is None or not found.ndim or found.size != len(found):
        raise Unusable(
            f"{name} must be a series of numbers.", expected="an array (K,)", got=brief(value)
        )
    return found.reshape(-1)


def number(value: Any, name: str) -> float:
    """One number, from whatever holds one."""
    found = array(value)
    if found is None or found.size != 1:
        raise Unusable(
            f"{name} must be a number.",
            expected="a number, or a tensor that holds one",
            got=brief(value),
            hint=no_return(value),
        )
    return float(found.reshape(()))


def no_return(value: Any) -> str:
    return "Does the function end with a return statement?" if value is None else ""


def brief(value: Any) -> str:
    """A returned value in a few words."""
    if isinstance(value, Tensor | np.ndarray):
        return f"a {type(value).__name__} of shape {list(value.shape)}"
    if isinstance(value, list | tuple | Mapping):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"{type(value).__name__}: {str(value)[:80]}"
