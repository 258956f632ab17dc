"""Convert what student code returns and raises to data for the judge.

A value that is not what a probe needs is :class:`Unusable`, which says what was expected and what
came. ``what`` names the value at the start of a sentence: "The gradient of W".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from grader.bans import runtime
from grader.core.spelling import squeeze
from grader.worker.answering import Banned, Unusable
from grader.worker.attribution import text_of

Array = NDArray[Any]
# What torch calls its ways to differentiate, by how names of operators begin.
BACKWARD, FORWARD = "a backward pass of PyTorch", "a forward derivative of PyTorch"
DERIVATIVES = {"autograd::engine::evaluate_function": BACKWARD, "aten::_make_dual": FORWARD}
KINDS = {"c": "complex numbers", "U": "text", "S": "text"}  # of NumPy's that are no real numbers


def brief(value: Any) -> str:
    """Return a value in a few words; never by a ``repr`` of the student's."""
    name = type(value).__name__
    if value is None:
        return "None"
    if isinstance(value, Tensor | np.ndarray):
        return f"{'NumPy array' if type(value) is np.ndarray else name} of shape {[*value.shape]}"
    if isinstance(value, list | tuple | Mapping):
        return f"{name} of {len(value)}"
    if type(value) in (bool, int, float, complex, str) or isinstance(value, np.generic):
        with contextlib.suppress(ValueError):  # Python doesn't print integers of any length
            return f"{name}: {str(value)[:80]}"
    return name


def no_return(value: Any) -> str:
    """Return a hint for a value that was returned."""
    return "Does the function end with a return statement?" if value is None else ""


# Numbers


def numbers(value: Any, what: str) -> Array:
    """Return numbers in any holder as a new array, in the value's precision."""
    try:
        found = np.array(_plain(value), subok=False)
        kind = found.dtype.kind
        trouble = "" if kind in "biuf" else f"it holds {KINDS.get(kind, 'something else')}"
    except Exception as error:  # noqa: BLE001 (anything may be in there, and raise anything)
        trouble = f"{type(error).__name__}: {error}"
    if trouble:
        raise Unusable(
            f"{what} should be numbers.",
            expected="numbers, in an array, a tensor or a list",
            got=brief(value) + (f"; {trouble[:200]}" if value is not None else ""),
            hint=no_return(value),
        )
    return found


def array(value: Any, what: str) -> Array:
    """Return numbers in any holder as a new array, in double precision."""
    return numbers(value, what).astype(np.float64)


def number(value: Any, what: str) -> float:
    """Return one number, from whatever holds one."""
    found = array(value, what)
    if found.size != 1:
        expected = "a number, or an array or tensor that holds one"
        hint = "Is a sum or a mean missing, or a number too many returned?"
        what = f"{what} must be one number."
        raise Unusable(what, expected=expected, got=brief(value), hint=no_return(value) or hint)
    return float(found.flat[0])


def _plain(value: Any) -> Any:
    """Return ``value`` without tensors, which NumPy refuses, or takes for objects in lists."""
    if isinstance(value, Tensor):
        return value.numpy(force=True)
    if isinstance(value, np.ndarray) and value.dtype == object:
        value = value.tolist()
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


# Values by name


def fields(value: Any, names: Iterable[str]) -> dict[str, Any] | None:
    """Return the named parts of a dict, a NamedTuple, or an object with attributes ``names``.

    A tuple or list of as many is in the order of ``names``. None if it is nothing of the kind.
    """
    names = list(names)
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if isinstance(value, tuple | list):
        return dict(zip(names, value, strict=True)) if len(value) == len(names) else None
    return {name: getattr(value, name) for name in names if hasattr(value, name)} or None


def parts(value: Any, names: Iterable[str], what: str, hint: str = "") -> dict[str, Any]:
    """Return all ``names`` with what :func:`fields` finds for them; ``what`` is in the plural."""
    names = list(names)
    found = fields(value, names)
    expected = f"{', '.join(names)}, in a dictionary or in this order"
    if found is None:
        hint = no_return(value)
        raise Unusable(f"{what} should be named.", expected=expected, got=brief(value), hint=hint)
    spelled = {squeeze(key): part for key, part in found.items()}
    taken = {name: found.get(name, spelled.get(squeeze(name))) for name in names}
    missing = [name for name, part in taken.items() if part is None]
    if missing:
        keys = [key if part is not None else f"{key}: None" for key, part in found.items()]
        raise Unusable(
            f"{what} should hold {', '.join(missing)}.",
            expected=expected,
            got=f"keys {', '.join(keys) or '(none)'}",
            hint=hint or f"Return a value for each name; there is none for {', '.join(missing)}.",
        )
    return taken


def named(value: Any, names: Iterable[str], what: str) -> dict[str, Array]:
    """Return all ``names`` with arrays in double precision, as :func:`parts` finds them."""
    found = parts(value, names, what)
    return {name: array(part, f"{what}, {name},") for name, part in found.items()}


def named_of(value: Any, names: Iterable[str], what: str) -> dict[str, Array]:
    """Return those of ``names`` that are there, like :func:`named`; one at least must be."""
    names = list(names)
    spelled = {
        squeeze(key) for key, part in (fields(value, names) or {}).items() if part is not None
    }
    return named(value, [name for name in names if squeeze(name) in spelled] or names, what)


# What happens in a call


def raised(function: Callable[..., Any], *arguments: Any, **options: Any) -> list[str]:
    """Return what a call raises: in words, then the names of its classes; nothing if it returns.

    What is not begun yet, or can't be called, stays so.
    """
    try:
        function(*arguments, **options)
    except (NotImplementedError, Unusable):
        raise
    except Exception as error:  # noqa: BLE001 (theirs may raise anything)
        said = f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")[:200]
        return [said, *(kind.__name__ for kind in type(error).__mro__)]
    return []


@contextlib.contextmanager
def in_sight() -> Iterator[None]:
    """Raise :class:`Banned` if what runs inside the context can't be recorded."""
    try:
        yield
    except runtime.Blinded as error:
        raise Banned(
            "What is computed should be there to see.",
            expected="forward and backward in one thread, without a profiler",
            got=str(error),
        ) from None


@contextlib.contextmanager
def derivatives() -> Iterator[set[str]]:
    """Yield the ways, of :data:`DERIVATIVES`, in which torch differentiates inside.

    The set is complete at the end of the context.
    """
    found = set[str]()
    with in_sight(), runtime.recording() as events:
        yield found
    for name in runtime.names(events):
        found |= {title for start, title in DERIVATIVES.items() if name.startswith(start)}
