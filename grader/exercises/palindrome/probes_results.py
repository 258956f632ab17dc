"""The probe that runs a short training, for what it returns and draws (in the worker)."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from itertools import islice
from types import FrameType
from typing import TYPE_CHECKING, Any, TypedDict

import torch
from torch import nn
from torch.utils.data import DataLoader

from grader.core.figure_data import Description
from grader.exercises.palindrome.probes_train import Aim, limited, sheet_values
from grader.exercises.palindrome.running import Run
from grader.exercises.palindrome.training_trace import Enough, Trace
from grader.exercises.palindrome.wrapping import replaced
from grader.worker import figure_capture
from grader.worker.answering import Unusable
from grader.worker.attribution import text_of
from grader.worker.figure_capture import described, figure_in
from grader.worker.script import Script

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GENERATOR = torch.Generator()
FIGURES = 4  # the last of those drawn
SHORT_STEPS = 60
MOST_BATCHES = SHORT_STEPS + 20  # that a DataLoader gives, for loops that count no steps


class Results(TypedDict):
    """The return value and the figures of a short training."""

    history: dict[str, list[float]]
    accuracy: float | None  # in the last batches, as far as that was seen
    rows: int  # of the last batch
    steps: int
    figures: list[Description]
    losses: list[float]  # of the last steps
    trouble: str  # why the last other figure is not among them


def results(
    script: Script, model: str, length: int, limit: float, width: int, disturbed: bool
) -> Results:
    """Run a short training to its own end; return its history and figures.

    Args:
        model: "RNN" or "LSTM".
        length: Digits of a palindrome.
        limit: Seconds of processor time.
        width: The ``input_dim`` that the network takes, if it can't take the script's own.
        disturbed: Whether the steps go into random directions.
    """
    aim = Aim(model, length - 1, literal=frozenset({"train_steps"}), input_dim=width)
    settings = aim.settings(train_steps=SHORT_STEPS)
    trace = Trace(disturb if disturbed else lambda _: None)
    run = Run(script, settings, trace, sheet_values(aim, train_steps=SHORT_STEPS))
    trouble = ""
    history: dict[str, list[float]] = {}

    def stop(_: FrameType | None) -> None:
        raise Enough

    with figure_capture.captured() as drawn:
        try:
            with trace.over(), short_data(), limited(limit, stop):
                run.perform()
                history = numbers(sort_out(run.returned))
                if not drawn:
                    plot(run, drawn)
        except Enough:
            trouble = "the script has not come to its end"
        except (Exception, SystemExit) as error:  # noqa: BLE001 (theirs may raise anything)
            trouble = f"{type(error).__name__}: {text_of(error)} ({script.where(error)})"
    pictures, undrawn = describe(drawn[-FIGURES:])
    return {
        "history": history,
        "accuracy": trace.losses.accuracy(),
        "rows": len(trace.losses.last[-1][1]) if trace.losses.last else 0,
        "steps": trace.steps,
        "figures": pictures,
        "losses": list(trace.values),
        "trouble": undrawn or trouble,
    }


def disturb(trace: Trace) -> None:
    """Replace the gradients of a step by random numbers that no seed of theirs changes."""
    for parameter in trace.parameters:
        if parameter.grad is not None:
            noise = torch.randn(parameter.shape, generator=GENERATOR)
            parameter.grad.copy_(noise)


@contextlib.contextmanager
def short_data() -> Iterator[None]:
    """Let every DataLoader end after a few batches meanwhile."""
    original = DataLoader.__iter__

    def shortened(loader: DataLoader[Any]) -> Any:
        return islice(original(loader), MOST_BATCHES)

    with replaced(DataLoader, "__iter__", shortened):
        yield


def describe(drawn: list[Figure]) -> tuple[list[Description], str]:
    """Return the figures that matplotlib can draw, and what is wrong with the last other one."""
    pictures, trouble = [], ""
    for figure in drawn:
        try:
            pictures.append(described(figure, "train.py"))
        except Unusable as error:
            trouble = error.details["got"]
    return pictures, trouble


def sort_out(returned: Any) -> Any:
    """Return the history among what a training returned: all but networks."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    others = [part for part in parts if part is not None and not isinstance(part, nn.Module)]
    return others[0] if len(others) == 1 else others


def plot(run: Run, drawn: list[Figure]) -> None:
    """Call the student's plotting function with the history, and keep the figure it returns."""
    history = sort_out(run.returned)
    own = [
        value
        for name, value in sorted(
            vars(run.module).items(), key=lambda item: item[0] != "plot_history"
        )
        if inspect.isfunction(value)
        and value.__module__ == run.module.__name__
        and ("plot" in name.lower() or "figure" in name.lower())
    ]
    if own and history:
        figure = figure_in(own[0](history))
        if figure is not None:
            drawn.append(figure)


def numbers(history: Any) -> dict[str, list[float]]:
    """Return the lists of numbers in a history, by name."""
    if isinstance(history, list | tuple):
        history = {str(index): part for index, part in enumerate(history)}
    if not isinstance(history, dict):
        return {}
    found = {}
    for name, values in history.items():
        with contextlib.suppress(Exception):  # a student's object can raise anything
            if isinstance(values, list | tuple) or hasattr(values, "tolist"):
                found[str(name)] = [float(value) for value in values]
    return found
