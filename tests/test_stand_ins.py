"""The objects of the kit's that student code is given: whole, and copied like any others."""

from __future__ import annotations

import ast
import copy
from typing import Any

import numpy as np
import pytest

from grader.exercises.given_rnn.network import WEIGHTS, Network
from grader.exercises.given_rnn.storage import Storage, Stored, network_shapes
from grader.exercises.memory_task.probes import Recall
from grader.exercises.memory_task.probes_learner import Cubes, Loss, Recorder
from grader.exercises.numpy_rnn.probes_gradient_checks import ForwardOnly
from tests.conftest import ROOT

X = np.arange(6.0).reshape(3, 2, 1) / 6
SHAPES = network_shapes({"input_size": 1, "hidden_size": 4, "output_size": 1})
WEIGHT = {name: np.full(shape, 0.1) for name, shape in SHAPES.items()}
OTHER_NAMES = Storage(
    {**{name: name for name in WEIGHTS}, "W": "_W", "bs": "b"}, flat=frozenset({"bs"})
)

STAND_INS: dict[str, tuple[Any, str]] = {
    "network": (lambda: Network(WEIGHT), "numpy_rnn.RNN"),
    "in another form": (lambda: Stored(Network(WEIGHT), OTHER_NAMES), ""),
    "recorder": (lambda: Recorder(WEIGHT), "numpy_rnn.RNN"),
    "recall": (lambda: Recall(WEIGHT, [3]), "numpy_rnn.RNN"),
    "forward only": (lambda: ForwardOnly(WEIGHT), "numpy_rnn.RNN"),
    "loss": (Loss, "memory_learner.MSELoss"),
    "another loss": (lambda: Cubes(np.ones((2, 1))), "memory_learner.MSELoss"),
}


def attributes(name: str) -> set[str]:
    """Return what the constructor of one of the template's classes sets."""
    module, _, kind = name.partition(".")
    tree = ast.parse((ROOT / "student_template" / f"{module}.py").read_text(encoding="utf-8"))
    (found,) = (n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == kind)
    return {
        node.attr
        for node in ast.walk(found)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


@pytest.mark.parametrize(("make", "of"), STAND_INS.values(), ids=STAND_INS)
def test_a_stand_in_has_what_the_template_s_class_has(make: Any, of: str) -> None:
    expected = attributes(of) if of else {"_W", "R", "b", "V", "by", "grads", "tape"}
    assert expected
    assert [name for name in sorted(expected) if not hasattr(make(), name)] == []


@pytest.mark.parametrize("name", ["network", "in another form", "recorder"])
def test_a_copied_network_goes_its_own_way(name: str) -> None:
    network = STAND_INS[name][0]()
    before = network.forward(X)
    network.backward(np.ones((2, 1)))
    twin = copy.deepcopy(network)
    network.update(0.5)
    assert not np.array_equal(network.forward(X), before)
    twin.backward(np.ones((2, 1)))  # of the pass before it was copied
    assert np.array_equal(twin.forward(X), before)
    twin.update(0.25)
    assert not np.array_equal(twin.V, network.V)


@pytest.mark.parametrize("name", ["recorder", "recall", "forward only"])
def test_what_a_copy_reads_is_noted(name: str) -> None:
    network = STAND_INS[name][0]()
    network.forward(X)
    for twin in (copy.copy(network), copy.deepcopy(network)):
        twin.forward(X)
    assert len(network.read) == 3


def test_a_copied_loss_has_its_own_error() -> None:
    loss = Loss()
    assert loss.forward(np.full((2, 1), 3.0), np.ones((2, 1))) == 4.0
    twin = copy.deepcopy(loss)
    loss.forward(np.ones((2, 1)), np.ones((2, 1)))
    assert twin.backward().tolist() == [[2.0], [2.0]]
    assert loss.backward().tolist() == [[0.0], [0.0]]
