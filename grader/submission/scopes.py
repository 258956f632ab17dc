"""Find the names that functions and statements bind in their own scope.

Comprehensions, functions and classes inside have scopes of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    """Return all parameters of a function, with ``*args`` and ``**kwargs``."""
    several = [each for each in (arguments.vararg, arguments.kwarg) if each]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *several]


def declared_global(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that a function's body declares global."""
    nodes = (node for statement in body for node in ast.walk(statement))
    return {name for node in nodes if isinstance(node, ast.Global) for name in node.names}


def bound_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that nodes bind in their own scope."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
                waiting += node.decorator_list
                continue
            case ast.ClassDef(name=name):
                yield name
                waiting += [*node.decorator_list, *node.bases]
                continue
            case ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.alias(name=name, asname=alias):
                yield (alias or name).partition(".")[0]
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                walrus = [each for each in ast.walk(node) if isinstance(each, ast.NamedExpr)]
                waiting += [each.target for each in walrus]
                continue
        waiting += ast.iter_child_nodes(node)
