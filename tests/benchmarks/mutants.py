"""How many small faults the grader notices: mutants of a reference file, graded one by one.

    python -m tests.benchmarks.mutants palindrome/lstm.py --select "test_lstm"

Every mutant changes one place of a function's body: an operator, a number, a called function, an
argument, a statement left out. Survivors are printed with their line; some of them are equivalent
to the original (an initial value of another size, say), so somebody must read the list.
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
OPERATORS: dict[type[ast.operator], list[type[ast.operator]]] = {
    ast.Add: [ast.Sub, ast.Mult],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Add, ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
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


def variants(node: ast.AST) -> Iterator[ast.AST | None]:
    """What may stand in the place of ``node``; None leaves a statement out."""
    if isinstance(node, ast.BinOp):
        for operator in OPERATORS.get(type(node.op), []):
            yield ast.BinOp(node.left, operator(), node.right)
        yield node.left
        yield node.right
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node, ast.Attribute) and node.attr in CALLS:
        for name in CALLS[node.attr]:
            yield ast.Attribute(node.value, name, node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        yield ast.Call(node.func, [*node.args[:-1], _less(node.args[-1])], [])
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Expr):
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        yield node if docstring else None


def _less(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Sub(), ast.Constant(1))


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, what was changed, mutated source) for every place inside functions."""
    tree = ast.parse(source)
    count = len(list(ast.walk(tree)))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    }
    for index in range(count):
        original = list(ast.walk(tree))[index]
        if id(original) not in inside:
            continue
        for number, _ in enumerate(variants(original)):
            changed = copy.deepcopy(tree)
            node = list(ast.walk(changed))[index]
            replacement = list(variants(node))[number]
            _replace(changed, node, replacement)
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text != ast.unparse(tree):
                after = ast.unparse(replacement) if replacement else "(left out)"
                yield original.lineno, f"{ast.unparse(original)}  →  {after}", text


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
