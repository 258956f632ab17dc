"""Find a student's function or class by its name, and match arguments to its signature.

Names of functions, classes and parameters are those of the template up to case and underscores;
the order of parameters never matters. What can't be found or called so is :class:`Unusable`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from types import ModuleType
from typing import Any

from grader.core.spelling import Aliases, by_any_name, by_words, names_for, squeeze
from grader.worker.answering import Unusable

LIBRARIES = ("torch", "numpy", "matplotlib", "grader")
Supply = Callable[[inspect.Parameter], Any]  # a parameter's value; LookupError if it has none


def no_supply(parameter: inspect.Parameter) -> Any:
    """Supply nothing: every parameter without a default should be one of the template's."""
    raise LookupError(parameter.name)


def call(owner: Any, name: str, values: Mapping[str, Any], aliases: Aliases) -> Any:
    """Return what the function of that name returns, by :func:`find` and :func:`bind`."""
    return bind(find(owner, name, values), values, aliases)


def find(owner: Any, name: str, parameters: Iterable[str] = ("…",)) -> Callable[..., Any]:
    """Return the function of that name in a module or object; ``parameters`` are for messages."""
    found: Callable[..., Any] | None = _member(owner, name, callable)
    if found is None:
        expected = f"def {name}({', '.join(parameters)})"
        raise _lacks(owner, name, "function", expected, inspect.isfunction)
    return found


def find_class(module: ModuleType, name: str, base: type = object) -> type[Any]:
    """Return the student's class of that name, derived from ``base``, not one it only imports."""

    def fits(value: Any) -> bool:
        return inspect.isclass(value) and issubclass(value, base) and is_students(value)

    found: type[Any] | None = _member(module, name, fits)
    if found is None:
        expected = f"class {name}" + (f"({base.__name__})" if base is not object else "")
        raise _lacks(module, name, "class", expected, inspect.isclass)
    return found


def is_students(kind: type) -> bool:
    """Return whether a class comes from a student's file, not from a library or the kit."""
    return kind.__module__.partition(".")[0] not in LIBRARIES


def takes(function: Callable[..., Any], value: str, aliases: Aliases) -> bool:
    """Return whether the function has a parameter for that value."""
    names = names_for(value, aliases)
    return any(squeeze(parameter.name) in names for parameter in parameters(function))


def bind(
    function: Callable[..., Any],
    values: Mapping[str, Any],
    aliases: Aliases,
    supply: Supply = no_supply,
) -> Any:
    """Call ``function`` with those of ``values`` that it has parameters for, whatever their order.

    A parameter that is not known keeps its default, or gets what ``supply`` returns for it.

    Raises:
        Unusable: A parameter has no value, or the call does not reach the function's first line.
    """
    known = by_any_name(values, aliases)
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    asked = parameters(function)
    if values and [parameter.kind for parameter in asked] == [inspect.Parameter.VAR_POSITIONAL]:
        hint = "Let a decorator keep the names of what it wraps: functools.wraps."
        raise _nameless(function, f"{asked[0]}, which has no names", hint)
    for parameter in asked:
        name = squeeze(parameter.name)
        if parameter.kind is parameter.VAR_KEYWORD:
            keywords.update({k: v for k, v in values.items() if k not in keywords})
        elif parameter.kind is parameter.VAR_POSITIONAL:
            continue
        elif name in known and parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(known[name])
        elif name in known:
            keywords[parameter.name] = known[name]
        elif parameter.default is parameter.empty:
            taken = {squeeze(other.name) for other in asked}
            free = [value for value in values if not names_for(value, aliases) & taken]
            meant = by_words(parameter.name, free, aliases)
            keywords[parameter.name] = (
                values[meant] if meant else _supplied(function, parameter, values, supply)
            )
    return _called(function, positional, keywords)


def _supplied(
    function: Callable[..., Any],
    parameter: inspect.Parameter,
    values: Mapping[str, Any],
    supply: Supply,
) -> Any:
    """Return a value for a parameter that is none of the template's.

    Raises:
        Unusable: There is none.
    """
    try:
        return supply(parameter)
    except LookupError:
        raise Unusable(
            f"{_name(function)} should ask for no parameter that it is not given.",
            expected=f"parameters: {', '.join(values)}",
            got=f"a parameter {parameter.name!r} without a default value",
            hint="Keep the names of the template, or give further parameters a default.",
        ) from None


def _called(
    function: Callable[..., Any], positional: Sequence[Any], keywords: Mapping[str, Any]
) -> Any:
    """Call the function. A call that reaches none of its lines is :class:`Unusable`."""
    try:
        return function(*positional, **keywords)
    except TypeError as error:
        trace = error.__traceback__
        if trace is None or trace.tb_next is not None:
            raise
        raise Unusable(
            f"{_name(function)} should take the parameters that the template says.",
            expected="no exception",
            got=f"TypeError: {error}",
            hint="Keep the parameters of the template, or give others a default.",
        ) from None


def parameters(function: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    """Return the parameters of a function.

    Raises:
        Unusable: They can't be told.
    """
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        hint = "The first parameter of a method is self."
        raise _nameless(function, "no parameters that can be told", hint) from None


def _member(owner: Any, name: str, fits: Callable[[Any], bool]) -> Any:
    """Return the attribute of that name that ``fits``, else one spelled alike, else None."""
    alike = (key for key in dir(owner) if squeeze(key) == squeeze(name))
    values = (getattr(owner, key, None) for key in chain([name], alike))
    return next((value for value in values if fits(value)), None)


def _lacks(
    owner: Any, name: str, kind: str, expected: str, fits: Callable[[Any], bool]
) -> Unusable:
    """Return what to say where an owner has no function or class of that name."""
    other, in_file = getattr(owner, name, None), isinstance(owner, ModuleType)
    home = owner.__name__ if in_file else type(owner).__module__
    defined = [
        key
        for key, value in inspect.getmembers_static(owner, fits)
        if value.__module__ == home and not key.startswith("__")
    ]
    return Unusable(
        f"{'The file' if in_file else type(owner).__name__} should define a {kind} {name}.",
        expected=expected,
        got=f"{name}, which is something else: {other if inspect.isclass(other) else type(other)}"
        if other is not None
        else f"no such name; there is {', '.join(defined) or f'no {kind}'}",
        hint=f"Define {name}, by this very name, as the template does.",
    )


def _nameless(function: Callable[..., Any], got: str, hint: str) -> Unusable:
    return Unusable(
        f"{_name(function)} should take its parameters by their names.",
        expected="the template's parameters, in a method after self",
        got=got,
        hint=hint,
    )


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
