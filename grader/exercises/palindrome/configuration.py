"""Read the configuration of a student's program: options, objects, dictionaries.

In the course's older hand-outs argparse makes ``config`` below ``if __name__ == "__main__"``, and
students add options of their own there. Others keep a dictionary, a class or constants.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import dataclasses
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from types import ModuleType, SimpleNamespace
from typing import Any

from grader.core.spelling import PROTECTED, Aliases, by_any_name, squeeze
from grader.worker.calling import Supply

NAMES = ("config", "configuration", "args", "cfg", "opt", "opts", "flags", "hparams", "params")
TYPES: dict[str, type] = {"int": int, "float": float, "str": str}
ENOUGH_NAMES = 2  # known values that make an object a configuration, whatever it is called


class Configuration(argparse.Namespace):
    """Defaults of the options that a program declares, and the sheet's values where it has none.

    Values are found under their own names and under the others that are known for them.

    Args:
        options: The program's own defaults.
        values: The sheet's values.
        chosen: Names of values that go before the program's own.
        aliases: Other names of the values.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        values: Mapping[str, Any],
        chosen: Collection[str],
        aliases: Aliases,
    ) -> None:
        first = by_any_name({name: values[name] for name in chosen if name in values}, aliases)
        own = {name: first.get(squeeze(name), default) for name, default in options.items()}
        known = by_any_name(values, aliases)
        known |= {squeeze(name): value for name, value in own.items() if value is not None}
        super().__init__(**{name: known[squeeze(name)] for name in values} | own)
        self.__dict__["_known"] = known

    def __getattr__(self, name: str) -> Any:
        """Return a value under one of its other names."""
        known = self.__dict__.get("_known", {})
        if squeeze(name) not in known:
            raise AttributeError(f"the configuration has no {name!r}: no add_argument declares it")
        return known[squeeze(name)]

    def __getitem__(self, name: str) -> Any:
        """Return a value, for code that keeps its configuration in a dictionary."""
        return getattr(self, name)


def supply(
    options: Mapping[str, Any],
    values: Mapping[str, Any],
    chosen: Collection[str],
    aliases: Aliases,
    own: Mapping[str, Any],
) -> Supply:
    """Return what gives a value to parameters that are none of the sheet's.

    Args:
        options: The defaults of the options that the program declares.
        values: The sheet's values.
        chosen: Names of values that go before the program's own.
        aliases: Other names of these values.
        own: The names that the student's module defines.
    """

    def supplied(parameter: inspect.Parameter) -> Any:
        if parameter.name in own:
            return own[parameter.name]
        if squeeze(parameter.name) in NAMES:
            return Configuration(options, values, chosen, aliases)
        raise LookupError(parameter.name)

    return supplied


def fields_of(value: Any) -> MutableMapping[str, Any] | None:
    """Return the values in a configuration, so that they can be changed; None if it is none."""
    if isinstance(value, dict):
        return value
    holder = isinstance(value, argparse.Namespace | SimpleNamespace)
    if holder or (dataclasses.is_dataclass(value) and not inspect.isclass(value)):
        held: dict[str, Any] = vars(value)
        return held
    if isinstance(value, ModuleType):
        return None if _is_of_a_library(value.__name__) else vars(value)
    kind = value if inspect.isclass(value) else type(value)
    has_methods = any(
        inspect.isfunction(part) for name, part in vars(kind).items() if name[:2] != "__"
    )
    return None if has_methods or _is_of_a_library(kind.__module__) else _Attributes(value)


def _is_of_a_library(module: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return module.partition(".")[0] in PROTECTED or "site-packages" in file


class _Attributes(MutableMapping[str, Any]):
    """The plain attributes of a class or of an object, by name."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getitem__(self, name: str) -> Any:
        return getattr(self._owner, name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self._owner, name, value)

    def __delitem__(self, name: str) -> None:
        delattr(self._owner, name)

    def __iter__(self) -> Iterator[str]:
        kind = self._owner if inspect.isclass(self._owner) else type(self._owner)
        own = {} if inspect.isclass(self._owner) else getattr(self._owner, "__dict__", {})
        return iter({name: None for name in (*vars(kind), *own) if not name.startswith("__")})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def is_configuration(name: str, value: Any, aliases: Aliases) -> bool:
    """Return whether an object holds a training's values, by its name or by the names in it."""
    found = fields_of(value)
    if found is None:
        return False
    known = by_any_name(dict.fromkeys(aliases), aliases)
    several = sum(squeeze(str(key)) in known for key in found) >= ENOUGH_NAMES
    return squeeze(name) in NAMES or several


def declarations(tree: ast.AST) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield the options that a program declares by ``add_argument``: flags, settings.

    Only literals count, and Python's own types.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "add_argument":
            continue
        with contextlib.suppress(TypeError, ValueError):  # what argparse itself would refuse
            flags = [ast.literal_eval(flag) for flag in node.args]
            if flags and all(isinstance(flag, str) and flag for flag in flags):
                yield flags, _settings(node)


def _settings(call: ast.Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg == "type" and isinstance(keyword.value, ast.Name):
            found["type"] = TYPES.get(keyword.value.id)
        elif keyword.arg in ("action", "default", "dest", "nargs", "choices"):
            with contextlib.suppress(ValueError):
                found[keyword.arg] = ast.literal_eval(keyword.value)
    return found


def declared(tree: ast.AST) -> dict[str, Any]:
    """Return the defaults of all options that a program declares, none of them required."""
    parser = argparse.ArgumentParser(
        add_help=False, conflict_handler="resolve", exit_on_error=False
    )
    for flags, settings in declarations(tree):
        optional: dict[str, Any] = {} if flags[0].startswith("-") else {"nargs": "?"}
        settings.pop("choices", None)
        with contextlib.suppress(TypeError, ValueError):
            parser.add_argument(*flags, **settings | optional)
    with contextlib.suppress(argparse.ArgumentError):  # a default that is not of its type
        return vars(parser.parse_args([]))
    return {}
