"""What touches the figures of a student's toy_bptt.py; runs in the worker."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from grader import figures
from grader.exercises.toy_bptt.probes import Inputs, call
from grader.exercises.toy_bptt.received import Array, brief
from grader.worker.process import Unusable


class Record(NamedTuple):
    """A run to draw, handed to the student's figures; fields are found by name, index or key."""

    theta: Array
    loss: Array
    gradient: Array

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else tuple.__getitem__(self, key)


def loss_figure(module: ModuleType, run: Inputs) -> dict[str, Any]:
    """A description of loss_figure(run, title)."""
    with figures.captured():
        result = call(module, "loss_figure", {"run": Record(**run), "title": "Truncated BPTT"})
        return described(result, "loss_figure")


def theta_figure(
    module: ModuleType, runs: dict[str, Inputs], decay: float | None = None
) -> dict[str, Any]:
    """A description of theta_figure(runs, title, decay)."""
    inputs = {"runs": {label: Record(**run) for label, run in runs.items()}, "title": "Restarts"}
    with figures.captured():
        return described(call(module, "theta_figure", {**inputs, "decay": decay}), "theta_figure")


def described(result: Any, name: str) -> dict[str, Any]:
    """The figure in what the student's function returned, as data."""
    parts = result if isinstance(result, tuple | list) else [result]
    found = [getattr(part, "figure", None) or part for part in parts]  # axes know their figure
    figure = next((part for part in found if isinstance(part, Figure)), None)
    if figure is None:
        raise Unusable(
            f"{name} returns a figure.",
            expected="a matplotlib Figure",
            got=brief(result),
            hint="plt.show() hands nothing on: end with return figure." if result is None else "",
        )
    try:
        return figures.describe(figure)
    except Exception as error:
        raise Unusable(
            f"The figure of {name} can be drawn.",
            expected="a picture",
            got=f"matplotlib raises {type(error).__name__}: {str(error)[:300]}",
            hint="Is there a formula between $ and $ that it can't read?",
        ) from error
