"""Magics, shell lines and cells that write files become Python, in notebooks and exports."""

from __future__ import annotations

import pytest

from grader.submission.magics import plain_cell, plain_export
from grader.submission.notebooks import read_notebook
from tests.submission_files import notebook_of


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
