"""Values of every odd kind that student code returns, and exceptions that it raises, are read."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn
from torch.autograd import forward_ad

from grader.worker import values
from grader.worker.answering import Banned, Unusable

LEAF = torch.tensor([1.0, 2.0], requires_grad=True)
BOXED = np.empty(2, dtype=object)  # an array of tensors
BOXED[0], BOXED[1] = LEAF[0], LEAF[1]


class Pair(NamedTuple):
    x: Any
    y: Any


class Subclass(torch.Tensor):
    pass


class Loud:
    """Whatever is made of it fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no array")


def refusal(function: Callable[..., Any], *arguments: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(Unusable) as raised:
        function(*arguments, **options)
    return raised.value.details


# Numbers


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (True, 1.0),
        (2**62, 2.0**62),
        ([], []),
        ((1, 2.5), [1, 2.5]),
        (LEAF, [1, 2]),
        (LEAF * 2, [2, 4]),
        (nn.Parameter(torch.ones(2, dtype=torch.float16)), [1, 1]),
        (torch.tensor([1.0, 2.0]).as_subclass(Subclass), [1, 2]),
        (torch.tensor([1 + 2j, 3j]).conj().imag, [-2, -3]),  # a view with a sign of its own
        (torch.arange(4).reshape(2, 2).T, [[0, 2], [1, 3]]),
        ([LEAF.sum(), torch.tensor(4), 5.0, np.float32(6)], [3, 4, 5, 6]),
        ([LEAF, LEAF * 3], [[1, 2], [3, 6]]),
        (np.ones(2).view(np.recarray), [1, 1]),
        (np.ma.masked_array([1.0, 2.0], mask=[False, False]), [1, 2]),
        (np.array([1, 2.5], dtype=object), [1, 2.5]),
        (BOXED, [1, 2]),
        (Pair(1, LEAF[1]), [1, 2]),
    ],
    ids=itertools.count(),
)
def test_numbers_in_any_holder(value: Any, expected: Any) -> None:
    found = values.array(value, "It")
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, np.array(expected, dtype=float))


def test_numbers_keep_their_precision_and_are_copies() -> None:
    given = np.ones(2, dtype=np.float32)
    found = values.numbers(given, "It")
    assert found.dtype == np.float32
    found[:] = 7
    tensor = torch.ones(2)
    values.numbers(tensor, "It")[:] = 7
    assert given.sum() == tensor.sum() == 2


endless: list[Any] = []
endless.append(endless)


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (None, "None"),
        ("1.5", "str: 1.5; it holds text"),
        (["1.5"], "list of 1; it holds text"),
        (1j, "complex: 1j; it holds complex numbers"),
        (torch.ones(2, dtype=torch.complex64), "Tensor of shape [2]; it holds complex numbers"),
        ([1.0, None], "list of 2; it holds something else"),
        (np.array(None), "NumPy array of shape []; it holds something else"),
        (np.array(["2019-01-01"], dtype="M8[D]"), "NumPy array of shape [1]; it holds something"),
        ([Decimal(1)], "list of 1; it holds something else"),
        ([[1.0], [1.0, 2.0]], "list of 2; ValueError: "),
        ([LEAF, LEAF.sum()], "list of 2; ValueError: "),
        ({"a": 1.0}, "dict of 1; it holds something else"),
        ({1.0}.__iter__(), "set_iterator; it holds something else"),
        (Loud(), "Loud; RuntimeError: no array"),
        (endless, "list of 1; RecursionError: "),
        (np.broadcast_to(1.0, (10**6, 10**6)), "NumPy array of shape [1000000, 1000000]; "),
        (10**5000, "int; it holds something else"),
    ],
    ids=itertools.count(),
)
def test_what_is_no_numbers_is_named(value: Any, got: str) -> None:
    details = refusal(values.array, value, "The gradient of W")
    assert details["what"] == "The gradient of W should be numbers."
    assert details["got"].startswith(got)
    assert len(details["got"]) < 400
    assert details["hint"] == (
        "Does the function end with a return statement?" if value is None else ""
    )


def test_one_number() -> None:
    for value in (2.5, np.array([[2.5]]), [LEAF[1] + 0.5], torch.tensor(2.5)):
        assert values.number(value, "The loss") == 2.5
    details = refusal(values.number, LEAF, "The loss")
    assert details["what"] == "The loss must be one number."
    assert details["got"] == "Tensor of shape [2]"
    assert "return statement" in refusal(values.number, None, "The loss")["hint"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (nn.Parameter(LEAF), "Parameter of shape [2]"),
        (np.zeros((2, 3)), "NumPy array of shape [2, 3]"),
        (Pair(1, 2), "Pair of 2"),
        (OrderedDict(a=1), "OrderedDict of 1"),
        (["x" * 10**6], "list of 1"),
        ("x" * 10**6, "str: " + "x" * 80),
        (-0.5, "float: -0.5"),
        (np.float64(2), "float64: 2.0"),
        (10**5000, "int"),
        (Loud(), "Loud"),
        (len, "builtin_function_or_method"),
    ],
    ids=itertools.count(),
)
def test_a_value_in_a_few_words(value: Any, text: str) -> None:
    assert values.brief(value) == text


# Values by name


@pytest.mark.parametrize(
    "value",
    [
        {"x": 1, "y": LEAF},
        {"Y_": LEAF, "X": 1, "z": None},
        Pair(1, LEAF),
        (1, LEAF),
        [1, LEAF],
        SimpleNamespace(x=1, y=LEAF),
    ],
    ids=itertools.count(),
)
def test_arrays_by_name(value: Any) -> None:
    found = values.named(value, ("x", "y"), "The parts")
    assert list(found) == ["x", "y"]
    assert found["x"] == 1
    assert found["y"].tolist() == [1, 2]


def test_parts_that_are_missing() -> None:
    for value, got in (
        (None, "None"),
        ((1, 2, 3), "tuple of 3"),
        (LEAF, "Tensor of shape [2]"),
        (SimpleNamespace(z=1), "SimpleNamespace"),
    ):
        details = refusal(values.parts, value, ("x", "y"), "The parts")
        assert details["what"] == "The parts should be named."
        assert details["got"] == got
        assert bool(details["hint"]) == (value is None)
    details = refusal(values.parts, {"x": None, "z": 0}, ("x", "y"), "The parts", "A hint.")
    assert details == {
        "what": "The parts should hold x, y.",
        "expected": "x, y, in a dictionary or in this order",
        "got": "keys x: None, z",
        "hint": "A hint.",
    }
    details = refusal(values.named, {"x": 1, "y": "text"}, ("x", "y"), "The parts")
    assert details["what"] == "The parts, y, should be numbers."


# What happens in a call


class Refusal(ValueError):
    pass


class Mute(Exception):
    def __str__(self) -> str:
        raise KeyError


def raises(error: Exception) -> None:
    raise error


def test_what_a_call_raises() -> None:
    assert values.raised(int, "3") == []
    found = values.raised(raises, error=Refusal("K is " + "x" * 999))
    assert found[0].startswith("Refusal: K is x")
    assert len(found[0]) == 200
    assert found[1:3] == ["Refusal", "ValueError"]
    assert values.raised(raises, AssertionError())[0] == "AssertionError"
    assert values.raised(raises, Mute())[0] == "Mute: (its message raises KeyError)"
    for passing in (NotImplementedError(), Unusable("It", expected="", got="")):
        with pytest.raises(type(passing)):
            values.raised(raises, passing)


@pytest.mark.filterwarnings("ignore:.torch.jit.script")  # is in forward_ad
@pytest.mark.usefixtures("alone")
def test_whether_autograd_runs() -> None:
    def square(x: torch.Tensor) -> torch.Tensor:
        return (x**2).sum()

    def backward() -> None:
        torch.autograd.backward(square(LEAF.detach().requires_grad_()))

    def how(function: Callable[..., Any], *arguments: Any) -> set[str]:
        with values.derivatives() as found:
            function(*arguments)
        return found

    def saved_elsewhere() -> None:
        with torch.autograd.graph.save_on_cpu():
            backward()

    def forward() -> None:
        with forward_ad.dual_level():
            square(forward_ad.make_dual(LEAF.detach(), LEAF.detach()))

    def in_a_thread() -> None:
        thread = threading.Thread(target=backward)
        thread.start()
        thread.join()

    assert how(backward) == how(saved_elsewhere) == {values.BACKWARD}
    assert how(torch.func.grad(square), LEAF.detach()) == {values.BACKWARD}
    assert how(forward) == {values.FORWARD}
    assert how(square, LEAF) == how(np.square, 3) == set()
    with pytest.raises(RuntimeError, match="mine"):
        how(raises, RuntimeError("mine"))
    with pytest.raises(Banned, match="there to see"):
        how(in_a_thread)
