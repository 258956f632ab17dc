"""The probe that runs a student's training loop (in the worker)."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypedDict

from matplotlib.figure import Figure
from torch import nn

from grader.core.drawings import Description
from grader.exercises.palindrome.probes import banned
from grader.exercises.palindrome.watch import WATCHED_STEPS, Enough, Watch, weights_of
from grader.worker import drawing
from grader.worker.answering import Unusable
from grader.worker.calling import bind, default_of, find, is_students, takes, wants_configuration
from grader.worker.drawing import described, figure_in
from grader.worker.values import Array, brief

ALIASES = {
    "model": "modeltype modelname network net rnntype kind",
    "length": "palindromelength t seqlength seqlen sequencelength",
    "input_length": "inputlen",
    "input_dim": "inputsize",
    "num_classes": "nclasses outputdim",
    "num_hidden": "hiddendim hiddensize nhidden",
    "batch_size": "batch",
    "learning_rate": "lr",
    "train_steps": "steps maxsteps numsteps trainingsteps iterations",
    "max_norm": "maxgradnorm clip maxgradientnorm",
    "device": "dev",
}
TIGHT = 1e-5  # a max_norm that every gradient exceeds
FIGURES = 4  # the last of those drawn
OTHER = {"train_steps": 2, "learning_rate": 3e-4, "batch_size": 96}


class Run(TypedDict):
    """What a training came to."""

    weights: dict[str, Array]
    first: dict[str, Array]  # before the first step; empty if it was another network's
    recent: list[dict[str, Array]]
    # The network's class, what it read (digits to the last), and how often it was changed.
    kind: str
    length: int
    steps: int
    events: list[str]
    left_over: bool
    norm: float | None  # to which it was told to clip
    ignored: list[str]  # parameters of train that change nothing
    accuracy: float | None  # in the last batches, as far as that was seen
    probabilities: bool | None
    history: dict[str, list[float]]
    figures: list[Description]
    trouble: str  # why the last other figure is not among them


def train(module: ModuleType, model: str, length: int, steps: int) -> Run:
    """Run the student's ``train`` at the sheet's defaults; weights, history, figures and more."""
    function = find(module, "train")
    values = sheet_values(function, model, length, steps)
    watch = Watch()
    with drawing.captured() as drawn, watch.over(is_students):
        returned = bind(function, values, ALIASES)
        network, history = sort_out(returned)
        if history:
            plot(module, history, drawn)
    if watch.spots.found:
        raise banned(watch.spots.found)
    network = network or watch.network
    if network is None:
        raise Unusable(
            "train must return the trained network.",
            expected="(network, history)",
            got=brief(returned),
        )
    pictures, trouble = describe(drawn[-FIGURES:])
    return {
        "weights": weights_of(network),
        "first": watch.weights_at_first(watch.network or network),
        "recent": [w for w in watch.recent if network is watch.network],
        "kind": type(network).__name__,
        "length": watch.read + 1 if watch.read else length,
        "steps": watch.steps,
        "events": watch.events,
        "left_over": watch.left_over,
        "norm": float(watch.norm) if isinstance(watch.norm, int | float) else None,
        "ignored": ignored(function, values),
        "accuracy": watch.accuracy(),
        "probabilities": watch.probabilities,
        "history": numbers(history),
        "figures": pictures,
        "trouble": trouble,
    }


def sheet_values(
    function: Callable[..., Any], model: str, length: int, steps: int
) -> dict[str, Any]:
    """What ``train`` is called with: the sheet's defaults."""
    input_dim = default_of(function, "input_dim", ALIASES)
    return {
        "model": model,
        "length": length,
        "input_length": length - 1,
        "input_dim": input_dim if isinstance(input_dim, int) else 1,  # as the loop makes it
        "num_classes": 10,
        "num_hidden": 128,
        "batch_size": 128,
        "learning_rate": 1e-3,
        "train_steps": steps,
        "max_norm": 10.0,
        "device": "cpu",
    }


def ignored(function: Callable[..., Any], values: dict[str, Any]) -> list[str]:
    """Parameters that a training takes, but does not obey: it is begun once more, with others."""
    tight, other = (begin(function, values | changed) for changed in ({"max_norm": TIGHT}, OTHER))
    obeyed = {
        "max_norm": max(tight.largest, default=0) < 2 * TIGHT,
        "train_steps": other.steps <= WATCHED_STEPS,  # some loops do one more
        "learning_rate": not other.steps or abs(other.rate - OTHER["learning_rate"]) < TIGHT,
        "batch_size": not other.steps or OTHER["batch_size"] in other.batch,
    }
    configured = wants_configuration(function)
    return [
        name
        for name, right in obeyed.items()
        if not right and (configured or takes(function, name, ALIASES))
    ]


def begin(function: Callable[..., Any], values: dict[str, Any]) -> Watch:
    """What the first steps of a training are like."""
    watch = Watch(brief=True)
    with contextlib.suppress(Enough, Exception), watch.over(is_students):
        bind(function, values, ALIASES)
    return watch


def describe(drawn: list[Figure]) -> tuple[list[Description], str]:
    """The figures that matplotlib can draw, and what came instead of the last other one."""
    pictures, trouble = [], ""
    for figure in drawn:
        try:
            pictures.append(described(figure, "train.py"))
        except Unusable as error:  # that costs the figure, not the training
            trouble = error.details["got"]
    return pictures, trouble


def sort_out(returned: Any) -> tuple[nn.Module | None, Any]:
    """The network and the history among what train returned."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    network = next((part for part in parts if isinstance(part, nn.Module)), None)
    others = [part for part in parts if part is not None and not isinstance(part, nn.Module)]
    return network, others[0] if len(others) == 1 else others


def plot(module: ModuleType, history: Any, drawn: list[Figure]) -> None:
    """Call the student's plotting function, if there is one, and keep the figure it returns."""
    names = [name for name in vars(module) if "plot" in name.lower() or "figure" in name.lower()]
    own = [
        getattr(module, name)
        for name in sorted(names, key=lambda name: name != "plot_history")
        if inspect.isfunction(getattr(module, name))
        and getattr(module, name).__module__ == module.__name__
    ]
    if own:
        figure = figure_in(own[0](history))
        if figure is not None:
            drawn.append(figure)


def numbers(history: Any) -> dict[str, list[float]]:
    """The lists of numbers in a history, by name."""
    if isinstance(history, list | tuple):
        history = {str(index): part for index, part in enumerate(history)}
    if not isinstance(history, dict):
        return {}
    return {
        str(name): [float(value) for value in values]
        for name, values in history.items()
        if isinstance(values, list | tuple) or hasattr(values, "tolist")
    }
