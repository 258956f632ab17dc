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

from grader.api import run, warm
from tests.benchmarks.mutations import variants

ROOT = Path(__file__).parents[2]


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, what was changed, mutated source) for every place inside functions."""
    tree = ast.parse(source)
    count = len(list(ast.walk(tree)))
    seen = {ast.unparse(tree)}
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
            if text not in seen and not detached:
                seen.add(text)
                after = ast.unparse(replacement) if replacement else "(left out)"
                before = ast.unparse(original)
                shown = [part.splitlines()[0] for part in (before, after)]
                yield getattr(original, "lineno", 0), "  →  ".join(shown), text


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
