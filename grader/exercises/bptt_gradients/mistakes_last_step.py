"""Wrong gradients of the last step's loss (sheet 004, question 1.1) that students do write."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.formula import Backward
from grader.exercises.bptt_gradients.mistakes import RECURRENT, TANH, changed
from grader.exercises.bptt_gradients.oracle import Array, Arrays


def last_step(name: str, problem: Arrays, y: int) -> Iterator[Variant]:
    """Yield wrong values of the gradient of that weight in question 1.1 of sheet 004."""
    h = oracle.states(problem, "tanh")
    p = problem["W_ph"] @ h[-1] + problem["b_p"]
    softmax = np.exp(p - p.max()) / np.exp(p - p.max()).sum()
    target = np.eye(len(p))[y]

    def last(d_p: Array) -> Array:
        return np.vstack([np.zeros((len(h) - 2, len(d_p))), d_p])

    wrong_errors = [
        (Mistake("target_not_subtracted",
         "The target is not subtracted: dL/dp is softmax(p) less 1 at the class y."), softmax),
        (Mistake("classes_from_one",
         "The classes count from 0; here the target is the class before y."),
         softmax - np.roll(target, -1)),
        (Mistake("softmax_missing",
         "softmax is missing: dL/dp is softmax(p) less 1 at the class y."), p - target),
        (Mistake("last_step_error_sign",
         "The sign is wrong: dL/dp is softmax(p) less 1 at the class y."), target - softmax),
        (Mistake("divided_by_length",
         "Divided by T: the loss of sheet 004 is that of the last step, not an average."),
         (softmax - target) / (len(h) - 1)),
        (Mistake("squared_error",
         "This is the gradient of the squared error: the loss is the cross-entropy."),
         softmax * ((softmax - target) - softmax @ (softmax - target))),
    ]  # fmt: skip
    for mistake, d_p in wrong_errors:
        yield mistake, partial(gradient_of, name, problem, last(d_p))
    for layer, bias, use in (("hidden", "b_h", "the states"), ("output", "b_p", "p")):
        without = problem | {bias: np.zeros_like(problem[bias])}
        yield (
            Mistake(f"{layer}_bias_missing", f"{bias} is not added in {use}."),
            partial(one_of_last_step, name, without, y),
        )
    changes: list[Mistake] = [
        Mistake("output_of_state_before",
     "h_(T-1) stands where h_T belongs.", {"after": lambda h: h[:-1]}),
        Mistake("loss_of_every_step",
     "The loss of every step is there: sheet 004 has that of the last step only.",
         {"d_o": lambda d_o: np.array([every_error(problem, h_t, target) for h_t in h[1:]])}),
    ]  # fmt: skip
    run = partial(Backward.run, problem=problem, kind="tanh", output="W_ph")
    errors = partial(constant, last(softmax - target))
    yield from changed([*changes, *RECURRENT, *TANH], name, partial(run, errors=errors))


def constant(d_o: Array, *_: object) -> Array:
    """Return ``d_o``, whatever the problem."""
    return d_o


def one_of_last_step(name: str, problem: Arrays, y: int) -> Array:
    """Return the right gradient of that weight in sheet 004, for a changed problem."""
    return oracle.last_step(problem, y)[name]


def gradient_of(name: str, problem: Arrays, d_o: Array) -> Array:
    """Return the gradient of that weight in sheet 004, from the gradient in the outputs."""
    return Backward().run(problem, "tanh", "W_ph", partial(constant, d_o))[name]


def every_error(problem: Arrays, h_t: Array, target: Array) -> Array:
    """Return dL/dp (K,), as if the loss of sheet 004 stood at the state h_t (n,), too."""
    p = problem["W_ph"] @ h_t + problem["b_p"]
    return np.asarray(np.exp(p - p.max()) / np.exp(p - p.max()).sum() - target)
