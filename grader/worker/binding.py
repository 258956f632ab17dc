"""Calls student functions by the names of their parameters, never by position."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from grader.worker.process import Unusable


def squeeze(name: str) -> str:
    """A name without case and underscores: ``num_hidden`` and ``numHidden`` agree."""
    return name.replace("_", "").lower()


def bind(
    function: Callable[..., Any], values: Mapping[str, Any], aliases: Mapping[str, str]
) -> Any:
    """``function(…)`` with those of ``values`` that it has parameters for, whatever their order.

    ``aliases`` lists other names for a value, squeezed, with blanks between. A parameter that is
    not known keeps its default; without one, that is :class:`Unusable`.
    """
    known = {squeeze(key): value for key, value in values.items()}
    for key, names in aliases.items():
        if key in values:
            for name in names.split():
                known.setdefault(name, values[key])
    positional, keywords = [], {}
    for parameter in inspect.signature(function).parameters.values():
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
            raise Unusable(
                f"{function.__name__} asks for a parameter that the sheet does not have.",
                expected=f"parameters: {', '.join(values)}",
                got=f"a parameter {parameter.name!r} without a default value",
                hint="Keep the names of the template, or give further parameters a default.",
            )
    return function(*positional, **keywords)
