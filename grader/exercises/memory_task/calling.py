"""Student functions called by parameter names, and the figures they draw (in the worker)."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from grader import figures
from grader.exercises.numpy_rnn import handling
from grader.worker.process import Unusable

ALIASES = {
    "batch_size": "batch b bs n numsamples",
    "seq_length": "seqlen sequencelength length t",
    "rng": "seed generator randomstate",
    "y_hat": "yhat ypred prediction predictions pred output outputs",
    "y": "ytrue target targets label labels truth",
    "model": "rnn net network",
    "loss": "lossfn lossfunction criterion mse lossmodule",
    "data": "datagenerator samples generator datagen dataset batches",
    "lr": "learningrate rate eta",
    "max_norm": "maxgradnorm clip clipnorm maxgradientnorm",
    "steps": "numsteps nsteps iterations numiterations updates",
    "progress": "callback",
    "x": "inputs input",
    "predict": "predictor function predictfn",
    "batches": "numbatches nbatches",
    "tolerance": "tol threshold eps",
    "make_model": "modelfactory factory build buildmodel",
    "lengths": "seqlengths sequencelengths",
    "repetitions": "reps repeats numrepetitions runs",
    "accuracies": "accuracy accs results",
    "threshold": "minaccuracy limit",
}
HISTORIES = ("history", "losses", "loss_history", "train_losses")


def call(owner: Any, name: str, **values: Any) -> Any:
    """A student's function or method of that name, by the names of its parameters."""
    return handling.method(owner, name, ALIASES)(**values)


def make(module: ModuleType, name: str, **values: Any) -> Any:
    """An object of a student's class."""
    return handling.make(module, name, values, ALIASES)


def draw(make_figure: Callable[[], Any], name: str) -> dict[str, Any]:
    """The description of the figure that a call returns, or else draws by pyplot."""
    from matplotlib.figure import Figure

    with figures.captured() as drawn:
        result = make_figure()
    parts = result if isinstance(result, tuple | list) else [result]
    found = [getattr(part, "figure", None) or part for part in parts]  # axes know their figure
    figure = next((part for part in found if isinstance(part, Figure)), None)
    if figure is None and not drawn:
        raise Unusable(
            f"{name} draws a figure.", expected="a matplotlib Figure", got=handling.describe(result)
        )
    try:
        return figures.describe(figure or drawn[-1])
    except Exception as error:  # whatever was put into the figure
        raise Unusable(
            f"The figure of {name} can be drawn.",
            expected="a picture",
            got=f"matplotlib raises {type(error).__name__}: {str(error)[:300]}",
        ) from error
