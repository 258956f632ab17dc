"""A notebook becomes a module that defines what running the notebook defines."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.core.errors import UserError
from grader.core.sources import parse
from grader.submission.cells import MAX_CONTAINERS, code_cells
from grader.submission.notebooks import read_export, read_notebook
from grader.submission.places import place
from tests.submission_files import notebook_of


def module_source(text: str) -> str:
    return read_notebook(text, "hw.ipynb").source


def imported(*cells: str, name: str = "hw") -> dict[str, Any]:
    """Execute the notebook's module, as an import or (``__main__``) as a program."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(module_source(notebook_of(*cells)), "hw.py", "exec"), names)
    return names


def test_the_last_definition_counts() -> None:
    names = imported("def f():\n    return 1", "def f():\n    return 2", "g = f")
    assert names["f"]() == 2


def test_what_is_left_out_runs_in_a_program() -> None:
    cells = ["seen = [1]", "seen.append(2)\nprint(len(seen))\ntotal = sum(seen)"]
    assert "total" not in imported(*cells)
    assert imported(*cells, name="__main__")["total"] == 3


def test_a_statement_that_fails_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    names = imported("n = int(input)\nm = 2", "def f():\n    return n, m")
    assert names["m"] == 2
    assert "note: cell 1, line 1 stopped with TypeError" in capsys.readouterr().out


def test_a_value_that_is_awaited() -> None:
    names = imported(
        "async def read():\n    return 3", "n = await read()", "def f():\n    return n"
    )
    assert names["f"]() == 3


def test_strings_of_several_lines_keep_them() -> None:
    names = imported("t = str('''a\n b''').upper()", "def f():\n    return t")
    assert names["f"]() == "A\n B"


def test_main_blocks_run_in_a_notebook() -> None:
    names = imported("if __name__ == '__main__':\n    n = int('3')\n    print(n)", "f = lambda: n")
    assert names["f"]() == 3


def test_future_imports_move_to_the_top() -> None:
    source = module_source(notebook_of("x = 1", "from __future__ import annotations\ny = 2"))
    compile(source, "module", "exec")
    assert "from __future__" in source.split("\n")[2]


def test_lines_are_named_by_their_cells() -> None:
    cells = ["import os\n\nx = 1", "def f():\n    a = 2\n    return a", "print(x)\ny = len('ab')"]
    source = module_source(notebook_of(*cells, "def g():\n    return y"))
    lines = source.split("\n")

    def where(text: str) -> str:
        return place("hw.py", lines.index(text) + 1, source)

    assert where("x = 1") == "hw.ipynb, cell 1, line 3"
    assert where("    return a") == "hw.ipynb, cell 2, line 3"
    assert where("    y = len('ab')") == "hw.ipynb, cell 3, line 2"
    assert place("a.py", 3, "x = 1\n\ny = 2") == "a.py, line 3"


def test_only_code_cells_count() -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# import this"),
        nbformat.v4.new_code_cell("import os"),
    ]
    assert "# cell 1, line 1\nimport os" in module_source(nbformat.writes(notebook))


def test_cell_that_does_not_parse_is_left_out_and_named() -> None:
    notebook = read_notebook(notebook_of("x = 1", "y = (\nz = 2", "w = 3"), "a.ipynb")
    assert "x = 1" in notebook.source
    assert "z = 2" not in notebook.source
    assert "w = 3" in notebook.source
    assert notebook.unread == ("cell 2 ('(' was never closed)",)


@pytest.mark.parametrize("cell", ["return 1", "x = (yield)", "if x:\n    return"])
def test_cells_that_only_a_function_may_hold_are_named(cell: str) -> None:
    notebook = read_notebook(notebook_of(cell, "x = 1"), "a.ipynb")
    assert "outside function" in notebook.unread[0]
    compile(notebook.source, "a.py", "exec")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends(newline: str) -> None:
    cell = newline.join(["@len", "def f():", "    return 1", "x = 2"])
    assert "@len\ndef f():\n    return 1\n" in module_source(notebook_of(cell))


def test_form_feed_and_other_separators_do_not_shift_definitions() -> None:
    cell = "x = '\u2028\x0c'\ndef f():\n    return '\u2028'\ny = 1"
    source = module_source(notebook_of(cell))
    assert "\ndef f():\n    return '\u2028'\n# cell 1, line 4\ny = 1" in source


def test_nothing_is_executed(tmp_path: Path) -> None:
    target = tmp_path / "written"
    module_source(notebook_of(f"open({str(target)!r}, 'w')", f"x = open({str(target)!r}, 'w')"))
    assert not target.exists()


def test_source_in_lists_of_lines_and_old_versions() -> None:
    cell = {
        "cell_type": "code",
        "input": ["import os\n", "x = 1"],
        "language": "python",
        "outputs": [],
        "collapsed": False,
        "metadata": {},
    }
    worksheets = [{"cells": [cell]}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": worksheets}
    assert code_cells(json.dumps(old)) == ["import os\nx = 1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "5",
        "[]",
        "{}",
        '{"nbformat": 4}',
        '{"nbformat": 4, "cells": 5, "metadata": {}}',
        '{"nbformat": 4, "cells": [5], "metadata": {}}',
        '{"nbformat": 4, "cells": [{"cell_type": "code"}], "metadata": {}}',
        '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}], "metadata": {}}',
        '{"nbformat": 99, "cells": [], "metadata": {}}',
        '{"nbformat": [], "cells": [], "metadata": {}}',
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_no_notebook(text: str) -> None:
    with pytest.raises(UserError) as caught:
        module_source(text)
    assert str(caught.value) == "It is not a notebook that Jupyter can open: save it anew."


def test_overgrown_notebook() -> None:
    with pytest.raises(UserError, match=r"^The notebook is too large: clear its outputs"):
        module_source("[" + "{}," * MAX_CONTAINERS + "]")


def test_too_much_code() -> None:
    with pytest.raises(UserError, match=r"^The notebook holds more than 512 KiB of code"):
        module_source(notebook_of("x = 1\n" * 100_000))


@pytest.mark.parametrize("depth", [50, 300, 900])
def test_deep_but_valid_source(depth: int) -> None:
    module_source(notebook_of("x = " + "+".join("1" * depth), "x = " + "-" * depth + "1"))


def test_parsing_shows_no_warnings() -> None:
    parse("x = '\\d'\ny = 1 is 1")  # a warning would fail this test


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell",
    [" " * 300_000 + "?", "a" * 300_000 + "?!", "a," * 150_000 + "!(", "%\\\n" * 100_000 + "(",
     "a = " * 100_000 + "(", "x=1\n" * 100_000, "if 1: x=1\n" * 40_000,
     "def f(): f()\n" * 30_000, "".join(f"x{i} = x{i + 1}()\n" for i in range(20_000))],
)  # fmt: skip
def test_hostile_cells_take_little_time(cell: str) -> None:
    start = time.process_time()
    with contextlib.suppress(UserError):  # it may hold too many statements
        module_source(notebook_of(cell))
    assert time.process_time() - start < 10


EXPORT = """#!/usr/bin/env python
# In[1]:
import torch
# In[2]:
def train(steps):
    w = torch.ones(1, requires_grad=True)
    for _ in range(steps):
        (w ** 2).sum().backward()
    return w
# In[3]:
w = train(3)
# In[4]:
print(w)
"""


def test_an_export_that_trains_defines_what_its_notebook_defines() -> None:
    source = read_export(EXPORT, "work.py")
    names: dict[str, Any] = {"__name__": "work"}
    exec(source, names)
    assert "train" in names
    assert "w" not in names
    line = next(n for n, text in enumerate(source.split("\n"), 1) if "w = train" in text)
    assert place("work.py", line, source) == "work.py, cell 3, line 2"


@pytest.mark.parametrize(
    "text",
    [
        EXPORT.replace("w = train(3)", "w = 3"),  # importing it costs nothing
        EXPORT.replace("# In", "# in"),  # no marks of cells
        EXPORT.replace("print(w)", "print(w"),
        "w = 1\n",
    ],
)
def test_other_files_stay_as_they_are(text: str) -> None:
    assert read_export(text, "work.py") == ""
