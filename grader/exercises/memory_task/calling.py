"""Student functions and classes called by the names of their parameters (in the worker)."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from grader.worker import calling

ALIASES = {
    "batch_size": "batch b bs n numsamples",
    "seq_length": "seqlen sequencelength length t",
    "rng": "seed generator randomstate",
    "y_hat": "yhat ypred prediction predictions pred output outputs",
    "y": "ytrue target targets label labels truth",
    "model": "rnn net network",
    "loss": "lossobj lossfn lossfunction criterion mse lossmodule",
    "data": "datagenerator samples generator datagen dataset batches",
    "lr": "learningrate rate eta",
    "max_norm": "maxgradnorm clip clipnorm maxgradientnorm",
    "steps": "itersteps numsteps nsteps iterations numiterations updates",
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
    "eps": "epsilon h delta step",
}


def call(owner: Any, name: str, **values: Any) -> Any:
    """Return what a student's function or method of that name returns."""
    return calling.call(owner, name, values, ALIASES)


def make(module: ModuleType, name: str, **values: Any) -> Any:
    """Return an object of the student's class of that name, made from these values."""
    return calling.bind(calling.find_class(module, name), values, ALIASES)
