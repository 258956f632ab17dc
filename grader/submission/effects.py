"""Tell what a statement of a notebook binds, changes and reads, without running it.

Objects are told by names, so an alias is not followed: after ``b = a``, a change of ``b`` is none
of ``a``. Calls change what they plainly may change: the object whose method is called for its own
sake (``table.update(…)``), the arguments of functions that change their parameters, and the names
that such functions change by themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.submission.scopes import arguments_of, bound_in, declared_global

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

# Functions that change their arguments, besides those whose names end in "_" as torch's do.
CHANGING = {
    *("setattr", "delattr", "next", "shuffle", "fill_diagonal", "copyto", "put", "place"),
    *("putmask", "heapify", "heappush", "heappop", "exec"),
}
# Methods that change their object, even where their result is used.
METHODS = {
    *("add", "append", "appendleft", "clear", "extend", "insert", "pop", "popitem", "remove"),
    *("reverse", "setdefault", "sort", "update", "__setattr__", "__setitem__", "fill", "register"),
}
SETTINGS = ("set_", "seed", "manual_seed", "seterr", "setrecursionlimit", "use_deterministic")
GRADIENTS = {"backward", "grad"}  # what trainings call over and over
FITS = {"fit", "step"}


@dataclass
class Effects:
    """Names that a statement, or a call of a function, has to do with.

    Attributes:
        binds: Names that get a value in the module.
        stores: Names of objects, or modules, of which a part gets a value: ``a.b = …``.
        changes: Names of objects that may be changed by calls.
        reads: Names of the module that are used, now or by what is defined here.
        calls: Functions and methods that run now, by name, with the names they are given.
        alters: Whether a function changes what it is given.
        settings: Whether it sets something for all that follows: ``torch.set_default_dtype``.
        differentiates: Whether it computes gradients by calling a library.
        trains: Whether it does so over and over.
    """

    binds: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    calls: list[tuple[str, set[str], bool]] = field(default_factory=list)
    alters: bool = False
    settings: bool = False
    differentiates: bool = False
    trains: bool = False


def effects_of(statement: ast.stmt) -> Effects:
    """Return the effects of a statement at top level, those of the calls in it left out."""
    reader = _Reader(frozenset(), deferred=False)
    reader.visit(statement)
    return reader.effects


def effects_of_calls(statement: ast.stmt) -> dict[str, Effects]:
    """Return the effects of calling each function and method that a statement defines, by name."""
    found: dict[str, Effects] = {}
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = _effects_when_called(node)
            case ast.ClassDef(name=name, body=body):
                for each in body:
                    if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                        found[name] = _effects_when_called(each)
    return found


def _effects_when_called(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Effects:
    reader = _Reader(frozenset(), deferred=False)
    for statement in function.body:
        reader.visit(statement)
    effects = reader.effects
    parameters = {argument.arg for argument in arguments_of(function.args)}
    own = {argument.arg for argument in arguments_of(function.args)[:1]} & {"self", "cls"}
    changed = effects.stores | effects.changes
    effects.alters = bool(changed & (parameters - own))
    effects.changes = changed - parameters - set(bound_in(function.body))
    effects.binds = declared_global(function.body)
    return effects


class _Reader(ast.NodeVisitor):
    """Collect effects; ``local`` are the names of functions and classes around the node."""

    def __init__(self, local: frozenset[str], *, deferred: bool) -> None:
        self.effects = Effects()
        self._local = local
        self._deferred = deferred  # in a function that only runs when it is called
        self._loops = 0

    # Scopes

    def _inside(self, nodes: Iterable[ast.AST], local: Iterable[str], *, deferred: bool) -> None:
        outer = self._local, self._deferred, self._loops
        self._local = self._local | set(local)
        self._deferred = self._deferred or deferred
        for node in nodes:
            self.visit(node)
        self._local, self._deferred, self._loops = outer

    def _function(self, node: Function) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        arguments = arguments_of(node.args)
        for argument in arguments:
            if argument.annotation:
                self.visit(argument.annotation)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        declared = set() if isinstance(node, ast.Lambda) else declared_global(node.body)
        local = {argument.arg for argument in arguments} | (set(bound_in(body)) - declared)
        self._inside(body, local, deferred=True)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name)
        for each in [*node.decorator_list, *([node.returns] if node.returns else [])]:
            self._called(each)
            self.visit(each)
        self._function(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name)
        for each in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(each)
        methods = [each for each in node.body if isinstance(each, Function)]
        for method in methods:  # names of the class are not visible to them
            self._inside([method], [method.name], deferred=False)
        others = [each for each in node.body if not isinstance(each, Function)]
        self._inside(others, bound_in(node.body), deferred=False)

    def visit_ListComp(self, node: Comprehension) -> None:
        targets = [generator.target for generator in node.generators]
        walrus = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)}
        self._inside(ast.iter_child_nodes(node), set(bound_in(targets)) - walrus, deferred=False)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    # Names

    def _bind(self, name: str) -> None:
        if not self._deferred and name not in self._local:
            self.effects.binds.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._local:
            return
        if isinstance(node.ctx, ast.Load):
            self.effects.reads.add(node.id)
        elif not isinstance(node.ctx, ast.Del):
            self._bind(node.id)

    def visit_alias(self, node: ast.alias) -> None:
        self._bind((node.asname or node.name).partition(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        for name in bound_in([node]):
            self._bind(name)
        self.generic_visit(node)

    # Changes

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self._local:
            self.effects.reads.add(node.target.id)
            if not self._deferred:
                self.effects.stores.add(node.target.id)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load) and not self._deferred:
            self.effects.stores |= _names(node.value) - self._local
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_For(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        self._loops += 1
        self.generic_visit(node)
        self._loops -= 1

    visit_AsyncFor = visit_While = visit_For

    def visit_Expr(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call) and not self._deferred:
            self._call(value, is_statement=True)
            for child in ast.iter_child_nodes(value):
                self.visit(child)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not self._deferred:
            self._call(node, is_statement=False)
        self.generic_visit(node)

    def _called(self, node: ast.expr) -> None:
        """Note that a decorator runs."""
        if isinstance(node, ast.Name | ast.Attribute) and not self._deferred:
            self.effects.calls.append((_last(node), set(), False))

    def _call(self, node: ast.Call, *, is_statement: bool) -> None:
        name = _last(node.func)
        given = set[str]().union(*map(_names, node.args), *(_names(k.value) for k in node.keywords))
        is_gradient = name in GRADIENTS and isinstance(node.func, ast.Attribute)
        self.effects.differentiates |= is_gradient
        self.effects.trains |= self._loops > 0 and (is_gradient or name in FITS)
        if name.endswith("_") or name in CHANGING:
            self.effects.changes |= given - self._local
        if isinstance(node.func, ast.Attribute):
            if is_statement and name.startswith(SETTINGS):
                self.effects.settings = True
            if is_statement or name in METHODS or name.endswith("_"):
                owner = _names(node.func.value, through_calls=False)
                self.effects.changes |= owner - self._local
        self.effects.calls.append((name, given, bool(self._loops)))


def _last(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner):
            return _last(inner)
    return ""


def _names(node: ast.AST, *, through_calls: bool = True) -> set[str]:
    """Return the names of the objects that an expression takes a part of, or is given."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            return _names(inner, through_calls=through_calls)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return set[str]().union(*(_names(each) for each in elements))
        case ast.Call(func=function, args=arguments) if through_calls:
            return set[str]().union(_names(function), *map(_names, arguments))
    return set()
