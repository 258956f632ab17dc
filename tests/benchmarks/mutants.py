"""Count how many small faults the grader notices: mutants of the reference, graded one by one.

    python -m tests.benchmarks.mutants [FILE …] --results mutants.jsonl

Every mutant changes one place of a function: an operator, a comparison, a number, a slice, an
index, a called function, an argument, a default, the order of a loop, a statement left out. It is
killed if a test of its exercise does not pass, gives advice, or leaves points to a person, for the
original passes them all. A survivor is either a hole in the tests, or equivalent to the original:
then it stands in ``equivalent_mutants.toml`` with the reason.

A whole run takes hours. Each verdict is appended to the file of results at once, and a later run
goes on where this one ended. At the end a table is printed, and each survivor that is not known.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from grader.api import run, warm
from grader.core.course import KITS
from tests.benchmarks.mutations import variants

EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
FILES = (  # the least noticed ones first
    "memory_task.py", "toy_bptt.py", "numpy_rnn.py", "bptt_gradients.py", "sliding_tbptt.py",
    "sliding_training.py", "memory_learner.py",
    "palindrome/vanilla_rnn.py", "palindrome/lstm.py", "palindrome/train.py",
)  # fmt: skip


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, change, mutated source) for every place inside functions."""
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


@dataclass(frozen=True)
class Mutant:
    """A reference file with one change."""

    file: str  # below reference/
    line: int
    change: str  # "before  →  after"
    text: str

    @property
    def key(self) -> str:
        """Return a name that is the same as long as the code of the changed definition is."""
        original = (KITS.reference / self.file).read_text(encoding="utf-8")
        changed = [part for part in definitions(self.text) if part not in definitions(original)]
        return hashlib.sha256("\n".join([self.file, *changed]).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def definitions(source: str) -> tuple[str, ...]:
    """Return the top-level parts of a module, without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tuple(ast.unparse(part) for part in tree.body)


def grade(mutant: Mutant, submission: Path) -> str:
    """Return the check that kills the mutant, with its status, or "": it survives.

    Args:
        submission: A copy of the reference.
    """
    file = submission / mutant.file
    original = file.read_text(encoding="utf-8")
    file.write_text(mutant.text, encoding="utf-8")
    try:
        options = ["-x", "--time-scale", "0.3", "--exercise", exercise_of(mutant.file)]
        graded = run(submission, seed=1, arguments=options)
        if not graded.report["tests"]:
            raise RuntimeError(f"{mutant.file}: no test was run\n{graded.text}")
        for test in graded.report["tests"]:
            if (status := test["metadata"]["status"]) != "passed":
                return f"{test['nodeid'].rpartition('/')[2]}, {status}"
        return ""
    finally:
        file.write_text(original, encoding="utf-8")


def exercise_of(file: str) -> str:
    """Return the exercise that grades a reference file: its folder's name, or its own."""
    name = Path(file).parts[0].removesuffix(".py")
    return {"memory_learner": "memory_task", "sliding_training": "sliding_tbptt"}.get(name, name)


def verdicts(results: Path) -> dict[str, str]:
    """Return what an earlier run has found, by the mutants' keys."""
    if not results.exists():
        return {}
    lines = results.read_text(encoding="utf-8").splitlines()
    return {line["key"]: line["verdict"] for line in map(json.loads, lines)}


def is_equivalent(mutant: Mutant, listed: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a mutant is in the list of those that no test should notice.

    An entry names its file, and the change, the code of its line, or the function that it is in.
    """
    text = (KITS.reference / mutant.file).read_text(encoding="utf-8")
    line, function = text.splitlines()[mutant.line - 1], function_of(text, mutant.line)
    return any(
        each["file"] == mutant.file
        and each.get("change", mutant.change) == mutant.change
        and each.get("code", "") in line
        and each.get("inside", function) == function
        for each in listed
    )


def function_of(source: str, line: int) -> str:
    """Return the name of the top-level definition that a line is in."""
    parts = [
        part
        for part in ast.parse(source).body
        if isinstance(part, ast.FunctionDef | ast.ClassDef)
        and part.lineno <= line <= (part.end_lineno or line)
    ]
    return parts[0].name if parts else ""


def show(chosen: Sequence[Mutant], known: Mapping[str, str]) -> None:
    """Print a row for each file, and the survivors that are not known to be equivalent."""
    listed = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["mutant"]
    print(f"{'file':28}{'mutants':>8}{'graded':>8}{'killed':>8}{'equivalent':>12}{'survived':>10}")
    survivors = []
    for file in sorted({mutant.file for mutant in chosen}):
        own = [mutant for mutant in chosen if mutant.file == file]
        graded = [mutant for mutant in own if mutant.key in known]
        alive = [mutant for mutant in graded if known[mutant.key] == "survived"]
        same = [mutant for mutant in alive if is_equivalent(mutant, listed)]
        survivors += [mutant for mutant in alive if mutant not in same]
        numbers = (len(own), len(graded), len(graded) - len(alive), len(same))
        row = "".join(f"{n:>{w}}" for n, w in zip(numbers, (8, 8, 8, 12), strict=True))
        print(f"{file:28}{row}{len(alive) - len(same):>10}")
    for mutant in survivors:
        print(f"{mutant.file}, line {mutant.line}: {mutant.change}")


def main() -> None:
    """Grade the mutants that have no verdict yet, and show all verdicts."""
    parser = argparse.ArgumentParser(description="Grade mutants of reference files.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="below reference/ (default: all)")
    parser.add_argument("--results", type=Path, default=Path("mutants.jsonl"), metavar="FILE")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every N-th mutant")
    arguments = parser.parse_args()
    chosen = [
        Mutant(file, *found)
        for file in arguments.files or FILES
        for found in list(mutants((KITS.reference / file).read_text(encoding="utf-8")))
    ][:: arguments.every]
    known = verdicts(arguments.results)
    with tempfile.TemporaryDirectory() as folder, warm():
        submission = Path(folder) / "submission"
        shutil.copytree(KITS.reference, submission)
        with arguments.results.open("a", encoding="utf-8") as results:
            for mutant in track(chosen, "grading mutants"):
                if mutant.key not in known:
                    by = grade(mutant, submission)
                    known[mutant.key] = "killed" if by else "survived"
                    line = {
                        "key": mutant.key,
                        "verdict": known[mutant.key],
                        "by": by,
                        "file": mutant.file,
                        "line": mutant.line,
                        "change": mutant.change,
                    }
                    print(json.dumps(line, ensure_ascii=False), file=results, flush=True)
    show(chosen, known)


if __name__ == "__main__":
    main()
