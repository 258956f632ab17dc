"""Find the arguments that a submission's own code gives to its network; runs in the worker.

A network is constructed as its author constructs it. Their call is found in the source; its
arguments are evaluated with the command line's defaults in place of a configuration.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from grader.core.spelling import squeeze
from grader.exercises.palindrome.configuration import declared

MODULES = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "np": np, "math": math}
PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class OwnCall:
    """The arguments that their own code gives.

    Attributes:
        arguments: Expressions by the constructor's names, as far as these can be told.
        surplus: The argument for the sequence's length, less the digits that their data set yields.
        turned: Whether the same file transposes something, perhaps the output.
    """

    arguments: dict[str, str]
    surplus: int = 0
    turned: bool = False


class Some(int):
    """A length that can't be told, or an object that holds one."""

    def __getattr__(self, name: str) -> Some:
        return self


SOME = Some(7)
WHOLE = ("length", "palindromelength", "t")  # names of a palindrome's length, the answer included


class Options:
    """A configuration with the defaults of the command line; other options are some length."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self.__dict__.update(defaults)

    def __getattr__(self, name: str) -> Some:
        return SOME


class Values(dict[str, Any]):
    """Names of a source file with their values; a name that can't be told is some length."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        return SOME


def own_call(kind: type, sources: Sequence[str], length: set[str]) -> OwnCall | None:
    """Return the first call of the class ``kind`` that can be told; None if there is none.

    Args:
        kind: The network's class.
        sources: The text of the submission's files.
        length: The squeezed names that the constructor's length may have.
    """
    signature = inspect.signature(kind)
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):
            tree = ast.parse(source)
            values = _values(tree)
            data = next(_calls(tree, lambda name: "dataset" in name), None)
            names = _names_of(kind.__name__, tree)
            for call in _calls(tree, names.__contains__):
                with contextlib.suppress(TypeError):
                    bound = signature.bind(
                        *call.args, **{k.arg or "": k.value for k in call.keywords}
                    )
                    given = {
                        name: part
                        for name, part in bound.arguments.items()
                        if isinstance(part, ast.expr)
                    }
                    texts = {name: _text(part, values) for name, part in given.items()}
                    found = {name: text for name, text in texts.items() if text}
                    surplus = _surplus(given, data, values, length)
                    return OwnCall(found, surplus, _transposes(tree))
    return None


def value_of(expression: str) -> Any:
    """Return the value of one of a call's expressions."""
    return eval(expression, {}, Values(MODULES))  # the worker is where student code runs


def _surplus(
    given: dict[str, ast.expr], data: ast.Call | None, values: Values, length: set[str]
) -> int:
    """Return the length that is given, less the digits that are read; 0 if it can't be told."""
    own = [
        value
        for name, part in given.items()
        if squeeze(name) in length
        for value in _evaluated(part, values)
    ]
    if data is None:  # their own batches: only the argument's name tells
        texts = [ast.unparse(part) for name, part in given.items() if squeeze(name) in length]
        return int(any(squeeze(text.rpartition(".")[2]) in WHOLE for text in texts))
    if not own or not (data.args or data.keywords):
        return 0
    argument = data.args[0] if data.args else data.keywords[0].value
    palindrome = next(iter(_evaluated(argument, values)), None)
    if not isinstance(own[0], int) or not isinstance(palindrome, int):
        return 0
    return own[0] - (palindrome - 1)


def _transposes(tree: ast.AST) -> bool:
    """Return whether a file exchanges axes somewhere."""
    names = ("t", "T", "transpose", "permute", "swapaxes")
    return any(isinstance(n, ast.Attribute) and n.attr in names for n in ast.walk(tree))


def _calls(tree: ast.AST, fits: Any) -> Iterator[ast.Call]:
    """Yield the calls of what has a fitting name, without case and underscores."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
            name = getattr(called, "id", getattr(called, "attr", ""))
            if fits(squeeze(name)):
                yield node


def _names_of(kind: str, tree: ast.AST) -> set[str]:
    """Return the squeezed names of a class, and of tables and choices in which it stands."""
    found = {squeeze(kind)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            mentioned = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if kind in mentioned and _refers_to_data(node.value):
                found |= {squeeze(part.id) for part in targets if isinstance(part, ast.Name)}
    return found


def _values(tree: ast.AST) -> Values:
    """Return what names in a source stand for: options, modules, and assigned expressions."""
    options = Options(declared(tree))
    values = Values(MODULES)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(owner), attr=option) if option in vars(options):
                values.setdefault(owner, options)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name not in values and _refers_to_data(node.value):
                for value in _evaluated(node.value, values):
                    values[name] = value
    return values


def _refers_to_data(expression: ast.expr) -> bool:
    """Return whether an expression calls nothing."""
    return not any(isinstance(node, ast.Call) for node in ast.walk(expression))


def _evaluated(expression: ast.expr, values: Values) -> list[Any]:
    """Return the expression's value, in a list; [] if it can't be told."""
    try:
        code = compile(ast.Expression(expression), "<call>", "eval")
        return [eval(code, {}, values)]  # the worker is where student code runs
    except Exception:  # noqa: BLE001  # an expression of theirs may raise anything
        return []


def _text(expression: ast.expr, values: Values) -> str:
    """Return an expression that :func:`value_of` can evaluate, or ""."""
    for value in _evaluated(expression, values):
        if type(value) in PLAIN:
            return repr(value)
        text = ast.unparse(expression)
        if text.partition(".")[0] in MODULES:
            return text
    return ""
