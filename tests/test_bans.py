"""The ban on ready-made recurrent and linear layers: source text, module calls, operators."""

from __future__ import annotations

import contextlib
import re
import sys
import textwrap
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.bans import runtime
from grader.bans.runtime import Blinded, Record, Watcher
from grader.bans.static import UNREADABLE, Violation, banned_uses
from grader.exercises.palindrome.bans import BANNED as TABLE

pytestmark = pytest.mark.usefixtures("alone")

BANNED = TABLE.titles
watch = Watcher(TABLE).watch


def static_look(source: str, file: str) -> list[Violation]:
    return banned_uses(TABLE, {file: source})


def uses(source: str) -> list[tuple[int, str]]:
    return [(found.line, found.what) for found in static_look(textwrap.dedent(source), "x.py")]


# ── The table ────────────────────────────────────────────────────────────────────────────────────


def test_the_table_has_every_recurrent_and_linear_operator_of_this_torch() -> None:
    operators = {schema.name for schema in torch._C._jit_get_all_schemas()}
    word = re.compile(r"aten::(?:.*_)?(?:rnn|lstm|gru|linear|bilinear|trilinear)(?:_.*)?")
    kernels = {name.removeprefix("aten::") for name in operators if word.fullmatch(name)}
    kernels -= {"_compute_linear_combination", "__upsample_bilinear"}  # no layers, nor parts of one
    assert {"lstm", "linear", "mkldnn_rnn_layer"} <= kernels
    assert kernels <= set(BANNED)


def test_the_table_has_every_layer_of_the_banned_files_of_torch() -> None:
    layers = {*nn.modules.rnn.__all__, *nn.modules.linear.__all__} - {"Identity"}
    assert layers <= set(BANNED)


# ── The static look ──────────────────────────────────────────────────────────────────────────────


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
    deep = "x = " + " + ".join(["1"] * 5 * sys.getrecursionlimit())
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


# ── The looks at run time ────────────────────────────────────────────────────────────────────────

T, B, D, H = 3, 2, 4, 5


class HandWrittenLSTM(nn.Module):
    """An honest solution: the equations, with everything that one may use."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, D)
        self.W_x = nn.Parameter(torch.ones(4 * H, D))
        self.W_h = nn.ParameterList([torch.ones(H, H) for _ in range(4)])
        self.b = nn.Parameter(torch.zeros(4 * H))
        self.W_ph = nn.Parameter(torch.ones(H, 10))

    def forward(self, digits: Tensor) -> Tensor:
        h = c = torch.zeros(len(digits), H)
        for t in range(digits.shape[1]):
            x = self.embedding(digits[:, t]) + F.one_hot(digits[:, t], D)
            recurrent = torch.cat([h @ W for W in self.W_h], dim=1)
            g, i, f, o = (torch.addmm(self.b, x, self.W_x.T) + recurrent).chunk(4, dim=1)
            c = g.tanh() * i.sigmoid() + c * f.sigmoid()
            h = c.tanh() * torch.einsum("bh,bh->bh", o.sigmoid(), torch.ones_like(c))
        return torch.bmm(h[None], self.W_ph[None])[0]


def test_a_hand_written_lstm_is_clean() -> None:
    model = HandWrittenLSTM()
    optimizer = torch.optim.RMSprop(model.parameters())
    digits = torch.arange(B * T).reshape(B, T) % D
    with watch() as record:
        loss = F.cross_entropy(nn.Identity()(model(digits)), digits[:, 0])
        loss = loss + nn.CrossEntropyLoss()(nn.Softmax(dim=1)(model(digits)), digits[:, 0])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
    assert record == Record(modules=[], operators=[])


class SubclassOfLSTM(nn.LSTM):
    pass


class CopyOfLSTM(nn.Module):
    """Return what is left when the source of nn.LSTM is copied."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(lstm_weights())

    def forward(self, x: Tensor) -> Tensor:
        return kernel(torch._VF.lstm, x, list(self.weights))


def lstm_weights() -> list[Tensor]:
    shapes = [(4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
    return [torch.ones(shape, requires_grad=True) for shape in shapes]


def kernel(lstm: Callable[..., tuple[Tensor, ...]], x: Tensor, weights: list[Tensor]) -> Tensor:
    state = [torch.zeros(1, B, H), torch.zeros(1, B, H)]
    return lstm(x, state, weights, True, 1, 0.0, False, False, False)[0]


@torch.jit.ignore  # type: ignore[untyped-decorator]
def inputs() -> Tensor:
    return torch.ones(T, B, D, requires_grad=True)


def scripted_linear(x: Tensor, W: Tensor) -> Tensor:
    return torch.nn.functional.linear(x, W)


def under_no_grad() -> Tensor:
    with torch.no_grad():
        F.linear(inputs(), torch.ones(H, D))
    return inputs()


def under_inference_mode() -> Tensor:
    with torch.inference_mode():
        F.linear(inputs(), torch.ones(H, D))
    return inputs()


def scripted() -> Tensor:
    with warnings.catch_warnings(action="ignore"):  # TorchScript is deprecated, but it is there
        compiled = torch.jit.script(scripted_linear)
    output: Tensor = compiled(inputs(), torch.ones(H, D))
    return output


def vectorized() -> Tensor:
    weights = torch.ones(H, D)
    return torch.vmap(lambda x: F.linear(x, weights))(inputs())


def compare(name: str) -> Callable[[], Tensor]:
    return lambda: getattr(nn, name)(D, H)(inputs())[0]


REACHED: dict[str, tuple[Callable[[], Tensor], list[str], str]] = {
    "RNN": (compare("RNN"), ["torch.nn.RNN"], "aten::rnn_tanh"),
    "RNN with relu": (
        lambda: nn.RNN(D, H, nonlinearity="relu")(inputs())[0],
        ["torch.nn.RNN"],
        "aten::rnn_relu",
    ),
    "LSTM": (compare("LSTM"), ["torch.nn.LSTM"], "aten::lstm"),
    "LSTM, a name in two parts": (compare("LS" + "TM"), ["torch.nn.LSTM"], "aten::lstm"),
    "LSTM in float64": (
        lambda: nn.LSTM(D, H).double()(inputs().double())[0],
        ["torch.nn.LSTM"],
        "aten::lstm",
    ),
    "GRU": (compare("GRU"), ["torch.nn.GRU"], "aten::gru"),
    "RNNCell": (lambda: nn.RNNCell(D, H)(inputs()[0]), ["torch.nn.RNNCell"], "aten::rnn_tanh_cell"),
    "LSTMCell": (
        lambda: nn.LSTMCell(D, H)(inputs()[0])[0],
        ["torch.nn.LSTMCell"],
        "aten::lstm_cell",
    ),
    "GRUCell": (lambda: nn.GRUCell(D, H)(inputs()[0]), ["torch.nn.GRUCell"], "aten::gru_cell"),
    "Linear": (lambda: nn.Linear(D, H)(inputs()), ["torch.nn.Linear"], "aten::linear"),
    "Bilinear": (
        lambda: nn.Bilinear(D, D, H)(inputs(), inputs()),
        ["torch.nn.Bilinear"],
        "aten::bilinear",
    ),
    "LazyLinear": (lambda: nn.LazyLinear(H)(inputs()), ["torch.nn.LazyLinear"], "aten::linear"),
    "nested": (
        lambda: nn.Sequential(nn.Tanh(), nn.Linear(D, H))(inputs()),
        ["torch.nn.Linear"],
        "aten::linear",
    ),
    "subclass": (lambda: SubclassOfLSTM(D, H)(inputs())[0], ["torch.nn.LSTM"], "aten::lstm"),
    "copy of the class": (lambda: CopyOfLSTM()(inputs()), [], "aten::lstm"),
    "forward without a call": (lambda: nn.LSTM(D, H).forward(inputs())[0], [], "aten::lstm"),
    "torch.lstm": (lambda: kernel(torch.lstm, inputs(), lstm_weights()), [], "aten::lstm"),
    "torch.ops.aten": (
        lambda: kernel(torch.ops.aten.lstm.input, inputs(), lstm_weights()),
        [],
        "aten::lstm",
    ),
    "torch._C._VariableFunctions": (
        lambda: kernel(torch._C._VariableFunctions.lstm, inputs(), lstm_weights()),
        [],
        "aten::lstm",
    ),
    "F.linear": (lambda: F.linear(inputs(), torch.ones(H, D)), [], "aten::linear"),
    "F.bilinear": (
        lambda: F.bilinear(inputs(), inputs(), torch.ones(H, D, D)),
        [],
        "aten::bilinear",
    ),
    "F.linear under no_grad": (under_no_grad, [], "aten::linear"),
    "F.linear under inference_mode": (under_inference_mode, [], "aten::linear"),
    "F.linear, scripted": (scripted, [], "aten::linear"),
    "F.linear, vectorized": (vectorized, [], "aten::linear"),
}


@pytest.mark.parametrize(("forward", "modules", "operator"), REACHED.values(), ids=REACHED)
def test_what_ran_is_recorded(
    forward: Callable[[], Tensor], modules: list[str], operator: str
) -> None:
    with watch() as record:
        forward().sum().backward()
    assert record.modules == modules
    assert operator in record.operators


def test_the_backward_pass_alone_gives_it_away() -> None:
    loss = nn.LSTM(D, H)(inputs())[0].sum()
    with watch() as record:
        loss.backward()
    assert record.modules == []
    assert [name for name in record.operators if name.endswith("backward")]


def test_records_are_sorted_and_name_each_thing_once() -> None:
    with watch() as record:
        for name in ["RNN", "LSTM", "Linear", "GRU", "RNN"]:
            compare(name)()
    assert record.modules == ["torch.nn.GRU", "torch.nn.LSTM", "torch.nn.Linear", "torch.nn.RNN"]
    assert record.operators == sorted(set(record.operators))


def test_a_pass_that_starts_a_thread_does_not_pass() -> None:
    with pytest.raises(Blinded, match="has started threads"), watch() as record:  # noqa: PT012
        thread = threading.Thread(target=compare("LSTM"))
        thread.start()
        thread.join()
    assert record.modules == ["torch.nn.LSTM"]


def test_a_pass_beside_a_running_thread_does_not_pass() -> None:
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    with pytest.raises(Blinded, match="threads are running"), watch():
        pass
    end.set()
    thread.join()
    with watch() as record:  # threads that have ended are nobody's concern
        compare("GRU")()
    assert "aten::gru" in record.operators


def test_a_thread_of_a_library_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress bars and TensorBoard leave one behind, for good."""
    monkeypatch.setattr(runtime, "_LIBRARIES", (*runtime._LIBRARIES, __file__))
    end = threading.Event()
    thread = threading.Thread(target=lambda: end.wait())  # a frame of this file
    thread.start()
    with watch() as record:
        compare("GRU")()
    end.set()
    thread.join()
    assert "aten::gru" in record.operators


def test_a_record_that_was_begun_anew_does_not_pass() -> None:
    with pytest.raises(Blinded, match="has stopped the record"), watch():  # noqa: PT012
        first = torch.autograd.profiler.profile(use_kineto=False)
        first.entered = True
        first.__exit__(None, None, None)
        compare("LSTM")()
        torch.autograd.profiler.profile(use_kineto=False).__enter__()


def test_nothing_is_recorded_before_and_after() -> None:
    compare("LSTM")()
    with watch() as record:
        pass
    compare("LSTM")()
    assert record == Record(modules=[], operators=[])


def test_every_watch_starts_with_an_empty_record() -> None:
    with watch() as first:
        compare("LSTM")()
    with watch() as second:
        compare("GRU")()
    assert (first.modules, second.modules) == (["torch.nn.LSTM"], ["torch.nn.GRU"])
    assert "aten::lstm" not in second.operators


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_record_is_complete_when_the_code_raises(error: type[BaseException]) -> None:
    with pytest.raises(error), watch() as record:  # noqa: PT012
        compare("LSTM")()
        raise error
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators
    assert not nn.modules.module._global_forward_pre_hooks
    with watch():
        pass


def test_a_watch_inside_a_watch_is_refused_and_leaves_the_first_intact() -> None:
    with watch() as record:
        with pytest.raises(RuntimeError, match="a profiler is running already"), watch():
            pass
        compare("LSTM")()
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators
    assert not nn.modules.module._global_forward_pre_hooks


def test_a_watch_of_a_patched_torch_still_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("patched")

    for place, name in [
        (torch.profiler, "profile"),
        (torch.autograd.profiler, "profile"),
        (torch.autograd, "_enable_profiler_legacy"),
        (torch.autograd, "_disable_profiler_legacy"),
        (torch._C._autograd, "_enable_profiler_legacy"),
        (torch._C._autograd, "_disable_profiler_legacy"),
        (nn.modules.module, "register_module_forward_pre_hook"),
    ]:
        monkeypatch.setattr(place, name, refuse)
    lstm = type("Renamed", (nn.LSTM,), {"__module__": "mine"})(D, H)
    monkeypatch.setattr(nn, "LSTM", refuse)
    with watch() as record:
        lstm(inputs())
    assert record.modules == ["torch.nn.LSTM"]
    assert "aten::lstm" in record.operators


@pytest.mark.parametrize("stop", ["_disable_profiler_legacy", "_disable_profiler"])
def test_code_that_stops_the_record_does_not_pass(stop: str) -> None:
    with pytest.raises(RuntimeError, match="has stopped the record"), watch() as record:  # noqa: PT012
        with contextlib.suppress(RuntimeError):  # one of them refuses, and stops it all the same
            getattr(torch._C._autograd, stop)()
        compare("LSTM")()
    assert record.modules == ["torch.nn.LSTM"]
    assert not nn.modules.module._global_forward_pre_hooks
    with watch() as record:
        compare("GRU")()
    assert "aten::gru" in record.operators


def test_a_watch_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with watch():
        compare("LSTM")().sum().backward()
    assert capfd.readouterr() == ("", "")
