"""Choose the statements that a notebook's definitions need (a backward slice).

Kept are all definitions (imports, functions, classes), constants, settings, and what the exercises
ask for by name. Of the other statements those are kept that bind or change a name that something
kept uses, and so on backward. The rest is left out: trainings, plots, prints. So is what a
definition might depend on but what is a training (a loop that computes gradients): importing a
solution must not take hours.
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from grader.core.spelling import squeeze
from grader.submission.effects import Effects, effects_with_functions

# A constant is built from literals and names of constants by these …
PURE = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Compare, ast.Dict, ast.FormattedValue, ast.IfExp,
    ast.JoinedStr, ast.List, ast.Set, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple,
    ast.UnaryOp, ast.keyword,
)  # fmt: skip
# … and by calls that cost nothing and change nothing.
PURE_CALLS = {
    "Path", "bool", "collections.namedtuple", "dict", "float", "int", "len", "list", "namedtuple",
    "np.array", "numpy.array", "range", "set", "str", "torch.backends.mps.is_available",
    "torch.cuda.is_available", "torch.device", "torch.tensor", "tuple",
}  # fmt: skip
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)


MAX_WORK = 2_000_000  # calls and names that are followed: more than any notebook needs


@dataclass(frozen=True)
class Statement:
    """A statement with what it does, and what the functions that it defines do when called."""

    node: ast.stmt
    effects: Effects
    functions: dict[str, Effects]

    @classmethod
    def of(cls, node: ast.stmt) -> Statement:
        """Analyse a statement; RecursionError if it is nested too deeply for that."""
        return cls(node, *effects_with_functions(node))


def slice_of(statements: Sequence[Statement], wanted: Container[str] = ()) -> list[bool]:
    """Tell of each statement of a notebook, in order, whether it is kept.

    Args:
        wanted: Names that the exercises or other files ask for, squeezed.
    """
    functions: dict[str, Effects] = {}
    for statement in statements:
        functions |= statement.functions
    calls = _Calls(functions)
    for statement in statements:
        calls.add_to(statement.effects)
    constants, kept, imported = _Constants(), [], set[str]()
    for statement in statements:
        is_constant = constants.holds(statement)
        needs_no_reason = (
            is_constant
            or _is_definition(statement.node)
            or any(squeeze(name) in wanted for name in statement.effects.binds)
        )
        kept.append(needs_no_reason and not statement.effects.trains)
        if isinstance(statement.node, ast.Import | ast.ImportFrom):
            imported |= statement.effects.binds
    known = imported | vars(builtins).keys()
    for number, statement in enumerate(statements):
        if statement.effects.settings and statement.effects.reads <= known:
            kept[number] = True
    _close(kept, [statement.effects for statement in statements], imported)
    return kept


def _close(kept: list[bool], effects: Sequence[Effects], imported: set[str]) -> None:
    """Keep what the kept statements need, until nothing is missing."""
    binding, changing = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for number, found in enumerate(effects):
        for name in found.binds:
            binding[name].append(number)
        for name in found.stores | (found.changes - imported):
            changing[name].append(number)
    waiting = [number for number, is_kept in enumerate(kept) if is_kept]
    while waiting:
        found = effects[waiting.pop()]
        asked = [binding.pop(name, []) for name in found.reads]
        asked += [changing.pop(name, []) for name in found.reads | found.binds]
        for number in (number for numbers in asked for number in numbers):
            if not kept[number] and not effects[number].trains:
                kept[number] = True
                waiting.append(number)


@dataclass(frozen=True)
class _Outcome:
    """The effects of a call, with those of all functions that are called by it."""

    binds: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    trains: bool = False


class _Calls:
    """Follow calls through functions, each function once; nothing is followed after `MAX_WORK`."""

    def __init__(self, functions: Mapping[str, Effects]) -> None:
        self._functions = functions
        self._inner = {
            name: list(dict.fromkeys((n, loop) for n, _, loop in each.calls if n in functions))
            for name, each in functions.items()
        }
        self._known: dict[tuple[str, bool], _Outcome] = {}
        self._work = 0

    def add_to(self, effects: Effects) -> None:
        """Add to a statement's effects those of the functions that it calls, however far."""
        if not self._functions:
            return
        outcomes = dict[tuple[str, bool], None]()
        for name, given, in_loop in effects.calls:
            if (called := self._functions.get(name)) is not None:
                outcomes[name, in_loop] = None
                if called.alters:
                    effects.changes |= given
        for name, in_loop in outcomes:
            outcome = self._outcome(name, in_loop)
            self._work += len(outcome.binds) + len(outcome.changes)
            if self._work > MAX_WORK:
                return
            effects.binds |= outcome.binds
            effects.changes |= outcome.changes
            effects.trains |= outcome.trains

    def _outcome(self, name: str, in_loop: bool) -> _Outcome:
        """Return the effects of calling a function, perhaps over and over."""
        if (name, in_loop) in self._known:
            return self._known[name, in_loop]
        reached = {(name, in_loop)}
        waiting = list(reached)
        binds, changes, trains = set[str](), set[str](), False
        while waiting and self._work <= MAX_WORK:
            one, again = waiting.pop()
            called = self._functions[one]
            binds |= called.binds
            changes |= called.changes
            trains |= called.trains or (again and called.differentiates)
            inner = {(each, again or loop) for each, loop in self._inner[one]} - reached
            reached |= inner
            waiting += inner
            self._work += 1 + len(called.binds) + len(called.changes) + len(self._inner[one])
        found = _Outcome(frozenset(binds), frozenset(changes), trains)
        self._known[name, in_loop] = found
        return found


def _is_definition(statement: ast.stmt) -> bool:
    """Tell whether a statement defines something, by itself or in one of its blocks."""
    if isinstance(statement, DEFINITIONS):
        return True
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return isinstance(statement.value, ast.Lambda)
    return isinstance(statement, COMPOUND) and any(
        _is_definition(each)
        for part in (statement, *getattr(statement, "handlers", []))
        for name in ("body", "orelse", "finalbody")
        for each in getattr(part, name, [])
    )


class _Constants:
    """Tell constants, in the order of the statements."""

    def __init__(self) -> None:
        self._known = {name for name in dir(builtins) if not name.startswith("__")}

    def holds(self, statement: Statement) -> bool:
        """Tell whether a statement binds constants, and remember the names of what is known."""
        found = False
        match statement.node:
            case ast.Expr() | ast.Pass():
                return False
            case ast.Assign(targets=targets, value=value):
                found = all(map(_is_name, targets)) and self._is_pure(value)
            case ast.AnnAssign(target=ast.Name(), annotation=note, value=ast.expr() as value):
                found = self._is_pure(note) and self._is_pure(value)
        if found or isinstance(statement.node, DEFINITIONS):
            self._known |= statement.effects.binds
        else:
            self._known -= statement.effects.binds
        return found

    def _is_pure(self, value: ast.expr) -> bool:
        try:
            return self._is_constant(value)
        except RecursionError:
            return False

    def _is_constant(self, node: ast.AST) -> bool:
        match node:
            case ast.Constant() | ast.Lambda():
                return True
            case ast.Name(id=name):
                return name in self._known
            case ast.Call(func=function):
                pure = _dotted(function) in PURE_CALLS
            case _:
                pure = isinstance(node, PURE)
        children = (
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr | ast.keyword)
        )
        return pure and all(map(self._is_constant, children))


def _is_name(target: ast.expr) -> bool:
    match target:
        case ast.Name():
            return True
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(_is_name, elements))
    return False


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    return ""
