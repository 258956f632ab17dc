"""How many small faults the grader notices: mutants of a reference file, graded one by one.

    python -m tests.benchmarks.mutants palindrome/lstm.py --select "test_lstm"

Every mutant changes one place of a function: an operator, a comparison, a number, a slice, an
index, a called function, an argument, a default, the order of a loop, a statement left out.
Survivors are printed with their line; some of them are equivalent to the original (an initial value
of another size, say), so somebody must read the list.
"""

from __future__ import annotations

import argparse
import ast
import copy
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from grader.run import run, warm

ROOT = Path(__file__).parents[2]
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
    """What may stand in the place of ``node``; None leaves a statement out."""
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
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
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


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, what was changed, mutated source) for every place inside functions."""
    tree = ast.parse(source)
    count = len(list(ast.walk(tree)))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for part in [*function.body, *function.args.defaults]
        for node in ast.walk(part)
    }
    for index in range(count):
        original = list(ast.walk(tree))[index]
        if id(original) not in inside:
            continue
        for number, _ in enumerate(variants(original)):
            mutated = copy.deepcopy(tree)
            node = list(ast.walk(mutated))[index]
            replacement = list(variants(node))[number]
            _replace(mutated, node, replacement)
            text = ast.unparse(ast.fix_missing_locations(mutated))
            detached = ".detach()" in text and "import torch" not in source
            if text != ast.unparse(tree) and not detached:
                after = ast.unparse(replacement) if replacement else "(left out)"
                before = ast.unparse(original)
                shown = [part.splitlines()[0] for part in (before, after)]
                yield original.lineno, "  →  ".join(shown), text


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST | None) -> None:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
            elif isinstance(value, list) and any(item is old for item in value):
                items = [new if item is old else item for item in value]
                kept = [item for item in items if item is not None]
                setattr(parent, field, kept or [ast.Pass()])


def main() -> None:
    parser = argparse.ArgumentParser(description="Grade mutants of a reference file.")
    parser.add_argument("file", help="below reference/")
    parser.add_argument("--select", default="", help="pytest's -k")
    parser.add_argument("--every", type=int, default=1, help="only every n-th mutant")
    arguments = parser.parse_args()
    source = (ROOT / "reference" / arguments.file).read_text(encoding="utf-8")
    chosen = list(mutants(source))[:: arguments.every]
    survivors = []
    with tempfile.TemporaryDirectory() as folder, warm():
        submission = Path(folder) / "submission"
        shutil.copytree(ROOT / "reference", submission)
        for line, change, text in track(chosen, "grading mutants"):
            (submission / arguments.file).write_text(text, encoding="utf-8")
            options = ["-x", "--time-scale", "0.3", "-k", arguments.select]
            if run(submission, seed=1, arguments=options).status == 0:
                survivors.append(f"line {line}: {change}")
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants noticed; survivors:")
    print("\n".join(survivors) or "none")


if __name__ == "__main__":
    main()
