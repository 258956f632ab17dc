"""The worker takes switches away before student code is imported, and records what remains."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import functools, gc, importlib, inspect, json, operator, pkgutil, sys, types

import torch
import torch._dynamo
from torch import nn
from torch.nn import functional as F

from grader.bans import switches
from grader.bans.runtime import Watcher
from grader.exercises.palindrome.bans import BANNED

watcher = Watcher(BANNED)
switches.withhold()
x, W, b = torch.ones(2, 3), torch.ones(4, 3, requires_grad=True), torch.zeros(4)
linear, key = torch.ops.aten.linear.default, torch._C.DispatchKey
keys = torch._C.DispatchKeySet(key.AutogradCPU)
switch = "_enable_record_function"


def rnn(*_):
    weights = [W, torch.ones(4, 4), b, b]
    return torch.rnn_tanh(x[None], torch.zeros(1, 2, 4), weights, True, 1, 0.0, False, False, False)


def refused(call):
    try:
        call()
    except switches.Withheld:
        return rnn()
    raise AssertionError("not withheld")


def by_pattern():
    match torch:
        case object(_C=object(_autograd=object(_enable_record_function=found))):
            found(False)


def by_copy(name):
    del sys.modules[name]
    return importlib.import_module(name)


def python_version():
    parts = pkgutil.resolve_name("torch._decomp.decompositions")
    kept, F.linear = F.linear, lambda x, W, b=None: x @ W.T if b is None else x @ W.T + b
    try:
        cell, state = parts.rnn_cell(torch.tanh), torch.zeros(1, 2, 4)
        parts.one_layer_rnn(x[None], state, [W, torch.ones(4, 4), b, b], True, cell)
    finally:
        F.linear = kept


def borrowed():
    kept, F.linear = F.linear, lambda x, W, b=None: x @ W.T
    nn.Linear.forward(types.SimpleNamespace(weight=W, bias=b), x)
    F.linear = kept


def mode():
    class Mine(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            return function(*args, **(kwargs or {}))

    with Mine():
        x @ x.T


def of_torch():
    with torch.device("cpu"):
        (x @ W.T).sum().backward()


CASES = {
    "nothing": lambda: (x @ W.T + b).sum().backward(),
    "mode of torch": of_torch,
    "switch, caught": lambda: refused(lambda: getattr(torch._C._autograd, switch)(False)),
    "switch": lambda: torch._C._autograd._enable_record_function(False),
    "by pattern": by_pattern,
    "by another module": lambda: torch.autograd._enable_record_function(False),
    "by attrgetter": lambda: operator.attrgetter(f"_C._autograd.{switch}")(torch)(False),
    "by reduce": lambda: functools.reduce(getattr, ["_C", "_autograd", switch], torch)(False),
    "by getattr_static": lambda: inspect.getattr_static(torch._C._autograd, switch)(False),
    "callbacks cleared": lambda: torch._C._autograd._clear_callbacks(),
    "profiler ended": lambda: torch._C._autograd._disable_profiler_legacy(),
    "other profiler": lambda: torch._C._autograd._disable_profiler(),
    "initialized anew": lambda: torch._C._autograd_init(),
    "copy of gc": lambda: by_copy("gc").get_objects(),
    "copy of torch": lambda: by_copy("torch._C")._autograd_init(),
    "profile function": lambda: sys.setprofile(None),
    "static module": lambda: torch._C._jit_to_static_module(None),
    "decompose": lambda: linear.decompose(x, W),
    "kernel": lambda: linear._op_dk(key.CompositeImplicitAutograd, x, W),
    "kernel of the instance": lambda: vars(linear)["_op_dk"](key.CompositeImplicitAutograd, x, W),
    "kernel found anew": lambda: torch._C._get_operation_overload("aten::linear", "")[1](
        key.CompositeImplicitAutograd, x, W
    ),
    "redispatch": lambda: linear.redispatch(keys, x, W),
    "kernel object": lambda: torch.library.get_kernel("aten::linear", key.AutogradCPU).call_boxed(
        keys, x, W
    ),
    "python version": python_version,
    "borrowed forward": borrowed,
    "mode": mode,
    "convolution": lambda: F.conv1d(x[..., None], W[..., None]),
}

found = {}
for name, case in CASES.items():
    gc.collect()
    record = None
    try:
        with watcher.watch() as record:
            case()
        found[name] = [*record.modules, *record.operators]
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""
USED = "Blinded: the code that was watched has used "
AUTOGRAD = f"{USED}torch._C._autograd."
LINEAR = ["aten::linear"]
EXPECTED: dict[str, str | list[str]] = {
    "nothing": [],
    "mode of torch": [],
    "switch, caught": f"{AUTOGRAD}_enable_record_function",
    "switch": f"{AUTOGRAD}_enable_record_function",
    "by pattern": f"{AUTOGRAD}_enable_record_function",
    "by another module": f"{AUTOGRAD}_enable_record_function",
    "by attrgetter": f"{AUTOGRAD}_enable_record_function",
    "by reduce": f"{AUTOGRAD}_enable_record_function",
    "by getattr_static": f"{AUTOGRAD}_enable_record_function",
    "callbacks cleared": f"{AUTOGRAD}_clear_callbacks",
    "profiler ended": f"{AUTOGRAD}_disable_profiler_legacy",
    "other profiler": "Blinded: the code that was watched has hidden calls from the record of them",
    "initialized anew": f"{USED}torch._C._autograd_init",
    "copy of gc": f"{USED}gc.get_objects",
    "copy of torch": f"{USED}torch._C._autograd_init",
    "profile function": f"{USED}sys.setprofile",
    "static module": f"{USED}torch._C._jit_to_static_module",
    "decompose": LINEAR,
    "kernel": LINEAR,
    "kernel of the instance": LINEAR,
    "kernel found anew": LINEAR,
    "redispatch": LINEAR,
    "kernel object": LINEAR,
    "python version": [
        f"torch._decomp.decompositions.{name}" for name in ("one_layer_rnn", "rnn_cell")
    ],
    "borrowed forward": ["torch.nn.Linear"],
    "mode": f"{USED}a TorchFunctionMode of its own",
    "convolution": ["aten::_convolution", "aten::conv1d", "aten::convolution"],
}


@pytest.fixture(scope="module")
def found() -> dict[str, str | list[str]]:
    """Return what is recorded of each case, all in one process whose switches are taken away."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    result: dict[str, str | list[str]] = json.loads(run.stdout)
    return result


@pytest.mark.parametrize("case", EXPECTED)
def test_what_hides_operators_is_withheld_or_recorded(
    case: str, found: dict[str, str | list[str]]
) -> None:
    got, expected = found[case], EXPECTED[case]
    if expected and isinstance(expected, list):  # which kernels it rests on differs by machine
        assert {*expected} <= {*got}
    else:
        assert got == expected
