"""A notebook becomes a module of its imports, definitions and constants."""

import json
import time

import nbformat
import pytest

from grader.core.errors import UserError
from grader.submission import notebooks
from grader.submission.notebooks import code_cells, module_source, parse, parse_cell, read_notebook


def notebook_of(*cells: str) -> str:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    return nbformat.writes(notebook)


def kept(*cells: str) -> str:
    """The module's source without the comments that tell the cells apart."""
    lines = module_source(notebook_of(*cells)).removesuffix("\n").split("\n")
    return "\n".join(line for line in lines if not line.startswith("# notebook cell"))


def test_each_cell_follows_its_number():
    assert module_source(notebook_of("import os", "train()", "x = 1\nprint(x)\ny = 2")) == (
        "# notebook cell 1\nimport os\n# notebook cell 2\n# notebook cell 3\nx = 1\ny = 2\n"
    )


def test_only_code_cells_count():
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# import this"),
        nbformat.v4.new_code_cell("import os"),
    ]
    assert module_source(nbformat.writes(notebook)) == "# notebook cell 1\nimport os\n"


@pytest.mark.parametrize(
    "cell",
    [
        "import torch",
        "import torch.nn as nn, numpy as np",
        "from torch import nn",
        "from part1.dataset import *",
        "def f(x):\n    # a comment\n    return x  # stays",
        "@decorator\n@another(1)\nclass A(B):\n    x = train()",
        "async def f():\n    pass",
        "x = 1",
        "x = -1",
        "x = y = 2.5",
        "x: int = 3",
        "a, b = (1, 'two')",
        "x = [1, (2, 3), {4}, {'five': 6}]",
        "x = None",
        "x = 2 * 3 + 4 ** 2",
        "x = 1\ny = f'{x} and {x + 1}'",
        "c = {'lr': 0.1}\nlr = c['lr']",
        "x = [*range(3)]",
        "f = lambda x: x ** 2",
        "import torch\ndevice = torch.device('cpu')",
        "import torch\ndevice = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "import numpy as np\ntau = 2 * np.pi",
        "from pathlib import Path\nhere = Path('figures')",
        "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None",
        "import torch\nif torch.cuda.is_available():\n    n = 1\nelse:\n    n = 2",
    ],
)
def test_kept(cell):
    assert kept(cell) == cell


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
        "if __name__ == '__main__':\n    main()",
        "if __name__ == '__main__':\n    x = 1",
        "x = unknown",
        "x = unknown.attribute",
        "x = [train() for _ in range(3)]",
        "x: Unknown = 3",
        "x: int",
        "plt.rcParams['a'] = 1",
        "x += 1",
        "x, y.z = 1, 2",
        "del x",
        "assert train()",
        "from google.colab import drive",
        "from IPython.display import clear_output",
        "try:\n    train()\nexcept Exception:\n    pass",
        "pass",
        "x = (y := train())",
        "await train()",
    ],
)
def test_dropped(cell):
    assert kept(cell) == ""


def test_simple_statements_on_one_line_are_told_apart():
    assert kept("x = 1; train(); y = 2") == "x = 1\ny = 2"


def test_name_of_something_dropped_is_unknown_later():
    assert kept("model = train()", "copy = model", "a = 1", "b = a") == "a = 1\nb = a"


def test_name_defined_in_something_dropped_is_unknown_later():
    assert kept("if True:\n    n = 1\n    train()", "m = n") == ""


def test_name_defined_inside_is_known_inside():
    assert kept("if True:\n    n = 1\n    m = n") == "if True:\n    n = 1\n    m = n"


def test_future_imports_move_to_the_top():
    source = module_source(notebook_of("x = 1", "from __future__ import annotations\ny = 2"))
    assert source.startswith("from __future__ import annotations\n")
    compile(source, "module", "exec")


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ("%matplotlib inline\nimport os", "import os"),
        ("!pip install torch\nimport os", "import os"),
        ("!pip install \\\n    torch\nimport os", "import os"),
        ("%%time\ndef f():\n    return 1", "def f():\n    return 1"),
        ("%%writefile lstm.py\nclass LSTM:\n    pass", "class LSTM:\n    pass"),
        ("files = !ls\nimport os", "import os"),
        ("t = %timeit -o f()\nimport os", "import os"),
        ("torch.nn?\nimport os", "import os"),
        ("?torch.nn\nimport os", "import os"),
        ("if True:\n    !ls\n    x = 1", "if True:\n    pass\n    x = 1"),
        ("def f(a):\n    return (a\n% 2)", "def f(a):\n    return (a\n% 2)"),  # no magic
        ("%%bash\nimport os", ""),
        ("%%html\n<b>import</b>", ""),
    ],
)
def test_magics_and_shell_lines(cell, result):
    assert kept(cell) == result
    assert read_notebook(notebook_of(cell)).unread == ()


def test_cell_that_does_not_parse_is_left_out_and_named():
    notebook = read_notebook(notebook_of("x = 1", "y = (\nz = 2", "w = 3"))
    assert "x = 1" in notebook.source
    assert "z" not in notebook.source
    assert "w = 3" in notebook.source
    assert notebook.unread == ("cell 2 ('(' was never closed)",)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends(newline):
    cell = newline.join(["@decorator", "def f():", "    return 1", "x = 2"])
    assert kept(cell) == "@decorator\ndef f():\n    return 1\nx = 2"


def test_form_feed_and_other_separators_do_not_shift_definitions():
    cell = "x = '\u2028\x0c'\ndef f():\n    return '\u2028'\ny = 1"
    assert kept(cell).endswith("\ndef f():\n    return '\u2028'\ny = 1")


def test_nothing_is_executed(tmp_path):
    target = tmp_path / "written"
    module_source(notebook_of(f"open({str(target)!r}, 'w')", f"x = open({str(target)!r}, 'w')"))
    assert not target.exists()


def test_source_in_lists_of_lines_and_old_versions():
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
def test_no_notebook(text):
    with pytest.raises(UserError) as caught:
        module_source(text)
    assert str(caught.value) == "It is not a notebook that Jupyter can open: save it anew."


def test_overgrown_notebook():
    with pytest.raises(UserError, match=r"^The notebook is too large: clear its outputs"):
        module_source("[" + "{}," * notebooks.MAX_CONTAINERS + "]")


def test_too_much_code():
    with pytest.raises(UserError, match=r"^The notebook holds more than 512 KiB of code"):
        module_source(notebook_of("x = 1\n" * 100_000))


@pytest.mark.parametrize(
    "source",
    ["(" * 1000, "-" * 100_000 + "1", "a" + ".a" * 100_000, "1" + "+1" * 100_000, "x = '\0'",
     "x = '\ud800'", "x = " + "9" * 5000],
)  # fmt: skip
def test_hostile_source_is_a_syntax_error(source):
    with pytest.raises(SyntaxError):
        parse(source)
    assert kept(source, "x = 1") == "x = 1"


@pytest.mark.parametrize("depth", [50, 300, 900])
def test_deep_but_valid_source(depth):
    kept("x = " + "+".join("1" * depth), "x = " + "-" * depth + "1")


def test_parsing_shows_no_warnings():
    parse("x = '\\d'\ny = 1 is 1")  # a warning would fail this test


@pytest.mark.parametrize(
    "cell",
    [" " * 300_000 + "?", "a" * 300_000 + "?!", "a," * 150_000 + "!(", "%\\\n" * 100_000 + "(",
     "a = " * 100_000 + "(", "x=1\n" * 100_000, "if 1: x=1\n" * 40_000],
)  # fmt: skip
def test_hostile_cells_take_little_time(cell):
    start = time.monotonic()
    module_source(notebook_of(cell))
    assert time.monotonic() - start < 20


def test_parse_cell_says_what_is_left_of_a_cell():
    tree, text = parse_cell("%time\nx = 1")
    assert text == "pass\nx = 1"
    assert len(tree.body) == 2
