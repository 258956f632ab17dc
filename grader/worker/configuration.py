"""The ``config`` of a ``train(config)``, as the command line of its file would make it.

In the course's older hand-outs argparse fills it below ``if __name__ == "__main__"``, where an
import never gets, and students add options of their own there. So these are read off the source.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.core.names import Aliases, by_any_name, squeeze

NAMES = ("config", "configuration", "args", "cfg", "opt", "opts", "flags", "hparams")
TYPES: dict[str, type] = {"int": int, "float": float, "str": str}


def is_wanted(parameters: Sequence[inspect.Parameter]) -> bool:
    """Whether all that a function asks for is one object that holds all values."""
    several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    required = [p for p in parameters if p.default is p.empty and p.kind not in several]
    return len(required) == 1 and squeeze(required[0].name) in NAMES


class Configuration(argparse.Namespace):
    """Defaults of the options that a file declares, and ``values`` in place of theirs.

    Values are found under their own names and under the others that are known for them.
    """

    def __init__(
        self, options: Mapping[str, Any], values: Mapping[str, Any], aliases: Aliases
    ) -> None:
        known = by_any_name(values, aliases)
        own = {name: known.get(squeeze(name), default) for name, default in options.items()}
        super().__init__(**own | dict(values))
        self.__dict__["_known"] = known

    def __getattr__(self, name: str) -> Any:
        """Called for what is no attribute yet."""
        known = self.__dict__.get("_known", {})
        if squeeze(name) not in known:
            raise AttributeError(f"the configuration has no {name!r}: no add_argument declares it")
        return known[squeeze(name)]

    def __getitem__(self, name: str) -> Any:
        """For those who keep theirs in a dictionary."""
        return getattr(self, name)


def options_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of the options that the function's file declares for its command line."""
    with contextlib.suppress(OSError, TypeError, SyntaxError, KeyError):
        return declared(inspect.getsource(sys.modules[function.__module__]))
    return {}


def declared(source: str) -> dict[str, Any]:
    """The defaults of all options that ``source`` declares somewhere, none of them required.

    Of a declaration counts what stands there as a literal, and Python's own types.
    """
    parser = argparse.ArgumentParser(
        add_help=False, conflict_handler="resolve", exit_on_error=False
    )
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if getattr(node.func, "attr", "") == "add_argument":
            with contextlib.suppress(TypeError, ValueError):  # what argparse itself would refuse
                _declare(parser, node)
    with contextlib.suppress(argparse.ArgumentError):  # a default that is not of its type
        return vars(parser.parse_args([]))
    return {}


def _declare(parser: argparse.ArgumentParser, call: ast.Call) -> None:
    flags = [ast.literal_eval(flag) for flag in call.args]
    settings: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg == "type" and isinstance(keyword.value, ast.Name):
            settings["type"] = TYPES.get(keyword.value.id)
        elif keyword.arg in ("action", "default", "dest", "nargs"):
            with contextlib.suppress(ValueError):
                settings[keyword.arg] = ast.literal_eval(keyword.value)
    if not flags[0].startswith("-"):
        settings["nargs"] = "?"
    parser.add_argument(*flags, **settings)
