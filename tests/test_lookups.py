"""Ways to look up a layer by a text, or by a pattern, that the scan for bans follows."""

from __future__ import annotations

import time

import pytest

from grader.bans.static import banned_uses
from grader.exercises.palindrome.bans import BANNED

PRELUDE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def uses(line: str) -> list[str]:
    return [found.what for found in banned_uses(BANNED, {"x.py": PRELUDE + line})]


LOOKUPS = {
    "attrgetter": "import operator; operator.attrgetter('LSTM')(nn)(1, 2)",
    "attrgetter of a path": "from operator import attrgetter as a; a('nn.LSTM')(torch)(1, 2)",
    "attrgetter of several": "import operator; operator.attrgetter('Module', 'LSTM')(nn)",
    "methodcaller": "import operator; operator.methodcaller('LSTM', 1, 2)(nn)",
    "partial": "import functools; functools.partial(getattr, nn)('LSTM')(1, 2)",
    "reduce": "import functools; functools.reduce(getattr, ('nn', 'LSTM'), torch)(1, 2)",
    "reduce of a split text": (
        "import functools as f; f.reduce(getattr, 'nn.LSTM'.split('.'), torch)"
    ),
    "getattr_static": "import inspect; inspect.getattr_static(nn, 'LSTM')(1, 2)",
    "resolve_name": "import pkgutil; pkgutil.resolve_name('torch.nn:LSTM')(1, 2)",
    "resolve_name of a path": "import pkgutil; pkgutil.resolve_name('torch.nn' + '.LSTM')(1, 2)",
    "locate": "import pydoc; pydoc.locate('torch.nn.LSTM')(1, 2)",
    "field of a format": "import string; string.Formatter().get_field('0.nn.LSTM', (torch,), {})",
    "__getattribute__": "nn.__getattribute__('LSTM')(1, 2)",
    "__getattribute__ of a class": "object.__getattribute__(nn, 'LSTM')(1, 2)",
    "list of layers": "layers = [None, nn]; layers[1].LSTM(1, 2)",
    "class pattern": "match nn:\n    case object(LSTM=cell): pass",
    "pattern in a pattern": "match torch:\n    case object(nn=object(LSTM=cell)): pass",
    "pattern, then a name": "match torch:\n    case object(nn=n): n.LSTM(1, 2)",
    "name of a pattern": "match nn:\n    case n: n.LSTM(1, 2)",
    "sequence pattern": "match 1, nn:\n    case [_, n]: n.LSTM(1, 2)",
    "pattern of a dictionary": "match vars(nn):\n    case {'LSTM': cell}: pass",
    "one of two patterns": "match nn:\n    case object(x=_) | object(LSTM=cell): pass",
}


@pytest.mark.parametrize("line", LOOKUPS.values(), ids=LOOKUPS)
def test_a_lookup_is_followed(line: str) -> None:
    assert uses(line) == ["torch.nn.LSTM"]


HARMLESS = {
    "attribute of an object that matches": "match m:\n    case object(LSTM=cell): pass",
    "names of a match": "match m:\n    case [nn, *F]: nn.LSTM, F.linear",
    "field of an own object": "import string; string.Formatter().get_field('0.LSTM', (m,), {})",
    "sorting by an attribute": "import operator; sorted(x, key=operator.attrgetter('LSTM'))",
}


@pytest.mark.parametrize("line", HARMLESS.values(), ids=HARMLESS)
def test_what_looks_up_no_layer_is_no_violation(line: str) -> None:
    assert uses(line) == []


BOMBS = {
    "getters of getters": "from functools import partial as p\nf = p\n" + "f = p(f, f, f)\n" * 60,
    "getters of many": (
        "import operator\ng = operator.attrgetter(" + "'a', " * 2000 + ")\n" + "g(torch)\n" * 2000
    ),
    "patterns in patterns": (
        "match torch:\n    case " + "object(a=" * 60 + "x" + ")" * 60 + ": pass\n"
    ),
    "subscripts in subscripts": "torch[" * 60 + "0" + "]" * 60 + "\n",
}


@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_following_lookups_takes_little_time(source: str) -> None:
    start = time.process_time()
    assert uses(source) == []
    assert time.process_time() - start < 5
