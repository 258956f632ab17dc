"""Probe a student's toy_bptt.py; runs in the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.core.spelling import squeeze
from grader.exercises.toy_bptt.tools import counts, engine, optimizers
from grader.worker import calling
from grader.worker.answering import Unusable
from grader.worker.values import (
    BACKWARD,
    Array,
    array,
    brief,
    derivatives,
    fields,
    no_return,
    number,
    parts,
)

Inputs = dict[str, Any]
Rate = Callable[[int], Any]
FIELDS = ("theta", "loss", "gradient")  # of a run
# eta_k = scale / (k + shift)^power. It is defined for k = 0 and -1, too, so that whoever counts
# from there gets numbers that can be told apart.
Schedule = dict[str, float]

ALIASES = {
    "n": "size num nsamples numsamples samples count batchsize",
    "theta": "theta0 thetastart thetainit starttheta initialtheta start param parameter",
    "x_0": "x samples batch h0 xs",
    "mu": "mean m",
    "T": "steps timesteps nsteps numsteps length",
    "rate": "lr eta learningrate schedule etak rates",
    "iterations": "iters niter numiterations numiters maxiter epochs k steps",
    "h": "state hprev hprevious previous ht",
    "power": "p exponent",
    "times": "restarts nrestarts numrestarts repeats n",
    "run": "record history result r data",
    "runs": "records histories results data",
    "title": "name label",
    "decay": "exponent",
}


def call(module: ModuleType, name: str, inputs: Inputs) -> Any:
    """Return what the student's function gives; arrays become tensors, in double precision."""
    torch.set_default_dtype(torch.float64)  # also for what the student makes: torch.tensor(theta)
    values = {
        key: torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value
        for key, value in inputs.items()
    }
    return calling.call(module, name, values, ALIASES)


def samples(module: ModuleType, mu: float, n: int, calls: int) -> list[Array]:
    """Return what so many calls of the student's sample_x0 give, each (n,)."""
    found = (call(module, "sample_x0", {"mu": mu, "n": n}) for _ in range(calls))
    return [array(value, "What sample_x0 returns") for value in found]


# Full BPTT


def losses(module: ModuleType, cases: list[Inputs]) -> list[float]:
    """Return what the student's loss gives for each case."""
    found = (call(module, "loss", {**case, "theta": leaf(case["theta"])}) for case in cases)
    return [number(value, "What loss returns") for value in found]


def touched(module: ModuleType, case: Inputs) -> dict[str, Array]:
    """Return x_0 (n,) after a call of the student's loss, and after one of loss_gradient."""
    found = {}
    for name, theta in (("loss", leaf(case["theta"])), ("loss_gradient", case["theta"])):
        x_0 = torch.from_numpy(case["x_0"].copy())
        call(module, name, {**case, "x_0": x_0, "theta": theta})
        found[name] = x_0.detach().numpy()
    return found


def slopes_of_loss(module: ModuleType, cases: list[Inputs]) -> list[float]:
    """Return what backward() on the student's loss leaves in theta."""
    found = []
    for case in cases:
        theta = leaf(case["theta"])
        value = call(module, "loss", {**case, "theta": theta})
        found.append(backward(value, theta, "loss"))
    return found


def gradients(module: ModuleType, cases: list[Inputs]) -> list[float]:
    """Return what the student's loss_gradient gives for each case."""
    found = (call(module, "loss_gradient", case) for case in cases)
    return [number(value, "What loss_gradient returns") for value in found]


def gradients_by_engine(module: ModuleType, cases: list[Inputs], factor: float) -> dict[str, Any]:
    """Return the student's gradients, and those that torch's engine has delivered meanwhile.

    The engine multiplies all that it computes by ``factor``.
    """
    found: list[float] = []
    delivered: list[list[float]] = []
    with derivatives() as ran:
        for case in cases:
            with engine(factor) as gradients:
                value = call(module, "loss_gradient", case)
            found.append(number(value, "What loss_gradient returns"))
            delivered.append(gradients)
    return {"gradients": found, "delivered": delivered, "ran": BACKWARD in ran}


def descents(module: ModuleType, cases: list[Inputs]) -> list[dict[str, Array]]:
    """Return the run of the student's gradient_descent for each case."""
    return [record(call(module, "gradient_descent", case), "gradient_descent") for case in cases]


# Truncated BPTT


def steps(module: ModuleType, cases: list[Inputs]) -> list[dict[str, Any]]:
    """Return loss, next h and gradient in theta of truncated_step, from x_0 + lag·theta."""
    found = []
    for case in cases:
        theta = leaf(case["theta"])
        h = torch.from_numpy(case["x_0"].copy())
        for _ in range(case["lag"]):
            h = h + theta
        value, following = step(module, theta, h, case["mu"])
        found.append(
            {
                "loss": number(value, "The loss of truncated_step"),
                "h": array(following, "The next h of truncated_step"),
                "gradient": backward(value, theta, "truncated_step"),
            }
        )
    return found


def step(module: ModuleType, theta: Tensor, h: Tensor, mu: float) -> tuple[Any, Any]:
    """Return (loss, next h) of the student's step, in whichever order they come."""
    shape = list(h.shape)
    result = call(module, "truncated_step", {"theta": theta, "h": h, "mu": mu})
    pair = list(result.values()) if isinstance(result, Mapping) else result
    if not isinstance(pair, tuple | list):
        pair = []
    shapes = [list(array(part, "Each part of truncated_step's result").shape) for part in pair]
    if len(pair) != 2 or shape not in shapes or not any(each in shapes for each in ([], [1])):
        raise Unusable(
            "truncated_step should return the loss and the next h.",
            expected=f"(loss, h): a number, and a tensor of shape {shape}",
            got=", ".join(brief(part) for part in pair) or brief(result),
            hint=no_return(result),
        )
    state = shapes.index(shape)
    return pair[1 - state], pair[state]


def truncated(module: ModuleType, schedule: Schedule, inputs: Inputs) -> dict[str, Any]:
    """Return the run of truncated_bptt, and how often SGD and LambdaLR were at work for it."""
    with optimizers() as used:
        result = call(module, "truncated_bptt", {**inputs, "rate": rate(**schedule)})
    run = record(result, "truncated_bptt")
    return {"run": run, "counts": counts(used, run["theta"])}


def rate(scale: float, shift: float, power: float) -> Rate:
    """Return the schedule k → scale / (k + shift)^power."""
    return lambda k: scale / (k + shift) ** power


def decaying_rate(module: ModuleType, power: float) -> Rate:
    """Return the student's schedule, a function of k."""
    made: Any = call(module, "decaying_rate", {"power": power})
    if not callable(made):
        raise Unusable(
            "decaying_rate should return a function of k.",
            expected="a function, so that decaying_rate(1)(k) is eta_k",
            got=brief(made),
            hint=no_return(made) or "Return a function of k, defined inside or by lambda k: ….",
        )
    return lambda k: made(k)


def rates(module: ModuleType, power: float, ks: list[int]) -> Array:
    """Return what the student's schedule gives for each k."""
    eta = decaying_rate(module, power)
    return np.array([number(eta(k), "decaying_rate(power)(k)") for k in ks])


def restarts(
    module: ModuleType, schedule: Schedule | float, inputs: Inputs, least: int = 0
) -> list[dict[str, Array]]:
    """Return the runs of the student's function of that name.

    ``schedule`` is one of ours, or the power of the student's own; a k that is less than ``least``
    counts as ``least``.
    """
    eta = rate(**schedule) if isinstance(schedule, dict) else decaying_rate(module, schedule)
    result = call(module, "restarts", {**inputs, "rate": lambda k: eta(max(k, least))})
    if not isinstance(result, tuple | list) or hasattr(result, "_fields"):
        raise Unusable(
            "restarts should return a list of runs.",
            expected="a list, the first run and then each restart",
            got=brief(result),
            hint=no_return(result),
        )
    return [record(run, "restarts") for run in result]


# What comes back


def leaf(theta: float) -> Tensor:
    """Return theta as a 0-dim float64 tensor that asks for a gradient."""
    return torch.tensor(theta, dtype=torch.float64, requires_grad=True)


def backward(value: Any, theta: Tensor, name: str) -> float:
    """Return the derivative of the student's loss in ``theta``, by torch's backward pass."""
    what = f"backward() on what {name} returns gives the gradient."
    cut = (
        "The graph is cut: look for .item(), .detach(), .data, torch.tensor(…) of a tensor or "
        "torch.no_grad() where theta enters. Only the state of the step before is a constant."
    )
    if name == "truncated_step":
        cut += " Or is the loss that of h as it was before the step? Theta is not in it."
    if not isinstance(value, Tensor) or not value.requires_grad:
        got = brief(value) + (", without a graph" if isinstance(value, Tensor) else "")
        hint = no_return(value) or cut
        raise Unusable(what, expected="a 0-dim tensor with its graph", got=got, hint=hint)
    try:
        torch.autograd.backward(value.reshape(()))
    except RuntimeError as error:
        got = f"RuntimeError: {error}"
        raise Unusable(what, expected="a gradient", got=got, hint=cut) from error
    if theta.grad is None:
        raise Unusable(what, expected="a gradient in theta", got="none", hint=cut)
    return float(theta.grad)


def record(result: Any, name: str) -> dict[str, Array]:
    """Return theta, loss and gradient of a run.

    The student may return a NamedTuple, another object, a dict, or three arrays.
    """
    given = fields(result, FIELDS) or {}
    taken = {
        name: given[key] for name in FIELDS for key in given if squeeze(key).startswith(name[:4])
    }  # also thetas, losses, grads
    found = parts(taken or result, FIELDS, f"The parts of the run that {name} returns")
    return {key: vector(value, f"{key} in the run of {name}") for key, value in found.items()}


def vector(value: Any, what: str) -> Array:
    """Return a series of numbers (K,); each may stand in a tensor or an array of its own."""
    found = array(value, what)
    if not found.ndim or found.size != len(found):
        expected = "an array (K,)"
        hint = "Append one number in each iteration, and return the list or an array of it."
        what = f"{what} must be a series of numbers."
        raise Unusable(what, expected=expected, got=brief(value), hint=hint)
    return found.reshape(-1)
