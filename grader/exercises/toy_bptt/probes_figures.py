"""Probe the figures of a student's toy_bptt.py; runs in the worker."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from grader.core.figure_data import Description
from grader.exercises.toy_bptt.probes import Inputs, call
from grader.worker.figure_capture import drawn_figure
from grader.worker.values import Array


class Record(NamedTuple):
    """A run to draw, handed to the student's figures; fields are found by name, index or key."""

    theta: Array
    loss: Array
    gradient: Array

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else tuple.__getitem__(self, key)


def loss_figure(module: ModuleType, run: Inputs) -> Description:
    """Return the student's figure of a run's loss and gradient."""
    inputs = {"run": Record(**run), "title": "Truncated BPTT"}
    return draw(module, "loss_figure", inputs)


def theta_figure(
    module: ModuleType, runs: dict[str, Inputs], decay: float | None = None
) -> Description:
    """Return the student's figure of the runs' theta, with k^decay if it is given."""
    inputs = {"runs": {label: Record(**run) for label, run in runs.items()}, "title": "Restarts"}
    return draw(module, "theta_figure", {**inputs, "decay": decay})


def draw(module: ModuleType, name: str, inputs: Inputs) -> Description:
    """Return the figure that the student's function of that name returns."""
    return drawn_figure(lambda: call(module, name, inputs), name, returned=True)
