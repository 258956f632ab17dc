"""Reading a hand-in costs the judge no more than its length allows, whatever it holds."""

from __future__ import annotations

import ast
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.bans.main_blocks import main_blocks_run
from grader.core import sources
from grader.core.errors import UserError
from grader.submission.conversion import MAGIC
from grader.submission.effects import Effects, effects_with_functions
from grader.submission.exception_hints import broken_candidate, in_cells
from grader.submission.filter import MAX_CODE_TOTAL
from grader.submission.magics import plain_cell, plain_export
from grader.submission.missing_packages import lacking
from grader.submission.notebooks import MAX_MODULE, module_of
from grader.submission.slicing import MAX_WORK, Statement, slice_of
from grader.submission.snapshot import open_submission
from tests.submission_files import folder_of

LIMIT = 20.0  # seconds of processor time for what took minutes, hours or gigabytes


@contextlib.contextmanager
def quick(seconds: float = LIMIT) -> Any:
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


def notebook(*cells: str) -> bytes:
    code = [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": code}).encode()


def nested(line: Callable[[int], str], depth: int, body: str) -> str:
    """Return ``depth`` blocks in blocks, each begun by ``line`` of its number, around ``body``."""
    heads = "".join(f"{' ' * number}{line(number)}\n" for number in range(depth))
    return f"{heads}{' ' * depth}{body}\n"


# Patterns


LINES = {
    "blank lines in front of blanks": "x = '''" + "\n" * 2000 + " " * 6000 + "'''",
    "blanks": " " * 300_000 + "x",
    "blank lines": "\n" * 300_000 + "x(",
    "names": "a, " * 100_000 + "x",
    "question marks": "? " * 100_000 + "x",
    "equal signs": "a = " * 100_000,
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_lines_of_ipython_are_looked_for_in_linear_time(text: str) -> None:
    with quick(2):
        MAGIC.search(text)


@pytest.mark.parametrize(
    "cell",
    ["%run " + "-a " * 50_000 + "/" * 50_000 + "\n$", "%run " + "/" * 100_000 + "\n$",
     "%%file " + "-a " * 50_000 + "/", "%%time\n" * 60_000 + "x = 1", "%time " + "-a" * 100_000,
     "%time " + "-a " * 100_000 + "$"],
)  # fmt: skip
def test_magics_are_read_in_linear_time(cell: str) -> None:
    with quick(2):
        plain_cell(cell)


def test_many_small_cells_of_an_export() -> None:
    """The sources whose trees are kept were counted anew for each."""
    cells = "".join(f"# %%\na{number}\n" for number in range(20_000))
    with quick(5):
        plain_export(f"get_ipython()\n{cells}$")


def test_a_definition_in_a_broken_file_is_looked_for_in_linear_time(tmp_path: Path) -> None:
    texts = {"a.py": b"\n" * 200_000 + b"x("}
    with open_submission(folder_of(tmp_path / "a", texts)) as opened, quick(2):
        assert broken_candidate(opened, ["LSTM"]) is None
    texts = {"a.py": b"x(\nasync  def  g\n", "b.py": b"x(\n    class LSTM"}
    with open_submission(folder_of(tmp_path / "b", texts)) as opened:
        found = broken_candidate(opened, ["LSTM", "g"])
        assert found is not None
        assert str(found[0]) == "a.py"


def test_frames_of_a_long_notebook_are_named_in_little_time(tmp_path: Path) -> None:
    source = b"# made of the notebook a.ipynb\n" + b"\n" * 400_000
    frames = 'File "a.py", line 400000\n' * 100
    with open_submission(folder_of(tmp_path / "a", {"a.py": source})) as opened, quick():
        assert in_cells(opened, frames).startswith("a.ipynb\n")


# Trees


def visits(monkeypatch: pytest.MonkeyPatch, statement: str) -> int:
    """Count how many nodes are visited to analyse a statement."""
    count = 0

    def counted(node: Any) -> Any:
        nonlocal count
        for child in children(node):
            count += 1
            yield child

    (node,) = sources.parse(statement).body
    children = ast.iter_child_nodes
    with monkeypatch.context() as patch:
        patch.setattr(ast, "iter_child_nodes", counted)
        patch.setattr(ast.NodeVisitor, "generic_visit", lambda self, node: [
            self.visit(child) for child in counted(node)])  # fmt: skip
        effects_with_functions(node)
    return count


NESTS: dict[str, Callable[[int], str]] = {
    "functions": lambda depth: nested(lambda i: f"def f{i}():", depth, "a;" * 500),
    "classes": lambda depth: nested(lambda i: f"class A{i}:", depth, "a;" * 500),
    "methods": lambda depth: nested(
        lambda i: f"class A{i}:" if i % 2 else f"def f{i}(self):", depth, "a;" * 500
    ),
    "blocks": lambda depth: nested(lambda _: "for x in y:", min(depth, 19), "a;" * 500),
    "calls": lambda depth: "f(" * depth + "a," * 500 + ")" * depth,
    "lists": lambda depth: "x = " + "[" * depth + "(" + "a," * 500 + ")" + " for i in y]" * depth,
    "lambdas": lambda depth: "x = " + "lambda: [" * depth + "a," * 500 + "]" * depth,
    "decorators": lambda depth: nested(lambda i: f"@(lambda: {i})\n{' ' * i}def f():", depth, "a;"),
}


@pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)
def test_depth_costs_no_further_visits(
    monkeypatch: pytest.MonkeyPatch, nest: Callable[[int], str]
) -> None:
    flat, deep = (visits(monkeypatch, nest(depth)) for depth in (10, 40))
    assert deep < 1.6 * flat + 1000


def test_local_names_are_counted_not_copied() -> None:
    names = " = ".join(f"a{number}" for number in range(20_000))
    body = f"def f():\n {names} = 0\n " + "lambda: 0; " * 20_000
    with quick(5):
        effects_with_functions(sources.parse(body).body[0])


def test_calls_are_followed_by_function_not_by_statement() -> None:
    functions = "".join(
        f"def f{i}():\n f{(i + 1) % 390}();" + "f0();" * 60 + "\n" for i in range(390)
    )
    body = sources.parse(functions + "f0()\n" * 4500).body
    with quick(5):
        assert sum(slice_of([Statement.of(node) for node in body])) == 390


def test_calls_are_followed_as_far_as_there_is_work_for() -> None:
    """Each function of a chain changes a name of its own: all together would be a square."""
    count = 4_000
    effects = Effects(calls=[(f"f{number}", set(), False) for number in range(count)])
    statement = sources.parse("f0()").body[0]
    functions = {
        f"f{number}": Effects(changes={f"x{number}"}, calls=[(f"f{number + 1}", set(), False)])
        for number in range(count)
    }
    with quick(5):
        slice_of([Statement(statement, effects, functions)])
    assert len(effects.changes) < MAX_WORK


@pytest.mark.parametrize(
    "cells",
    [
        [nested(lambda i: f"def f{i}():", 90, "a;" * 50_000 + "a")],
        [nested(lambda _: "if __name__ == '__main__':", 90, "a;" * 50_000 + "a")],
        ["f(" * 90 + ",".join(["a"] * 25_000) + ")" * 90],
        ["x = 1;" * 4_900],
        [nested(lambda i: f"def f{i}():", 90, "a;" * 1_400) * 170],
        ["if a: x\n" + "elif b: x\n" * 1500],
        ["a1\n"] * 4_900,
    ],
)
def test_a_notebook_costs_what_it_is_long(cells: list[str]) -> None:
    with quick(), contextlib.suppress(UserError):
        assert len(module_of(cells, "a.ipynb").source) <= MAX_MODULE + 1000


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("print(" + "+".join(["1"] * 450) + ", '''\n''')", "nested too deeply"),
        ("print(0x" + "f" * 5000 + ", '''\n''')", "integer string conversion"),
        (
            "if __name__ == '__main__':\n" + nested(lambda i: f" if {i}:", 90, " " + "a;" * 2000),
            "nested deeply",
        ),
    ],
)
def test_a_statement_that_can_not_be_written_anew_is_left_out(statement: str, reason: str) -> None:
    made = module_of(["def f(): pass", statement], "a.ipynb")
    assert "def f()" in made.source
    assert len(made.unread) == 1
    assert reason in made.unread[0]


# Hand-ins


def cell_v3(**more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "language": "python", "outputs": [], "input": "x = 1"} | more


def old_notebook(cells: list[Any]) -> bytes:
    sheets = [{"metadata": {}, "cells": cells}]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}).encode()


def words(start: int) -> bytes:
    return " ".join(f"w{number}" for number in range(start, start + 1_500_000)).encode()


HANDED_IN: dict[str, Callable[[], dict[str, bytes]]] = {
    "data that looks like code": lambda: {"data.txt": b"a," * 2**22, "a.py": b"x = 1\n"},
    "words that are no notebook": lambda: {
        f"n{number}.ipynb": b"n0 n1 " + words(number * 10**6) for number in range(2)
    } | {"a.py": b"x = 1\n"},
    "cells of an old notebook": lambda: {"a.ipynb": old_notebook([cell_v3()] * 60_000)},
    "outputs": lambda: {
        "a.ipynb": old_notebook([cell_v3(outputs=[{"text": "a"}] * 190_000)]),
    },
    "files that ask for each other's names": lambda: {
        **{f"n{i}.ipynb": notebook(" ".join(f"n{j}" for j in range(20)) + words(i)[:2**17].decode())
           for i in range(20)},
        "a.py": b"x = 1\n",
    },
    "many data files": lambda: {f"{number}.txt": b"a," for number in range(5_000)} | {
        "a.py": b"x = 1\n"
    },
    "modules that import each other": lambda: {
        f"m{number}.py": ",".join(f"m{each}" for each in range(number - 300, number)).join(
            ["import ", "\n"]
        ).replace("m-", "k").encode()
        for number in range(600)
    },
    "a long chain of elif": lambda: {"a.py": b"if a: x\n" + b"elif b: x\n" * 1_500},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("files", HANDED_IN.values(), ids=HANDED_IN)
def test_a_hand_in_costs_what_it_is_long(
    tmp_path: Path, files: Callable[[], dict[str, bytes]]
) -> None:
    folder = folder_of(tmp_path / "a", files())
    with quick(), open_submission(folder) as opened:
        lacking(opened)
        opened.find("none.py", ["none"])
        texts = {str(file): opened.source_of(file) for file in opened.modules}
        main_blocks_run(tuple(texts.items()))


def test_all_code_together_is_bounded_with_what_is_made_of_notebooks(tmp_path: Path) -> None:
    cell = "x = '" + "a" * 480_000 + "'"
    files = {f"n{number}.ipynb": notebook(cell) for number in range(10)}
    with open_submission(folder_of(tmp_path / "a", files)) as opened:
        assert sum(len(opened.source_of(file)) for file in opened.modules) <= MAX_CODE_TOTAL
        assert any("all code together is more than 4 MiB" in each for each in opened.notices)


def test_a_long_name_is_left_out_alone(tmp_path: Path) -> None:
    """Of 230 characters it has 920 bytes, and file systems have room for 255."""
    import zipfile

    path = tmp_path / "Lee.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "x = 1\n")
        archive.writestr("\U00010400" * 230 + ".py", "y = 1\n")
    with open_submission(path) as opened:
        assert [str(file) for file in opened.files] == ["a.py"]
        assert any("its name is too long" in each for each in opened.notices)
