"""Wrong gradients of the last step's loss (sheet 004, question 1.1) that students do write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.formula import Backward
from grader.exercises.bptt_gradients.mistakes import RECURRENT, TANH, changed
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind

# Of softmax(p), the target and p, each (K,): wrong values of dL/dp.
ERRORS: list[tuple[Mistake, Callable[[Array, Array, Array], Array]]] = [
    (Mistake("target_not_subtracted",
     "The target is not subtracted: dL/dp is softmax(p) less 1 at the class y."),
     lambda softmax, target, p: softmax),
    (Mistake("classes_from_one",
     "The classes count from 0; here the target is the class before y."),
     lambda softmax, target, p: softmax - np.roll(target, -1)),
    (Mistake("softmax_missing",
     "softmax is missing: dL/dp is softmax(p) less 1 at the class y."),
     lambda softmax, target, p: p - target),
    (Mistake("last_step_error_sign",
     "The sign is wrong: dL/dp is softmax(p) less 1 at the class y."),
     lambda softmax, target, p: target - softmax),
    (Mistake("squared_error",
     "This is the gradient of the squared error: the loss is the cross-entropy."),
     lambda softmax, target, p: softmax * (softmax - target - softmax @ (softmax - target))),
]  # fmt: skip


def last_step(name: str, problem: Arrays, y: int) -> Iterator[Variant]:
    """Yield wrong values of the gradient of that weight in question 1.1 of sheet 004."""
    target = np.eye(len(problem["b_p"]))[y]
    wrong_errors = [
        replace(each, change={"errors": partial(last_error, target=target, error=wrong)})
        for each, wrong in ERRORS
    ]
    missing = [
        Mistake(f"{layer}_bias_missing", f"{bias} is not added in {use}.",
                {"given": lambda p, bias=bias: p | {bias: np.zeros_like(p[bias])}})
        for layer, bias, use in (("hidden", "b_h", "the states"), ("output", "b_p", "p"))
    ]  # fmt: skip
    changes: list[Mistake] = [
        Mistake("divided_by_length",
     "Divided by T: the loss of sheet 004 is that of the last step, not an average.",
         {"d_o": lambda d_o: d_o / len(d_o)}),
        Mistake("output_of_state_before",
     "h_(T-1) stands where h_T belongs.", {"after": lambda h: h[:-1]}),
        Mistake("loss_of_every_step",
     "The loss of every step is there: sheet 004 has that of the last step only.",
         {"errors": partial(errors_of_all, target=target)}),
    ]  # fmt: skip
    run = partial(Backward.run, problem=problem, kind="tanh", output="W_ph")
    errors = partial(last_error, target=target, error=right_error)
    found = [*wrong_errors, *missing, *changes, *RECURRENT, *TANH]
    return changed(found, name, partial(run, errors=errors))


def right_error(softmax: Array, target: Array, _p: Array) -> Array:
    """Return dL/dp (K,)."""
    return softmax - target


def last_error(
    problem: Arrays, kind: Kind, target: Array, error: Callable[[Array, Array, Array], Array]
) -> Array:
    """Return the gradient of the last step's cross-entropy in the outputs (T, K).

    Args:
        problem: Weights and inputs.
        kind: The activation.
        target: The class, one-hot (K,).
        error: Returns dL/dp (K,) of softmax(p), the target and p.
    """
    errors = errors_of_all(problem, kind, target, error)
    return np.vstack([np.zeros_like(errors[:-1]), errors[-1:]])


def errors_of_all(
    problem: Arrays,
    kind: Kind,
    target: Array,
    error: Callable[[Array, Array, Array], Array] = right_error,
) -> Array:
    """Return the gradient in the outputs (T, K), as if the loss stood at each step."""
    outputs = oracle.states(problem, kind)[1:] @ problem["W_ph"].T + problem["b_p"]
    return np.array([error(softmax_of(p), target, p) for p in outputs])


def softmax_of(p: Array) -> Array:
    """Return the softmax of p (K,), without overflow."""
    exponentials = np.exp(p - p.max())
    return np.asarray(exponentials / exponentials.sum())
