"""Wrong formulas that students do write for gradients by hand, each with what to say about it.

Every one is the right formula with something changed (``Backward``), so that its numbers can be
compared with a student's. It is written out in NumPy, because autograd can't be changed so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from grader.checks.arrays import Misconception
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind

Change = dict[str, Any]


@dataclass(frozen=True)
class Backward:
    """Gradients of all weights from d_o (T, q), with everything in them that people get wrong."""

    d_o: Callable[[Array], Array] = lambda d_o: d_o  # as it enters
    slope: Callable[[Array, Array], Array] | None = None  # of tanh, from h_t and h_(t-1)
    first_slope: Callable[[Array], Array] = lambda slope: slope  # where a loss enters
    last_slope: Callable[[Array], Array] = lambda slope: slope  # where a weight is reached
    passed: Callable[[Array], Array] = lambda slope: slope  # on the way from step to step
    kept: Callable[[Array], Array] = lambda d_z: d_z  # the steps whose terms are summed
    enter: Callable[[Array, Array], Array] = lambda term, W: term  # what a loss sends to its h_t
    carry: Callable[[Array], Array] = lambda W: W  # d_z @ W goes one step back
    lags: Callable[[Array], Array] = lambda l: np.ones(len(l))  # the weight of each lag
    before: Callable[[Array], Array] = lambda h: h[:-1]  # what W_hh is multiplied by
    after: Callable[[Array], Array] = lambda h: h[1:]  # what the output's weights are
    x: Callable[[Array], Array] = lambda x: x

    def run(self, problem: Arrays, kind: Kind, output: str, d_o: Array) -> Arrays:
        """Gradients by name; ``output`` is the name of the output's weights."""
        h, d_o = oracle.states(problem, kind), self.d_o(d_o)
        right = (lambda h, _: 1 - h**2) if kind == "tanh" else (lambda h, _: np.ones_like(h))
        slope = (self.slope or right)(h[1:], h[:-1])
        term = self.enter(d_o @ problem[output], problem["W_hh"])
        d_h = np.zeros_like(term)
        weights = self.lags(np.arange(len(term)))
        for lag, weight in enumerate(weights):
            d_h += weight * term
            d_z = self.passed(self.first_slope(slope) if lag == 0 else slope) * term
            term = np.vstack([d_z[1:] @ self.carry(problem["W_hh"]), np.zeros_like(h[:1])])
        d_z = self.kept(self.last_slope(slope) * d_h)
        return {
            "W_hx": d_z.T @ self.x(problem["x"]),
            "W_hh": d_z.T @ self.before(h),
            "b_h": d_z.sum(0),
            output: d_o.T @ self.after(h),
            output.replace("W", "b").removesuffix("h"): d_o.sum(0),
        }


def only(step: int, rows: Array) -> Array:
    """Zeros in all rows but one."""
    chosen: Array = rows * (np.arange(len(rows)) == step % len(rows))[:, None]
    return chosen


def rolled(h: Array) -> Array:
    """h_(t-1) by an index of -1 at the first step, which takes the last state."""
    return np.concatenate([h[-1:], h[1:-1]])


def without_first(rows: Array) -> Array:
    return np.concatenate([np.zeros_like(rows[:1]), rows[1:]])


RECURRENT: list[tuple[str, Change]] = [
    ("h_t stands where h_(t-1) belongs: W_hh is multiplied by the state before.",
     {"before": lambda h: h[1:]}),
    ("At the first step h_(t-1) is h_0; an index of -1 has taken the last state.",
     {"before": rolled}),
    ("At the first step h_(t-1) is h_0, which is not zero here. Or is that step left out?",
     {"before": lambda h: without_first(h[:-1])}),
    ("The first step is left out: x_1 and h_0 come in there.",
     {"kept": without_first}),
    ("Only the direct term is there: h_(t-1) depends on the weights as well, so the recursion goes "
     "on to the steps before.", {"lags": lambda l: l == 0}),
    ("The recursion goes back one step only.", {"lags": lambda l: l <= 1}),
    ("The direct term is missing: the loss at t sees h_t itself.", {"lags": lambda l: l > 0}),
    ("There is one factor of W_hh too many: the loss at t + l comes back to h_t through l of them.",
     {"enter": lambda term, W: term @ W}),
    ("W_hh is transposed the wrong way: going one step back multiplies by its transpose.",
     {"carry": lambda W: W.T}),
    ("x_(t-1) stands where x_t belongs.", {"x": lambda x: np.roll(x, 1, axis=0)}),
    ("Only the term of the first step is there: the terms of all steps add up.",
     {"kept": partial(only, 0)}),
    ("Only the term of the last step is there: the terms of all steps add up.",
     {"kept": partial(only, -1)}),
]  # fmt: skip

TANH: list[tuple[str, Change]] = [
    ("The tanh factor is left out: every step back has 1 - h_t^2.",
     {"slope": lambda h, before: np.ones_like(h)}),
    ("The tanh factor is left out on the way from step to step: what goes back through W_hh has "
     "been multiplied by 1 - h_t^2 first.", {"passed": np.ones_like}),
    ("The tanh factor of the loss's own step is left out: (1 - h_t^2) is there before the first "
     "W_hh, too.", {"first_slope": np.ones_like}),
    ("The tanh factor of the weight's own step is left out.", {"last_slope": np.ones_like}),
    ("The tanh factor is 1 - h^2, where h = tanh(z) already; here it is 1 - tanh(h)^2.",
     {"slope": lambda h, before: 1 - np.tanh(h) ** 2}),
    ("The derivative of tanh is 1 - h^2, not 1 - h.", {"slope": lambda h, before: 1 - h}),
    ("The derivative of tanh is 1 - h^2, not 1 + h^2.", {"slope": lambda h, before: 1 + h**2}),
    ("h (1 - h) is the derivative of the sigmoid; that of tanh is 1 - h^2.",
     {"slope": lambda h, before: h * (1 - h)}),
    ("The tanh factor of step t is 1 - h_t^2; h_(t-1) stands there.",
     {"slope": lambda h, before: 1 - before**2}),
]  # fmt: skip

LOSS: list[tuple[str, Change]] = [
    ("The sign is wrong: dL/do_t is o_t - y_t, over T.", {"d_o": np.negative}),
    ("The 1/T of the average is forgotten.", {"d_o": lambda d_o: len(d_o) * d_o}),
    ("Divided by T twice.", {"d_o": lambda d_o: d_o / len(d_o)}),
    ("Twice too large: the derivative of |o - y|^2 / 2 is o - y.", {"d_o": lambda d_o: 2 * d_o}),
    ("Only the last step's loss is there: every step has one.", {"d_o": partial(only, -1)}),
    ("Only the last step's loss is there, and without its 1/T: every step has one.",
     {"d_o": lambda d_o: len(d_o) * only(-1, d_o)}),
    ("The last step's loss is missing: every step has one.",
     {"d_o": lambda d_o: d_o - only(-1, d_o)}),
    ("The first step's loss is missing: every step has one.",
     {"d_o": lambda d_o: d_o - only(0, d_o)}),
    ("h_(t-1) stands where h_t belongs: o_t is made from h_t.", {"after": lambda h: h[:-1]}),
]  # fmt: skip


def output_errors(problem: Arrays, kind: Kind) -> Array:
    """dL/do_t (T, q) of sheet 002."""
    o = oracle.states(problem, kind)[1:] @ problem["W_qh"].T
    return np.asarray((o - problem["y"]) / len(o))


def gradients(name: str, problem: Arrays, kind: Kind) -> Iterator[Misconception]:
    """What is taken for the gradient of that weight in sheet 002."""
    changes = LOSS + RECURRENT + (TANH if kind == "tanh" else [])
    for hint, value in changed(changes, name, problem, kind, "W_qh", output_errors(problem, kind)):
        yield hint, value
    started = problem | {"h_0": np.zeros_like(problem["h_0"])}
    yield (
        "The states begin at zero; h_0 is given.",
        lambda: oracle.gradients(started, kind)[name],
    )
    for step in (1, -1):
        moved = problem | {"y": np.roll(problem["y"], step, axis=0)}
        yield (
            "The targets are one step off: row t of y belongs to the state that row t of x makes.",
            partial(gradient_of, name, problem, output_errors(moved, kind), kind, "W_qh"),
        )
    if kind == "linear":
        hint = "This is the tanh RNN: sheet 002's formula has the identity as activation."
        yield hint, lambda: oracle.gradients(problem, "tanh")[name]
    else:
        hint = "The states are those of the linear RNN: h_t = tanh(…)."
        yield hint, lambda: oracle.gradients(problem, "linear")[name]


def changed(
    changes: list[tuple[str, Change]],
    name: str,
    problem: Arrays,
    kind: Kind,
    output: str,
    d_o: Array,
) -> Iterator[Misconception]:
    """The gradient of that weight, with each of the changes made alone."""

    def value(change: Change) -> Callable[[], Array]:
        return lambda: Backward(**change).run(problem, kind, output, d_o)[name]

    for hint, change in changes:
        yield hint, value(change)
    if name == "W_hh":
        right = value({})
        yield "The gradient is transposed: it has the orientation of the weight.", lambda: right().T


def truncated(name: str, problem: Arrays, tau: int) -> Iterator[Misconception]:
    """What is taken for the gradient of that weight when terms older than tau are dropped."""
    d_o = output_errors(problem, "tanh")
    late = (np.arange(len(d_o)) >= len(d_o) - 1 - tau)[:, None]
    cuts: list[tuple[str, Change]] = [
        ("Nothing is cut off.", {}),
        ("One step too few: a term goes back up to tau steps, tau included.",
         {"lags": lambda l: l < tau}),
        ("One step too few, and the first step is never reached: range() leaves out its end.",
         {"lags": lambda l: l < tau, "kept": without_first}),
        ("One step too many: a term goes back at most tau steps.",
         {"lags": lambda l: l <= tau + 1}),
        ("Only the direct term is there: tau steps back are allowed.", {"lags": lambda l: l == 0}),
        ("Only the terms tau steps back are there: those closer count, too.",
         {"lags": lambda l: l == tau}),
        ("Whole steps at the start are left out: tau limits how far the loss at each t goes back, "
         "not which losses there are.", {"d_o": lambda d_o: d_o * late}),
    ]  # fmt: skip
    cut = {"lags": lambda l: l <= tau}
    others = [(hint, cut | change) for hint, change in LOSS + RECURRENT + TANH]
    yield from changed(cuts + others, name, problem, "tanh", "W_qh", d_o)


# For the weights of randomized truncation: (tau, p, lags) to the weight of each lag.
DRAWS: list[tuple[str, Callable[[int, float, Array], Array]]] = [
    ("Nothing is ever cut off: each draw is the full gradient.",
     lambda tau, p, l: np.ones(len(l))),
    ("The weights are forgotten: a term that survives with probability p^l counts p^(-l) times.",
     lambda tau, p, l: 1.0 * (l <= tau)),
    ("The whole sum is divided by p^tau: each term has its own weight, p^(-l).",
     lambda tau, p, l: (l <= tau) / p**tau),
    ("The weights are one step ahead: the direct term survives always, its weight is 1.",
     lambda tau, p, l: (l <= tau) / p ** (l + 1)),
    ("The weights are one step behind: the term one step back survives with probability p.",
     lambda tau, p, l: (l <= tau) / p ** np.maximum(l - 1, 0)),
    ("p and 1 - p are exchanged in the weights: p is the probability to go on.",
     lambda tau, p, l: (l <= tau) / (1 - p) ** l),
    ("Terms are multiplied by p^l: dividing by it makes up for those that are cut off.",
     lambda tau, p, l: (l <= tau) * p**l),
    ("Every term but the direct one is divided by p alone: its weight is p^(-l).",
     lambda tau, p, l: (l <= tau) / np.where(l > 0, p, 1)),
    ("Only the term of the last step reached is there.", lambda tau, p, l: (l == tau) / p**l),
]  # fmt: skip


def last_step(name: str, problem: Arrays, y: int) -> Iterator[Misconception]:
    """What is taken for the gradient of that weight in question 1.1 of sheet 004."""
    h = oracle.states(problem, "tanh")
    p = problem["W_ph"] @ h[-1] + problem["b_p"]
    softmax = np.exp(p - p.max()) / np.exp(p - p.max()).sum()
    target = np.eye(len(p))[y]

    def last(d_p: Array) -> Array:
        return np.vstack([np.zeros((len(h) - 2, len(d_p))), d_p])

    errors = [
        ("The target is not subtracted: dL/dp is softmax(p) less 1 at the class y.", softmax),
        ("The classes count from 0; here the target is the class before y.",
         softmax - np.roll(target, -1)),
        ("softmax is missing: dL/dp is softmax(p) less 1 at the class y.", p - target),
        ("The sign is wrong: dL/dp is softmax(p) less 1 at the class y.", target - softmax),
        ("Divided by T: the loss of sheet 004 is that of the last step, not an average.",
         (softmax - target) / (len(h) - 1)),
        ("This is the gradient of the squared error: the loss is the cross-entropy.",
         softmax * ((softmax - target) - softmax @ (softmax - target))),
    ]  # fmt: skip
    for hint, d_p in errors:
        yield hint, partial(gradient_of, name, problem, last(d_p))
    for bias, use in (("b_h", "the states"), ("b_p", "p")):
        without = problem | {bias: np.zeros_like(problem[bias])}
        yield f"{bias} is not added in {use}.", partial(one_of_last_step, name, without, y)
    changes: list[tuple[str, Change]] = [
        ("h_(T-1) stands where h_T belongs.", {"after": lambda h: h[:-1]}),
        ("The loss of every step is there: sheet 004 has that of the last step only.",
         {"d_o": lambda d_o: np.array([every_error(problem, h_t, target) for h_t in h[1:]])}),
    ]  # fmt: skip
    d_o = last(softmax - target)
    yield from changed(changes + RECURRENT + TANH, name, problem, "tanh", "W_ph", d_o)


def one_of_last_step(name: str, problem: Arrays, y: int) -> Array:
    return oracle.last_step(problem, y)[name]


def gradient_of(
    name: str, problem: Arrays, d_o: Array, kind: Kind = "tanh", output: str = "W_ph"
) -> Array:
    return Backward().run(problem, kind, output, d_o)[name]


def every_error(problem: Arrays, h_t: Array, target: Array) -> Array:
    p = problem["W_ph"] @ h_t + problem["b_p"]
    return np.asarray(np.exp(p - p.max()) / np.exp(p - p.max()).sum() - target)
