"""Find the names that functions and statements bind in their own scope.

Comprehensions, functions and classes inside have scopes of their own. Here are also the names that
a call is given, and the name that it calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

NESTED = 10  # calls in calls through which arguments are followed


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function, with ``*args`` and ``**kwargs``."""
    several = [each for each in (arguments.vararg, arguments.kwarg) if each]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *several]


def declared_global(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that a function's body declares global, without functions inside."""
    found, waiting = set[str](), list[ast.AST](body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif not isinstance(node, ast.expr | ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += ast.iter_child_nodes(node)
    return found


def targets_of(comprehension: ast.expr) -> set[str]:
    """Return the names that the loops of a comprehension bind."""
    waiting: list[ast.expr] = [loop.target for loop in getattr(comprehension, "generators", [])]
    found = set[str]()
    while waiting:
        match waiting.pop():
            case ast.Name(id=name):
                found.add(name)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                waiting += targets
            case ast.Starred(value=target):
                waiting.append(target)
    return found


def bound_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that nodes bind in their own scope."""
    waiting = [(node, False) for node in nodes]
    while waiting:
        node, in_comprehension = waiting.pop()  # where only ``:=`` binds names of the scope around
        children: Iterable[ast.AST] = ()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
                children = node.decorator_list
            case ast.ClassDef(name=name):
                yield name
                children = [*node.decorator_list, *node.bases]
            case ast.Lambda():
                pass
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name
                children = [value]
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                in_comprehension, children = True, ast.iter_child_nodes(node)
            case _:
                if not in_comprehension:
                    yield from _bound_by(node)
                children = ast.iter_child_nodes(node)
        waiting += [(child, in_comprehension) for child in children]


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds by itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.alias(name=name, asname=alias):
            yield (alias or name).partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name


def last_name(function: ast.expr) -> str:
    """Return the last part of a function's name: ``f`` of ``a.f(…)(…)``."""
    for _ in range(NESTED):
        match function:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name
            case ast.Call(func=inner):
                function = inner
    return ""


def objects_in(node: ast.AST, calls: int = NESTED) -> set[str]:
    """Return the names of the objects that an expression takes a part of, or is given.

    Args:
        calls: How many calls in calls are followed.
    """
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
            return objects_in(inner, calls)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return set[str]().union(*(objects_in(each, calls) for each in elements))
        case ast.Call(func=function, args=arguments) if calls:
            return set[str]().union(
                *(objects_in(each, calls - 1) for each in (function, *arguments))
            )
    return set()
