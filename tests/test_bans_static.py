"""The ban on ready-made recurrent and linear layers, in source text."""

from __future__ import annotations

import sys
import textwrap
import time
import tracemalloc
import warnings

import pytest
from torch import nn

from grader.bans.static import UNREADABLE, Violation, banned_uses
from grader.exercises.palindrome.bans import BANNED as TABLE

pytestmark = pytest.mark.usefixtures("alone")
BANNED = TABLE.titles


def static_look(source: str, file: str) -> list[Violation]:
    return banned_uses(TABLE, {file: source})


def uses(source: str) -> list[tuple[int, str]]:
    return [(found.line, found.what) for found in static_look(textwrap.dedent(source), "x.py")]


def test_a_violation_says_where_what_and_how() -> None:
    source = "from torch import nn\n\nclass Net:\n    cell = nn.LSTM(1, 2)  # mine\n"
    assert static_look(source, "part1/lstm.py") == [
        Violation("part1/lstm.py", 4, "torch.nn.LSTM", "cell = nn.LSTM(1, 2)  # mine")
    ]


@pytest.mark.parametrize("layer", [name for name in BANNED if hasattr(nn, name)])
def test_every_layer_is_found(layer: str) -> None:
    assert uses(f"from torch import nn\nnn.{layer}") == [(2, f"torch.nn.{layer}")]


IMPORTS = {
    "import torch; torch.nn.LSTM(1, 2)": "torch.nn.LSTM",
    "import torch as t; t.nn.LSTM(1, 2)": "torch.nn.LSTM",
    "import torch.nn; torch.nn.LSTM(1, 2)": "torch.nn.LSTM",
    "import torch.nn as nn; nn.GRU(1, 2)": "torch.nn.GRU",
    "from torch import nn; nn.RNN(1, 2)": "torch.nn.RNN",
    "from torch import nn as layers; layers.Linear(1, 2)": "torch.nn.Linear",
    "from torch.nn import LSTM; LSTM(1, 2)": "torch.nn.LSTM",
    "from torch.nn import LSTM as L; L(1, 2)": "torch.nn.LSTM",
    "from torch.nn import *; LSTM(1, 2)": "torch.nn.LSTM",
    "from lstm import *\nfrom torch.nn import *; LSTM(1, 2)": "torch.nn.LSTM",
    "from torch.nn import *\nfrom math import *; LSTM(1, 2)": "torch.nn.LSTM",
    "from torch.nn import *\nfrom numpy import *\nfrom torch import *; LSTM(1, 2)": "torch.nn.LSTM",
    "from torch import *\nfrom lstm import *\nfrom torch.nn import *; LSTM(1, 2)": "torch.nn.LSTM",
    "from torch.nn.modules.rnn import LSTM; LSTM(1, 2)": "torch.nn.LSTM",
    "import torch; torch.nn.modules.LSTM(1, 2)": "torch.nn.LSTM",
    "import torch; torch.nn.modules.linear.Linear(1, 2)": "torch.nn.Linear",
    "from torch.nn.modules import linear; linear.Linear(1, 2)": "torch.nn.Linear",
    "import torch.nn.functional as F; F.linear(x, w)": "torch.nn.functional.linear",
    "from torch.nn.functional import bilinear as b; b(x, y, w)": "torch.nn.functional.bilinear",
    "import torch; torch.lstm(x)": "torch.lstm",
    "import torch; torch._VF.lstm(x)": "torch.lstm",
    "from torch import _VF; _VF.rnn_tanh(x)": "torch.rnn_tanh",
    "from torch._C import _VariableFunctions as V; V.lstm(x)": "torch.lstm",
    "import torch; torch.ops.aten.lstm(x)": "torch.lstm",
    "import torch; torch.ops.aten.linear.default(x, w)": "torch.nn.functional.linear",
    "import torch; torch._C._nn.linear(x, w)": "torch.nn.functional.linear",
    "import torch; torch.mkldnn_rnn_layer(x)": "torch.ops.aten.mkldnn_rnn_layer",
}


@pytest.mark.parametrize(("source", "what"), IMPORTS.items())
def test_a_banned_name_is_found_however_it_was_imported(source: str, what: str) -> None:
    assert [found.what for found in static_look(source, "x.py")] == [what]


HIDDEN = {
    "alias": "layer = nn; layer.LSTM(1, 2)",
    "alias of an alias": "a = nn; b = a; b.LSTM(1, 2)",
    "two aliases at once": "a, (b, c) = 1, (nn, 2); b.LSTM(1, 2)",
    "two aliases in a list": "[a, b] = nn, 2; a.LSTM(1, 2)",
    "annotated alias": "layers: object = nn; layers.LSTM(1, 2)",
    "walrus": "(layers := nn).LSTM(1, 2)",
    "name bound by a walrus": "print(layers := nn); layers.LSTM(1, 2)",
    "getattr": "getattr(nn, 'LSTM')(1, 2)",
    "getattr with a default": "getattr(nn, 'LSTM', None)(1, 2)",
    "getattr of an alias": "g = getattr; g(nn, 'LSTM')(1, 2)",
    "builtins.getattr": "import builtins; builtins.getattr(nn, 'LSTM')(1, 2)",
    "sum of texts": "getattr(torch.nn, 'L' + 'S' + 'TM')(1, 2)",
    "text in a variable": "name = 'LSTM'; getattr(nn, name)(1, 2)",
    "f-string": "s = 'LS'; getattr(nn, f'{s}TM')(1, 2)",
    "join": "getattr(nn, ''.join(['LS', 'TM']))(1, 2)",
    "join with a tuple": "parts = ('L', 'M'); getattr(nn, 'ST'.join(parts))(1, 2)",
    "__dict__": "nn.__dict__['LSTM'](1, 2)",
    "vars": "vars(nn)['LSTM'](1, 2)",
    "vars of torch": "vars(vars(torch)['nn'])['LSTM'](1, 2)",
    "sys.modules": "import sys; sys.modules['torch.nn'].LSTM(1, 2)",
    "import_module": "import importlib; importlib.import_module('torch.nn').LSTM(1, 2)",
    "import_module, imported": "from importlib import import_module as i; i('torch.nn').LSTM(1, 2)",
    "__import__": "__import__('torch').nn.LSTM(1, 2)",
    "__import__ of a sum": "__import__('tor' + 'ch').nn.LSTM(1, 2)",
    "code in a text": "exec('nn.LSTM(1, 2)')",
    "expression in a text": "eval('nn.' + 'LSTM')(1, 2)",
}


@pytest.mark.parametrize("line", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_name_is_followed(line: str) -> None:
    assert uses(f"import torch\nfrom torch import nn\n{line}") == [(3, "torch.nn.LSTM")]


PLACES = {
    "alias of the class": "M = nn.LSTM",
    "base class": "class Mine(nn.LSTM): pass",
    "keyword of a class": "class Mine(base=nn.LSTM): pass",
    "decorator of a class": "@nn.LSTM\nclass Mine: pass",
    "decorator of a function": "@nn.LSTM\ndef f(): pass",
    "default": "def f(cell=nn.LSTM): pass",
    "keyword default": "def f(*, cell=nn.LSTM): pass",
    "argument": "functools.partial(nn.LSTM, 3)",
    "keyword argument": "build(cell=nn.LSTM)",
    "display": "cells = {'lstm': nn.LSTM}",
    "member of the class": "nn.LSTM.forward(self, x)",
    "annotated assignment": "cell: object = nn.LSTM(1, 2)",
    "class body": "class Mine:\n    cell = nn.LSTM",
    "function": "def f():\n    return nn.LSTM",
    "coroutine": "async def f():\n    return nn.LSTM",
    "method": "class Mine:\n    def f(self):\n        self.cell = nn.LSTM(1, 2)",
    "function in a function": "def f():\n    def g():\n        return nn.LSTM",
    "import in a function": "def f():\n    import torch.nn as n\n    return n.LSTM",
    "alias in a function": "def f():\n    n = nn\n    return lambda: n.LSTM",
    "lambda": "f = lambda: nn.LSTM",
    "comprehension": "[nn.LSTM(1, 2) for _ in range(3)]",
    "loop": "for cell in [nn.LSTM]: pass",
    "condition": "cell = nn.LSTM if torch else None",
    "compared value": "nn.LSTM(1, 2) == 3",
    "value to compare with": "3 == nn.LSTM(1, 2)",
    "patched class": "nn.LSTM.forward = forward",
    "value whose type is tested": "isinstance(nn.LSTM(1, 2), object)",
    "behind a name for the class scope": "class Mine:\n    nn = 3\n    def f(self): nn.LSTM",
    "besides a main program": "if __name__ == '__main__': pass\nelse: cell = nn.LSTM",
    "an own main program": "__name__ = '__main__'\nif __name__ == '__main__': nn.LSTM",
    "before an own class of that name": "cell = LSTM()\nclass LSTM: pass",
}


@pytest.mark.parametrize("source", PLACES.values(), ids=PLACES)
def test_a_use_is_found_wherever_it_stands(source: str) -> None:
    source = "from torch import nn\nfrom torch.nn import *\n" + source
    assert [found.what for found in static_look(source, "x.py")] == ["torch.nn.LSTM"]


def test_every_line_is_reported_once() -> None:
    assert uses("""\
        from torch import nn
        a, b = nn.Linear(1, 2), nn.Linear(2, 1)
        c = nn.GRU(1, 2), nn.Linear(1, 2)
    """) == [(2, "torch.nn.Linear"), (3, "torch.nn.GRU"), (3, "torch.nn.Linear")]


HARMLESS = {
    "unused import": "from torch.nn import LSTM, Linear as L",
    "unused import of a module": "import torch.nn.modules.linear",
    "comment": "# nn.LSTM(1, 2) is not allowed",
    "text": "print('nn.LSTM(1, 2)')",
    "docstring": "def f():\n    '''Like nn.LSTM, by hand.'''",
    "allowed layers": "nn.Parameter, nn.Embedding, nn.ParameterList, nn.Softmax, nn.Identity",
    "loss": "nn.CrossEntropyLoss()(x, y), F.cross_entropy(x, y), F.one_hot(x)",
    "matrix products": "torch.matmul(x, w), torch.addmm(b, x, w), torch.einsum('ij,jk', x, w)",
    "gain of an initialization": "nn.init.calculate_gain('linear')",
    "packing": "nn.utils.rnn.pad_sequence(x)",
    "schedule": "torch.optim.lr_scheduler.LinearLR(o)",
    "the module of linear layers": "from torch.nn.modules import linear\nlinear.Identity()",
    "own class": "class LSTM(nn.Module): pass\nLSTM(1, 2)",
    "own class that hides an import": (
        "from torch.nn import *\nclass Linear(Module): pass\nLinear(1, 2)"
    ),
    "own class that comes later": (
        "from torch.nn import *\ndef f(): return LSTM(1, 2)\nclass LSTM(Module): pass"
    ),
    "own function": "def linear(x, w): return x @ w\nlinear(x, w)",
    "own function that hides a star": (
        "from torch.nn.functional import *\ndef linear(x): return x\nlinear(x)"
    ),
    "own coroutine": "from torch.nn import *\nasync def LSTM(): pass\nLSTM()",
    "own module": "from lstm import LSTM\nLSTM(1, 2)",
    "own module, whole": "import lstm, rnn\nlstm.LSTM(1, 2), rnn.RNN(1, 2)",
    "own module in a package": "from part1.lstm import LSTM as L\nL(1, 2)",
    "own module, relative": "from .torch import nn\nnn.LSTM(1, 2)",
    "own package, relative": "from . import LSTM\nLSTM(1, 2)",
    "own star after torch's": "from torch.nn import *\nfrom lstm import *\nLSTM(1, 2)",
    "own star after two": (
        "from torch.nn import *\nfrom math import *\nfrom lstm import *\nLSTM(1, 2)"
    ),
    "own class after torch's star": "from torch.nn import *\nfrom lstm import LSTM\nLSTM(1, 2)",
    "other library": "import jax.nn as layers\nlayers.LSTM(1, 2)",
    "name that is not torch's": "torchlike.nn.LSTM(1, 2)",
    "own attribute": "class Net:\n    def f(self): self.linear(x); self.LSTM(x); self.nn.LSTM",
    "getattr of an own object": "getattr(self, 'LSTM')",
    "getattr of an unknown name": "getattr(nn, name)(1, 2)",
    "key of an own table": "models = {'LSTM': 1}\nmodels['LSTM']",
    "parameter": "def f(nn): nn.LSTM(1, 2)",
    "any kind of parameter": "def f(a, /, *nn, F, **torch): nn.LSTM, F.linear, torch.lstm",
    "parameter of a lambda": "lambda nn: nn.LSTM",
    "variable": "nn = layers()\nnn.LSTM(1, 2)",
    "variables": "nn, F = layers()\nnn.LSTM(1, 2)",
    "variable that takes the rest": "one, *nn = layers, layers\nnn.LSTM(1, 2)",
    "variable of a function": "def f():\n    nn = layers()\n    nn.LSTM(1, 2)",
    "loop variable": "for nn in layers: nn.LSTM(1, 2)",
    "variable of a comprehension": "[nn.LSTM for nn in layers], {nn.LSTM for nn in layers}",
    "name in a with": "with layers() as nn: nn.LSTM(1, 2)",
    "name without a value": "nn: object\nnn.LSTM",
    "text that grows": "name = 'LS'\nname += 'x'\ngetattr(nn, name + 'TM')",
    "text that is formatted": "s = 'LSTM'\ngetattr(nn, f'{s!r}'), getattr(nn, f'{s:>9}')",
    "texts that are not added": "getattr(nn, 'LS' * 'TM')",
    "annotation of a parameter": "def f(cell: nn.LSTM, *rest: nn.GRU): pass",
    "annotation of a result": "def f() -> nn.LSTM: pass",
    "annotation of a variable": "cell: nn.LSTM = build()",
    "type alias": "Cell = typing.Union[nn.RNNCell, nn.GRUCell]",
    "isinstance": "isinstance(module, nn.Linear)",
    "isinstance of several": "isinstance(module, (nn.Linear, (nn.LSTM, nn.GRU)))",
    "isinstance of a union": "isinstance(module, nn.Linear | nn.LSTM)",
    "issubclass": "issubclass(cls, nn.Linear)",
    "comparison of types": "type(module) == nn.Linear, type(module) is not nn.LSTM",
    "comparison with several": (
        "type(m) in (nn.GRU, nn.RNN), type(m) in [nn.GRU, nn.RNN], type(m) in {nn.GRU, nn.RNN}"
    ),
    "a layer replaced": "nn.LSTM = Mine\nnn.__dict__['LSTM'] = Mine\ndel nn.GRU",
    "case of a match": "match m:\n    case nn.Linear(bias=b) | nn.LSTM(): pass",
    "main program": "if __name__ == '__main__':\n    nn.LSTM(1, 2)",
    "main program, otherwise quoted": 'if __name__ == "__main__": nn.LSTM(1, 2)',
    "bad syntax": "nn.LSTM(1, 2)\ndef f(:",
    "merge conflict": "<<<<<<< HEAD\nnn.LSTM(1, 2)\n",
    "null byte": "nn.LSTM(1, 2)\0",
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_what_is_not_a_use_is_no_violation(source: str) -> None:
    prelude = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
    assert static_look(prelude + source, "x.py") == []


def test_a_warning_of_the_parser_is_not_taken_for_an_error() -> None:
    with warnings.catch_warnings(action="error"):
        assert uses("from torch import nn\nnn.LSTM('\\d')") == [(2, "torch.nn.LSTM")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_python_counts_them(newline: str) -> None:
    source = newline.join(["from torch import nn", "a = '\f\u2028\x1c'", "nn.LSTM(1, 2)"])
    assert [(v.line, v.how) for v in static_look(source, "x.py")] == [(3, "nn.LSTM(1, 2)")]


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert uses("\ufefffrom torch import nn\nnn.LSTM(1, 2)") == [(2, "torch.nn.LSTM")]


@pytest.mark.parametrize("opening", ["x = " + "1 + " * 2000, "x = y" + "()" * 2000 + "(0), "])
def test_code_deep_below_other_code_is_looked_at(opening: str) -> None:
    assert uses(f"from torch import nn\n{opening}nn.LSTM") == [(2, "torch.nn.LSTM")]


def test_code_too_deep_to_look_at_does_not_pass() -> None:
    """In a worker, Python's limit may have been raised."""
    deep = "x = " + " + ".join(["1"] * 20_000)  # Python 3.13 reads 5,000
    assert uses(f"x = 1\n{deep}") == [(1, UNREADABLE)]
    assert sys.getrecursionlimit() < 10_000


BOMBS = {
    "texts that double": "s = 'x'\n" + "s = s + s\n" * 60,
    "joins that double": "s = 'x'\n" + "s = s.join([s, s, s])\n" * 60,
    "paths that grow": (
        f"import torch as n\ns = '{'x' * 100_000}'\n" + "n = n.__dict__[s]\n" * 1000
    ),
    "joins by a long text": f"'{'x' * 100_000}'.join([" + "'', " * 2000 + "])",
    "joins of joins": "''" + ".join('a').join(['b'])" * 40,
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_hostile_source_takes_neither_time_nor_memory(source: str) -> None:
    start = time.process_time()
    tracemalloc.start()
    assert static_look(source, "x.py") == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6  # bytes
    assert time.process_time() - start < 5


def test_the_static_look_imports_nothing() -> None:
    static_look("import antigravity", "x.py")
    assert "antigravity" not in sys.modules
