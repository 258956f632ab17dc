"""Make small changes of a syntax tree, as students get things wrong."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

Operators = dict[type[ast.AST], list[type[ast.AST]]]
OPERATORS: Operators = {
    ast.Add: [ast.Sub, ast.Mult],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Add, ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
}
ORDERED = (ast.MatMult, ast.Sub, ast.Div)  # operands may be exchanged
COMPARISONS: Operators = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt],
    ast.Eq: [ast.NotEq],
    ast.Is: [ast.IsNot],
}
CALLS = {
    "tanh": ["sigmoid", "relu"],
    "sigmoid": ["tanh"],
    "zeros": ["ones"],
    "zeros_like": ["ones_like"],
    "new_zeros": ["new_ones"],
    "sum": ["mean"],
    "mean": ["sum"],
    "cat": ["stack"],
}
DROPPED = {"detach", "clone", "copy", "item", "transpose", "swapaxes", "square"}
STATEMENTS = ast.Assign | ast.AugAssign | ast.Return | ast.Expr | ast.Raise | ast.Break
Variants = Iterator[ast.AST | None]


def variants(node: ast.AST) -> Variants:
    """Yield what may stand in the place of ``node``; None leaves a statement out."""
    if isinstance(node, ast.expr):
        yield from expressions(node)
    elif isinstance(node, ast.Slice):
        yield from slices(node)
    elif isinstance(node, ast.For):
        yield changed(node, iter=call("reversed", call("list", node.iter)))
    elif isinstance(node, ast.If):
        yield changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.With):
        yield ast.If(ast.Constant(True), node.body, [])
    elif isinstance(node, STATEMENTS):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        yield node if docstring else None
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Call):
            yield changed(node, value=ast.Call(ast.Attribute(node.value, "detach"), [], []))
        if isinstance(node, ast.AugAssign):
            yield ast.Assign([node.target], node.value)
            for operator in OPERATORS.get(type(node.op), []):
                yield changed(node, op=operator())


def expressions(node: ast.expr) -> Variants:
    match node:
        case ast.BinOp():
            for operator in OPERATORS.get(type(node.op), []):
                yield changed(node, op=operator())
            if isinstance(node.op, ORDERED):
                yield changed(node, left=node.right, right=node.left)
            if isinstance(node.op, ast.MatMult):
                yield changed(node, left=ast.Attribute(node.left, "T", ast.Load()))
                yield changed(node, right=ast.Attribute(node.right, "T", ast.Load()))
            yield node.left
            yield node.right
        case ast.Compare():
            for index, old in enumerate(node.ops):
                for new in COMPARISONS.get(type(old), []):
                    yield changed(node, ops=[*node.ops[:index], new(), *node.ops[index + 1 :]])
        case ast.BoolOp():
            yield changed(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Attribute():
            for name in CALLS.get(node.attr, []):
                yield changed(node, attr=name)
            if node.attr == "T":
                yield node.value
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node.operand
        case ast.Subscript(slice=ast.Name() | ast.BinOp()):
            yield changed(node, slice=shifted(node.slice, -1))
            yield changed(node, slice=shifted(node.slice, 1))
        case ast.Call():
            yield from calls(node)


def calls(node: ast.Call) -> Variants:
    function, arguments = node.func, node.args
    if isinstance(function, ast.Name) and function.id == "range":
        yield changed(node, args=[*arguments[:-1], shifted(arguments[-1], -1)])
    if isinstance(function, ast.Name) and function.id == "reversed":
        yield arguments[0]
    if isinstance(function, ast.Attribute) and function.attr in DROPPED:
        yield function.value
    for i in range(len(arguments) - 1):
        exchanged = [*arguments[:i], arguments[i + 1], arguments[i], *arguments[i + 2 :]]
        yield changed(node, args=exchanged)
    for keyword in node.keywords:
        yield changed(node, keywords=[each for each in node.keywords if each is not keyword])


def slices(node: ast.Slice) -> Variants:
    for field in ("lower", "upper"):
        bound = getattr(node, field)
        if bound is not None:
            yield changed(node, **{field: None})
            if not isinstance(bound, ast.Constant | ast.UnaryOp):
                yield changed(node, **{field: shifted(bound, -1)})
                yield changed(node, **{field: shifted(bound, 1)})
    if ast.unparse(node) in ("1:", ":-1"):  # one for the other
        minus_one = ast.UnaryOp(ast.USub(), ast.Constant(1))
        first = node.lower is None
        yield ast.Slice(ast.Constant(1) if first else None, None if first else minus_one)


def changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def shifted(node: ast.expr, by: int) -> ast.expr:
    return ast.BinOp(node, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))


def call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
