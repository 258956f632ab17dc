"""Tell what a statement of a notebook binds, changes and reads, without running it.

Objects are told by names, so an alias is not followed: after ``b = a``, a change of ``b`` is none
of ``a``. Calls change what they plainly may change: the object whose method is called for its own
sake (``table.update(…)``), the arguments of functions that change their parameters, and the names
that such functions change by themselves.

Students' code may be nested as deeply as Python's parser allows. So each node is visited once, and
what stands in a function counts where it belongs: its reads for the whole statement, all else for
a call of that function.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.submission.scopes import (
    arguments_of,
    bound_in,
    declared_global,
    last_name,
    objects_in,
    targets_of,
)

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
    return effects_with_functions(statement)[0]


def effects_with_functions(statement: ast.stmt) -> tuple[Effects, dict[str, Effects]]:
    """Return the effects of a statement, and of calling what it defines, by name.

    These are functions, methods, and classes with an ``__init__``; what they read is left out.
    """
    reader = _Reader()
    reader.visit(statement)
    found: dict[str, Effects] = {}
    for node in ast.walk(statement):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found[name] = reader.when_called[node]
            case ast.ClassDef(name=name, body=body):
                for each in body:
                    if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                        found[name] = reader.when_called[each]
    return reader.effects, found


_Counts = dict[str, int]  # how many of the scopes around a node have a name of their own


@dataclass
class _Frame:
    """Code that runs together: a statement at top level, or a function when it is called."""

    effects: Effects = field(default_factory=Effects)
    local: _Counts = field(default_factory=dict)  # of classes and comprehensions in it
    loops: int = 0


class _Reader(ast.NodeVisitor):
    """Collect the effects of a statement, and of each call of a function in it."""

    def __init__(self) -> None:
        self.when_called: dict[ast.AST, Effects] = {}
        self._top = self._frame = _Frame()
        self._hidden = self._top.local  # names of all functions, classes, … around the node

    @property
    def effects(self) -> Effects:
        """Return the effects of the statement itself."""
        return self._top.effects

    # Scopes

    @contextlib.contextmanager
    def _scope(self, names: Iterable[str]) -> Iterator[None]:
        """Hide names of the module, and of the frame's own, while what is inside is visited."""
        own = set(names)
        tables = [self._hidden]
        if self._frame.local is not self._hidden:
            tables.append(self._frame.local)
        for table in tables:
            for name in own:
                table[name] = table.get(name, 0) + 1
        yield
        for table in tables:
            for name in own:
                table[name] -= 1
                if not table[name]:
                    del table[name]

    def _inside(self, nodes: Iterable[ast.AST], local: Iterable[str]) -> None:
        loops = self._frame.loops
        with self._scope(local):
            for node in nodes:
                self.visit(node)
        self._frame.loops = loops

    def _function(self, node: Function) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        arguments = arguments_of(node.args)
        for argument in arguments:
            if argument.annotation:
                self.visit(argument.annotation)
        parameters = {argument.arg for argument in arguments}
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        declared = set[str]() if isinstance(node, ast.Lambda) else declared_global(node.body)
        bound = set(bound_in(body))
        outer, frame = self._frame, _Frame()
        with self._scope(parameters | (bound - declared)):
            self._frame = frame
            for each in body:
                self.visit(each)
            self._frame = outer
        effects = frame.effects
        own = {argument.arg for argument in arguments[:1]} & {"self", "cls"}
        changed = effects.stores | effects.changes
        effects.alters = bool(changed & (parameters - own))
        effects.changes = changed - parameters - bound
        effects.binds = declared
        self.when_called[node] = effects

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
            self._inside([method], [method.name])
        others = [each for each in node.body if not isinstance(each, Function)]
        self._inside(others, bound_in(node.body))

    def visit_ListComp(self, node: Comprehension) -> None:
        self._inside(ast.iter_child_nodes(node), targets_of(node))

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    # Names

    def _bind(self, name: str) -> None:
        if self._frame is self._top and name not in self._hidden:
            self.effects.binds.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._hidden:
            return
        if isinstance(node.ctx, ast.Load):
            self.effects.reads.add(node.id)
        elif not isinstance(node.ctx, ast.Del):
            self._bind(node.id)

    def visit_alias(self, node: ast.alias) -> None:
        self._bind((node.asname or node.name).partition(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = visit_ExceptHandler

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._bind(node.rest)
        self.generic_visit(node)

    # Changes

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            if node.target.id not in self._hidden:
                self.effects.reads.add(node.target.id)
            if node.target.id not in self._frame.local:
                self._frame.effects.stores.add(node.target.id)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._frame.effects.stores |= objects_in(node.value).difference(self._frame.local)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_For(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        self._frame.loops += 1
        self.generic_visit(node)
        self._frame.loops -= 1

    visit_AsyncFor = visit_While = visit_For

    def visit_Expr(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            self._call(value, is_statement=True)
            for child in ast.iter_child_nodes(value):
                self.visit(child)
        else:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._call(node, is_statement=False)
        self.generic_visit(node)

    def _called(self, node: ast.expr) -> None:
        """Note that a decorator runs."""
        if isinstance(node, ast.Name | ast.Attribute):
            self._frame.effects.calls.append((last_name(node), set(), False))

    def _call(self, node: ast.Call, *, is_statement: bool) -> None:
        name, effects, local = last_name(node.func), self._frame.effects, self._frame.local
        given = set[str]().union(
            *map(objects_in, node.args), *(objects_in(k.value) for k in node.keywords)
        )
        is_gradient = name in GRADIENTS and isinstance(node.func, ast.Attribute)
        effects.differentiates |= is_gradient
        effects.trains |= self._frame.loops > 0 and (is_gradient or name in FITS)
        if name.endswith("_") or name in CHANGING:
            effects.changes |= given.difference(local)
        if isinstance(node.func, ast.Attribute):
            if is_statement and name.startswith(SETTINGS):
                effects.settings = True
            if is_statement or name in METHODS or name.endswith("_"):
                owner = objects_in(node.func.value, calls=0)
                effects.changes |= owner.difference(local)
        effects.calls.append((name, given, bool(self._frame.loops)))
