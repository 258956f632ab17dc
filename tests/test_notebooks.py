"""A notebook becomes a module that defines what running the notebook defines."""

from __future__ import annotations

import ast
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
from grader.submission.magics import plain_cell, plain_export
from grader.submission.notebooks import read_export, read_notebook
from grader.submission.places import place
from grader.submission.slicing import Statement, slice_of


def notebook_of(*cells: str) -> str:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    text: str = nbformat.writes(notebook)
    return text


def module_source(text: str) -> str:
    return read_notebook(text, "hw.ipynb").source


def kept(*cells: str, wanted: tuple[str, ...] = ()) -> list[str]:
    """Return the statements that run when the notebook's module is imported."""
    body = [node for cell in cells for node in _body(plain_cell(cell).code)]
    chosen = zip(body, slice_of([Statement.of(node) for node in body], wanted), strict=True)
    return [ast.unparse(node) for node, is_kept in chosen if is_kept]


def _body(code: str) -> list[ast.stmt]:
    try:
        return parse(code).body
    except SyntaxError:
        return []


def imported(*cells: str, name: str = "hw") -> dict[str, Any]:
    """Execute the notebook's module, as an import or (``__main__``) as a program."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(module_source(notebook_of(*cells)), "hw.py", "exec"), names)
    return names


@pytest.mark.parametrize(
    "cell",
    [
        "import torch",
        "from torch import nn",
        "def f(x):\n    return x",
        "@decorator\n@another(1)\nclass A(B):\n    x = train()",
        "async def f():\n    pass",
        "x = 1",
        "x = -1",
        "x = y = 2.5",
        "x: int = 3",
        "a, b = (1, 'two')",
        "x = [1, (2, 3), {4}, {'five': 6}]",
        "x = 2 * 3 + 4 ** 2",
        "x = [*range(3)]",
        "f = lambda x: x ** 2",
        "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None",
        "if cuda:\n\n    def f():\n        pass\nelse:\n    f = None",
        "with quiet():\n    import torch",
        "for name in names:\n\n    def f():\n        pass",
    ],
)
def test_definitions_and_constants_are_kept(cell: str) -> None:
    assert kept(cell) == [cell]


@pytest.mark.parametrize(
    "cell",
    [
        "train()",
        "x = train()",
        "print('hello')",
        "'a string'",
        "for i in range(3):\n    train()",
        "while True:\n    pass",
        "with open('x') as f:\n    pass",
        "x = unknown",
        "x = [train() for _ in range(3)]",
        "x += 1",
        "del x",
        "assert train()",
        "await train()",
        "plt.plot(x)",
    ],
)
def test_what_nothing_depends_on_is_left_out(cell: str) -> None:
    assert kept(cell) == []


# By name, cells of which all are needed but those that begin with "out".
SLICES = {
    "a call": ["GATES = gates()", "def f():\n    return GATES"],
    "a call of a library": ["loss = nn.MSELoss()", "def f(x):\n    return loss(x)"],
    "what a call needs": ["a = f()", "b = g(a)", "def h():\n    return b"],
    "a default": ["device = best()", "def f(device=device): pass"],
    "a base class": ["Base = make()", "class A(Base): pass"],
    "a decorator": ["register = Registry()", "@register\nclass A: pass"],
    "a loop that fills a table": [
        "size = {}", "for g in 'gifo':\n    size[g] = n", "def f():\n    return size",
    ],
    "an entry": ["t = table()", "t['a'] = 1", "def f():\n    return t"],
    "an attribute": ["c = Config()", "c.n = 3", "c.gates += ['g']", "def f():\n    return c"],
    "a method": ["cfg = dict()", "cfg.update(n=3)", "def f():\n    return cfg"],
    "a method for a class": ["class A: pass", "def forward(self): pass", "A.forward = forward"],
    "methods by name": ["class A: pass", "for n in 'ab':\n    setattr(A, n, make(n))"],
    "an attribute of a module": ["import utils", "utils.flag = flag()"],
    "an attribute of a foreign class": ["import torch", "torch.Tensor.f = f"],
    "a dictionary of variables": [
        "args = Namespace()", "vars(args)['n'] = 3", "def f():\n    return args.n",
    ],
    "a function that changes its argument": [
        "def fill(t):\n    t['a'] = 1", "t = table()", "fill(t)", "def f():\n    return t",
    ],
    "a function that changes a global": [
        "def fill():\n    global n\n    n = 3", "fill()", "def f():\n    return n",
    ],
    "a function that fills a global": [
        "t = {}", "def add(k):\n    t[k] = 1", "add('a')", "def f():\n    return t",
    ],
    "a function through another": [
        "t = {}", "def add(k):\n    t[k] = 1", "def both():\n    add('a')", "both()",
        "def f():\n    return t",
    ],
    "an in-place operation": [
        "W = torch.empty(3)", "nn.init.normal_(W)", "W.mul_(2)", "def f():\n    return W",
    ],
    "an iterator that has moved": ["it = iter(x)", "first = next(it)", "def f():\n    next(it)"],
    "a walrus": ["print((low := settings()))", "def f():\n    return low"],
    "an awaited value": ["s = await read()", "def f():\n    return s"],
    "what a method reads": ["n = size()", "class A:\n    def f(self):\n        return n"],
    "what a class reads": ["n = size()", "class A:\n    x = n"],
    "what a lambda reads": ["n = size()", "f = lambda: n"],
    "a setting": ["import torch", "torch.set_default_dtype(torch.float64)", "torch.manual_seed(0)"],
    "a local name like a global": ["out: h = train()", "def f(x):\n    h = x\n    return h"],
    "a parameter like a global": ["out: x = draw()", "def f(x):\n    return x"],
    "a loop variable like a global": ["out: k = draw()", "def f(x):\n    return [k for k in x]"],
    "an argument that nothing changes": [
        "cfg = Config()", "out: print(cfg)", "out: x = train(cfg)", "def f():\n    return cfg",
    ],
    "a training": [
        "import torch", "def f(): pass",
        "out: for step in range(9):\n    loss = f()\n    loss.backward()\n    opt.step()",
    ],
    "a training that a definition would need": [
        "def train(m):\n    for x in data():\n        m(x).backward()",
        "out: net, history = train(9)",
        "def evaluate():\n    return net",
    ],
    "a training by steps": [
        "def step(m):\n    m().backward()", "m = make()", "out: for k in range(9):\n    step(m)",
        "def f():\n    return m",
    ],
    "a plot": ["import pyplot as plt", "out: plt.plot(x)", "def show():\n    plt.plot(1)"],
}  # fmt: skip


@pytest.mark.parametrize("cells", SLICES.values(), ids=SLICES)
def test_what_a_definition_needs_is_kept(cells: list[str]) -> None:
    needed = [ast.unparse(parse(cell).body[0]) for cell in cells if not cell.startswith("out: ")]
    assert kept(*(cell.removeprefix("out: ") for cell in cells)) == needed


def test_what_exercises_ask_for_is_kept() -> None:
    cells = ["size = 1", "truncatedStep = factory(True)", "other = factory(False)"]
    assert kept(*cells, wanted=("truncatedstep",)) == cells[:2]


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


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("%matplotlib inline\nimport os", "pass\nimport os"),
        ("!pip install torch\nimport os", "pass\nimport os"),
        ("!pip install \\\n    torch\nimport os", "pass\n\nimport os"),
        ("!echo it's\nimport os", "pass\nimport os"),
        ("%%time\ndef f():\n    return 1", "\ndef f():\n    return 1"),
        ("%%capture out\n%time x = f(1)\n", "\nx = f(1)\n"),
        ("%time -q x = 1", "x = 1"),
        ("%timeit f()", "pass"),
        ("files = !ls\nimport os", "files = []\nimport os"),
        ("t = %timeit -o f()\nimport os", "t = []\nimport os"),
        ("torch.nn?\nimport os", "pass\nimport os"),
        ("?torch.nn\nimport os", "pass\nimport os"),
        ("if True:\n    !ls\n    x = 1", "if True:\n    pass\n    x = 1"),
        ("def f(a):\n    return (a\n% 2)", "def f(a):\n    return (a\n% 2)"),  # no magic
        ("%config x\ny = (a\n% 2)", "pass\ny = (a\n% 2)"),
        ("%config x\ny = '''\n%no\n'''", "pass\ny = '''\n%no\n'''"),
        ("%run tools/helpers.ipynb", "from helpers import *"),
        ("%pylab inline", "import numpy as np; from matplotlib import pyplot as plt; "
         "from pylab import *"),
        ("%%bash\nimport os", ""),
        ("%%html\n<b>import</b>", ""),
        ("%%script false --no-raise-error\nx = 1", ""),
        ("%%timeit\nx = 1", ""),
    ],
)  # fmt: skip
def test_magics_and_shell_lines(cell: str, result: str) -> None:
    assert plain_cell(cell).code == result
    assert read_notebook(notebook_of(cell), "a.ipynb").unread == ()


def test_cells_that_write_files() -> None:
    cells = ["%%writefile lstm.py\nclass LSTM:\n    pass", "%%file 'src/a.py'\nx = 1"]
    notebook = read_notebook(notebook_of(*cells), "a.ipynb")
    assert notebook.files == {"lstm.py": "class LSTM:\n    pass", "src/a.py": "x = 1"}
    assert "LSTM" not in notebook.source


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x = 1\n", "x = 1\n"),
        ("!pip install torch\nx = 1\n", "pass\nx = 1\n"),
        ("get_ipython().system('pip install torch')\nx = 1\n", "pass\nx = 1\n"),
        ("get_ipython().run_line_magic('time', 'x = 1')\n", "x = 1\n"),
        ("get_ipython().run_cell_magic('time', '', 'def f():\\n    return 1\\n')\ny = 2\n",
         "\ndef f():\n    return 1\n\ny = 2\n"),
        ("# %%\n%%bash\nls -l\n# %%\nx = 1\n", "# %%\n\n\n# %%\nx = 1\n"),
        ("# In[2]:\n%time x = 1\n", "# In[2]:\nx = 1\n"),
        ("where = !pwd\n", "where = []\n"),
        ("def f(:", "def f(:"),
    ],
)  # fmt: skip
def test_exports_lose_their_magics(text: str, result: str) -> None:
    assert plain_export(text).code == result


def test_exports_that_write_files() -> None:
    text = "get_ipython().run_cell_magic('writefile', 'a.py', 'x = 1\\n')\n"
    assert plain_export(text).files == {"a.py": "x = 1\n"}
    raw = "# %%\n%%writefile b.py\nx = 2\n# %%\ny = 3\n"
    assert plain_export(raw).files == {"b.py": "x = 2\n"}


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


@pytest.mark.parametrize(
    "source",
    ["(" * 1000, "-" * 100_000 + "1", "a" + ".a" * 100_000, "1" + "+1" * 100_000, "x = '\0'",
     "x = '\ud800'", "x = " + "9" * 5000],
)  # fmt: skip
def test_hostile_source_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parse(source)
    assert kept(source, "x = 1") == ["x = 1"]


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
