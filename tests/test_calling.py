"""Student code is found by name and called by the names of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from grader.worker import calling
from grader.worker.answering import Unusable


def homework(source: str) -> ModuleType:
    module = ModuleType("homework")
    exec(source, vars(module))
    return module


def refusal(function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(Unusable) as raised:
        function(*arguments, **options)
    return raised.value.details


# What is found and called


SOURCE = """
from posixpath import join
from torch.nn import LSTM, Module
loss_Gradient = 3

class Rnn:
    def getWeights(self): return 1
    def forward(): return 2

def lossGradient(newRate, /, *, X, optional=5): return newRate, X, optional
def asks(x, dropout): return x
def swallows(*args, **options): return options
def decorated(*args): return args
"""


def test_names_agree_up_to_case_and_underscores() -> None:
    module = homework(SOURCE)
    aliases = {"lr": "rate newrate"}
    assert calling.call(module, "loss_gradient", {"lr": 1, "x": 2}, aliases) == (1, 2, 5)
    model = calling.find_class(module, "RNN")()
    assert calling.call(model, "get_weights", {}, {}) == 1
    assert calling.call(module, "swallows", {"x": 2}, {}) == {"x": 2}
    assert calling.takes(module.lossGradient, "lr", aliases)
    assert not calling.takes(module.lossGradient, "h", aliases)


def test_an_exact_name_comes_first() -> None:
    module = homework("def Chunks(): return 1\ndef chunks(): return 2")
    assert calling.find(module, "chunks")() == 2
    assert calling.find(module, "Chunks")() == 1


def test_what_is_not_defined_is_said() -> None:
    module = homework(SOURCE)
    details = refusal(calling.find, module, "chunks", ("data", "K"))
    assert details["what"] == "The file should define a function chunks."
    assert details["expected"] == "def chunks(data, K)"
    assert details["got"] == "no such name; there is asks, decorated, lossGradient, swallows"
    details = refusal(calling.find, homework("chunks = 3"), "chunks")
    assert details["got"] == "chunks, which is something else: <class 'int'>"
    assert "no function" in refusal(calling.find, homework(""), "chunks")["got"]
    details = refusal(calling.find, module.Rnn(), "backward")
    assert details["what"] == "Rnn should define a function backward."
    assert details["got"].endswith("there is forward, getWeights")
    assert refusal(calling.find_class, module, "asks")["got"].endswith("else: <class 'function'>")
    assert "is Rnn" in refusal(calling.find_class, module, "network")["got"]
    details = refusal(calling.find_class, module, "Rnn", nn.Module)
    assert details["got"] == "Rnn, which is something else: <class 'homework.Rnn'>"
    # What is imported as it is, is not the student's.
    details = refusal(calling.find_class, module, "LSTM", nn.Module)
    assert details["expected"] == "class LSTM(Module)"


def test_a_function_that_cannot_be_called_by_names() -> None:
    module = homework(SOURCE)
    details = refusal(calling.call, module, "asks", {"x": 1}, {})
    assert details["what"] == "asks should ask for no parameter that it is not given."
    assert "'dropout'" in details["got"]
    details = refusal(calling.call, module.Rnn(), "forward", {"x": 1}, {})
    assert details["hint"] == "The first parameter of a method is self."
    details = refusal(calling.call, module, "decorated", {"x": 1}, {})
    assert details["got"] == "*args, which has no names"
    assert "functools.wraps" in details["hint"]
    assert calling.call(module, "decorated", {}, {}) == ()


def test_a_call_that_reaches_no_line_of_theirs_is_their_fault() -> None:
    module = homework("class Returns:\n    def __init__(self): return 1")
    details = refusal(calling.bind, module.Returns, {}, {})
    assert details["got"] == "TypeError: __init__() should return None, not 'int'"
    with pytest.raises(TypeError, match="abs"):
        calling.call(homework("def f(x): return abs(x)"), "f", {"x": "text"}, {})
