"""Set the length and the model of a student's training, wherever the program keeps them.

Programs take these values from the command line, from arguments of ``train``, from an object, from
global names or from literals. Each place is found by the names that are known for a value.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from grader.core.spelling import Aliases, by_any_name, squeeze
from grader.exercises.palindrome.configuration import (
    declarations,
    fields_of,
    is_configuration,
)

LSTM, VANILLA = ("lstm",), ("rnn", "vanillarnn", "vanilla")
HOLDERS = ("namespace", "dict", "config", "args")  # calls whose keywords are a configuration


@dataclass
class Settings:
    """The values that a training should have, by the sheet's names.

    Args:
        values: ``model`` is "RNN" or "LSTM"; other values are numbers.
        aliases: Other names of values.
        literal: Names of values that are replaced where a literal is bound to them, too.
    """

    values: dict[str, Any]
    aliases: Aliases
    literal: frozenset[str] = frozenset()
    spellings: list[str] = field(default_factory=list)  # texts of the program that name a model

    def read(self, tree: ast.AST) -> None:
        """Note how the program spells the names of models."""
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        self.spellings = [t for t in texts if isinstance(t, str) and kind_of(t)]

    def command_line(self, tree: ast.AST) -> list[str]:
        """Return the arguments that set the values by the program's own options."""
        positional: list[str] = []
        options: list[str] = []
        for flags, settings in declarations(tree):
            names = {squeeze(flag.lstrip("-").replace("-", "_")) for flag in flags}
            names |= {squeeze(str(settings["dest"]))} if "dest" in settings else set()
            if settings.get("action") in ("store_true", "store_false"):
                if names & set(LSTM) and self.values["model"] == "LSTM":
                    options.append(flags[-1])
                continue
            default = settings.get("default")
            choices = settings.get("choices") or ()
            example = default if default is not None else next(iter(choices), None)
            value = next((v for n in names if (v := self.value(n, example)) is not None), None)
            if value is not None and value != default:
                is_option = flags[0].startswith("-")
                (options if is_option else positional).extend(
                    [flags[-1]] * is_option + [str(value)]
                )
        return [*positional, *options]

    def value(self, name: str, example: Any) -> Any:
        """Return what the program's value of that name should be; None if it isn't one of ours.

        Args:
            name: The program's name for the value.
            example: What the program itself sets it to, or None.
        """
        known = by_any_name(dict(zip(self.values, self.values, strict=True)), self.aliases)
        key = known.get(squeeze(name))
        if key is None:
            return None
        wanted = self.values[key]
        if key == "model":
            return self._spelled(wanted, example)
        if key == "device":
            return wanted if isinstance(example, str) else None
        return wanted if example is None or _is_number(example) else None

    def _spelled(self, model: str, example: Any) -> str | None:
        """Return the program's own name of a model."""
        if example is not None and not (isinstance(example, str) and kind_of(example)):
            return None
        if kind_of(example) == model:
            return str(example)
        other = next((text for text in self.spellings if kind_of(text) == model), model)
        chosen = other.lower() if str(example).islower() and other == model else other
        return sys.intern(chosen)  # as a literal is: some compare by `is`

    def apply(self, arguments: MutableMapping[str, Any]) -> None:
        """Set the values among named ones, and in the configurations among these."""
        for name, old in list(arguments.items()):
            if is_configuration(name, old, self.aliases):
                held = fields_of(old)
                assert held is not None
                self._set(held)
            elif isinstance(old, int | float | str):
                self._set(arguments, [name])

    def _set(self, held: MutableMapping[str, Any], names: Iterable[str] | None = None) -> None:
        for name in list(held if names is None else names):
            new = self.value(str(name), held[name])
            if new is not None and new != held[name]:
                held[name] = new

    def rewritten(self, tree: ast.Module) -> ast.Module:
        """Return the program with the literals replaced that are bound to names in ``literal``."""
        changed: ast.Module = _Rewriter(self).visit(tree) if self.literal else tree
        return changed


def kind_of(name: object) -> str:
    """Return "LSTM" or "RNN", whichever a text names; "" if it names neither."""
    squeezed = squeeze(str(name)).replace("-", "").replace(" ", "")
    if squeezed in LSTM:
        return "LSTM"
    return "RNN" if squeezed in VANILLA else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Rewriter(ast.NodeTransformer):
    """Replaces literals where a module, class or block binds them.

    Functions keep theirs, but for the defaults of the command line's options.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names: Mapping[str, Any] = by_any_name(
            {name: settings.values[name] for name in settings.literal if name in settings.values},
            settings.aliases,
        )

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                self._set_default(call)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=False)
                node.value.elts = [self._literal(name, value) for name, value in pairs]
            else:
                node.value = self._literal(target, node.value)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self._literal(node.target, node.value)
        return self.generic_visit(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        if isinstance(node.target, ast.Name) and squeeze(node.target.id) in self._names:
            wanted = self._settings.value(node.target.id, 1)
            if wanted is not None and isinstance(node.iter, ast.List | ast.Tuple | ast.Call):
                node.iter = ast.List([ast.Constant(wanted)], ast.Load())
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        for place, key in enumerate(node.keys):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                node.values[place] = self._literal(ast.Name(key.value), node.values[place])
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = getattr(node.func, "id", getattr(node.func, "attr", "")).lower()
        if called.endswith(HOLDERS):
            for keyword in node.keywords:
                keyword.value = self._literal(ast.Name(keyword.arg or ""), keyword.value)
        self._set_default(node)
        return self.generic_visit(node)

    def _set_default(self, call: ast.Call) -> None:
        """Replace the default of an option that ``call`` declares, if it declares one."""
        if getattr(call.func, "attr", "") != "add_argument":
            return
        flags = [str(flag.value) for flag in call.args if isinstance(flag, ast.Constant)]
        for keyword in call.keywords:
            if keyword.arg == "default" and flags:
                name = flags[-1].lstrip("-").replace("-", "_")
                keyword.value = self._literal(ast.Name(name), keyword.value)

    def _literal(self, target: ast.expr, value: ast.expr) -> ast.expr:
        name = getattr(target, "id", getattr(target, "attr", ""))
        if isinstance(value, ast.List) and value.elts:  # of several lengths, say: one is enough
            one = self._literal(target, value.elts[0])
            return value if one is value.elts[0] else ast.List([one], ast.Load())
        if not isinstance(value, ast.Constant) or value.value is None:
            return value
        wanted = self._settings.value(name, value.value) if squeeze(name) in self._names else None
        return value if wanted is None else ast.Constant(wanted)
