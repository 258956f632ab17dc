"""Wrong gradients that students do write: the right formula with one of its switches thrown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.bptt_gradients import oracle
from grader.exercises.bptt_gradients.formula import (
    CHAINED,
    Backward,
    only,
    powers_from_the_end,
    rolled,
    slopes_first,
    slopes_last,
    without_first,
)
from grader.exercises.bptt_gradients.oracle import Array, Arrays, Kind

RECURRENT: list[Mistake] = [
    Mistake("state_for_state_before",
     "h_t stands where h_(t-1) belongs: W_hh is multiplied by the state before.",
     {"before": lambda h: h[1:]}),
    Mistake("state_before_by_index_minus_one",
     "At the first step h_(t-1) is h_0; an index of -1 has taken the last state.",
     {"before": rolled}),
    Mistake("initial_state_term_missing",
     "At the first step h_(t-1) is h_0, which is not zero here. Or is that step left out?",
     {"before": lambda h: without_first(h[:-1])}),
    Mistake("first_step_missing",
     "The first step is left out: x_1 and h_0 come in there.",
     {"kept": without_first}),
    Mistake("direct_term_only",
     "Only the direct term is there: h_(t-1) depends on the weights as well, so the recursion goes "
     "on to the steps before.", {"lags": lambda l: l == 0}, subject_of=("G1", "G2", "G3", "G4")),
    Mistake("one_step_back_only",
     "The recursion goes back one step only.",
     {"lags": lambda l: l <= 1}, subject_of=("G1", "G2", "G3", "G4")),
    Mistake("direct_term_missing",
     "The direct term is missing: the loss at t sees h_t itself.", {"lags": lambda l: l > 0}),
    Mistake("one_recurrent_factor_too_many",
     "There is one factor of W_hh too many: the loss at t + l comes back to h_t through l of them.",
     {"enter": lambda term, W: term @ W}),
    Mistake("recurrent_weights_not_transposed",
     "W_hh is transposed the wrong way: going one step back multiplies by its transpose.",
     {"carry": lambda W: W.T}),
    Mistake("input_one_step_late",
     "x_(t-1) stands where x_t belongs.", {"x": lambda x: np.roll(x, 1, axis=0)}),
    Mistake("first_step_alone",
     "Only the term of the first step is there: the terms of all steps add up.",
     {"kept": partial(only, 0)}),
    Mistake("last_step_alone",
     "Only the term of the last step is there: the terms of all steps add up.",
     {"kept": partial(only, -1)}),
]  # fmt: skip

TANH: list[Mistake] = [
    Mistake("tanh_factor_missing",
     "The tanh factor is left out: every step back has 1 - h_t^2.",
     {"slope": lambda h, before: np.ones_like(h)}, subject_of=("G2",)),
    Mistake("tanh_factor_missing_on_way_back",
     "The tanh factor is left out on the way from step to step: what goes back through W_hh has "
     "been multiplied by 1 - h_t^2 first.", {"passed": np.ones_like}),
    Mistake("tanh_factor_missing_at_loss",
     "The tanh factor of the loss's own step is left out: (1 - h_t^2) is there before the first "
     "W_hh, too.", {"first_slope": np.ones_like}),
    Mistake("tanh_factor_missing_at_weight",
     "The tanh factor of the weight's own step is left out.", {"last_slope": np.ones_like}),
    Mistake("tanh_factor_of_state_again",
     "The tanh factor is 1 - h^2, where h = tanh(z) already; here it is 1 - tanh(h)^2.",
     {"slope": lambda h, before: 1 - np.tanh(h) ** 2}),
    Mistake("tanh_factor_not_squared",
     "The derivative of tanh is 1 - h^2, not 1 - h.", {"slope": lambda h, before: 1 - h}),
    Mistake("tanh_factor_with_plus",
     "The derivative of tanh is 1 - h^2, not 1 + h^2.", {"slope": lambda h, before: 1 + h**2}),
    Mistake("tanh_factor_of_sigmoid",
     "h (1 - h) is the derivative of the sigmoid; that of tanh is 1 - h^2.",
     {"slope": lambda h, before: h * (1 - h)}),
    Mistake("tanh_factor_of_step_before",
     "The tanh factor of step t is 1 - h_t^2; h_(t-1) stands there.",
     {"slope": lambda h, before: 1 - before**2}),
    *(Mistake("tanh_factors_apart",
       "The tanh factors of all steps are multiplied by themselves, beside a power of W_hh. A "
       "product of matrices has an order: each step back has its own 1 - h_t^2, then W_hh.",
       {"way": way})
      for way in (slopes_last, slopes_first)),
]  # fmt: skip

LOSS: list[Mistake] = [
    Mistake("error_sign",
     "The sign is wrong: dL/do_t is o_t - y_t, over T.", {"d_o": np.negative}),
    Mistake("average_missing",
     "The 1/T of the average is forgotten.", {"d_o": lambda d_o: len(d_o) * d_o}),
    Mistake("divided_twice",
     "Divided by T twice.", {"d_o": lambda d_o: d_o / len(d_o)}),
    Mistake("factor_two",
     "Twice too large: the derivative of |o - y|^2 / 2 is o - y.", {"d_o": lambda d_o: 2 * d_o}),
    Mistake("last_loss_alone",
     "Only the last step's loss is there: every step has one.",
     {"d_o": partial(only, -1)}),
    Mistake("last_loss_alone_unaveraged",
     "Only the last step's loss is there, and without its 1/T: every step has one.",
     {"d_o": lambda d_o: len(d_o) * only(-1, d_o)}),
    Mistake("last_loss_missing",
     "The last step's loss is missing: every step has one.",
     {"d_o": lambda d_o: d_o - only(-1, d_o)}),
    Mistake("first_loss_missing",
     "The first step's loss is missing: every step has one.",
     {"d_o": lambda d_o: d_o - only(0, d_o)}),
    Mistake("output_of_state_before",
     "h_(t-1) stands where h_t belongs: o_t is made from h_t.", {"after": lambda h: h[:-1]}),
]  # fmt: skip

STARTS: list[Mistake] = [
    Mistake("initial_state_zero",
     "The states begin at zero; h_0 is given.",
     {"given": lambda problem: problem | {"h_0": np.zeros_like(problem["h_0"])}}),
    *(Mistake("targets_one_step_off",
       "The targets are one step off: row t of y belongs to the state that row t of x makes.",
       {"given": partial(lambda step, p: p | {"y": np.roll(p["y"], step, axis=0)}, step)})
      for step in (1, -1)),
]  # fmt: skip

LINEAR: list[Mistake] = [
    Mistake("tanh_in_linear_states",
     "The states pass through a tanh, and the gradient doesn't: sheet 002's formula has the "
     "identity as activation.", {"kind": "tanh", "slope": lambda h, before: np.ones_like(h)},
     subject_of=("G1",)),
    Mistake("powers_counted_from_the_end",
     "The powers of W_hh belong to other losses: the loss at t + l comes back to h_t through l "
     "factors. In (8.7.14) the power T - i goes with the loss at T + t - i, not with that at i.",
     {"way": powers_from_the_end}),
]  # fmt: skip

OTHER_KIND: dict[Kind, Mistake] = {
    "linear": Mistake(
        "tanh_for_linear",
        "This is the tanh RNN: sheet 002's formula has the identity as activation.",
        {"kind": "tanh"},
        subject_of=("G1",),
    ),
    "tanh": Mistake(
        "linear_for_tanh",
        "The states are those of the linear RNN: h_t = tanh(…).",
        {"kind": "linear"},
        subject_of=("G2",),
    ),
}
TRANSPOSED = Mistake(
    "gradient_transposed",
    "The gradient is transposed: it has the orientation of the weight.",
    {"is_transposed": True},
)


def of_formula(kind: Kind) -> list[Mistake]:
    """Return the mistakes in the formula of sheet 002 for that activation."""
    own = TANH if kind == "tanh" else LINEAR
    return [*LOSS, *RECURRENT, *own, *STARTS, OTHER_KIND[kind]]


def gradients(name: str, problem: Arrays, kind: Kind) -> Iterator[Variant]:
    """Yield what wrong formulas give for the gradient of that weight in sheet 002."""
    return changed(of_formula(kind), name, partial(Backward.run, problem=problem, kind=kind))


def changed(
    mistakes: Iterable[Mistake],
    name: str,
    run: Callable[[Backward], Arrays],
    base: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Variant]:
    """Yield the gradient of that weight with each of the mistakes, or with two of them.

    Args:
        mistakes: The switches of each are thrown.
        name: The weight.
        run: Returns the gradients by a formula.
        base: Switches that are thrown in any case.
    """

    def value(mistake: Mistake) -> Array:
        return run(Backward(**{**base, **mistake.change}))[name]

    for mistake in combined([*mistakes, *([TRANSPOSED] if name == "W_hh" else [])], CHAINED):
        yield mistake, partial(value, mistake)


def within_blocks(lags: Array, size: int) -> Array:
    """Return for each lag and each step whether both lie in one block of ``size`` steps, (T, T)."""
    steps = np.arange(len(lags))
    return np.asarray((lags[:, None] + steps) // size == steps // size)


def truncated(name: str, problem: Arrays, tau: int) -> Iterator[Variant]:
    """Yield what is taken for the gradient when terms older than tau are dropped."""
    T = len(problem["x"])
    late = (np.arange(T) >= T - 1 - tau)[:, None]
    cuts: list[Mistake] = [
        Mistake("nothing_truncated",
     "Nothing is cut off.", {"lags": lambda l: l >= 0}, subject_of=("G3",)),
        Mistake("truncated_one_step_early",
     "One step too few: a term goes back up to tau steps, tau included.",
         {"lags": lambda l: l < tau}),
        Mistake("truncated_early_without_first_step",
     "One step too few, and the first step is never reached: range() leaves out its end.",
         {"lags": lambda l: l < tau, "kept": without_first}),
        Mistake("truncated_one_step_late",
     "One step too many: a term goes back at most tau steps.",
         {"lags": lambda l: l <= tau + 1}),
        Mistake("truncated_to_direct_term",
     "Only the direct term is there: tau steps back are allowed.",
     {"lags": lambda l: l == 0}, subject_of=("G3",)),
        Mistake("oldest_lag_alone",
     "Only the terms tau steps back are there: those closer count, too.",
         {"lags": lambda l: l == tau}, subject_of=("G3",)),
        Mistake("truncated_to_late_losses",
     "Whole steps at the start are left out: tau limits how far the loss at each t goes back, "
         "not which losses there are.", {"d_o": lambda d_o: d_o * late}, subject_of=("G3",)),
        *(Mistake("truncated_in_blocks",
           "The sequence is cut into blocks, and a loss early in its block goes back fewer than "
           "tau steps. Each loss goes back tau steps of its own.",
           {"lags": partial(within_blocks, size=size)}, subject_of=("G3",))
          for size in (tau + 1, tau) if size),
    ]  # fmt: skip
    run = partial(Backward.run, problem=problem, kind="tanh")
    return changed([*cuts, *of_formula("tanh")], name, run, {"lags": lambda l: l <= tau})


# For the weights of randomized truncation: (tau, p, lags) to the weight of each lag.
Weights = Callable[[int, float, Array], Array]


def right_weights(tau: int, p: float, l: Array) -> Array:
    """Return the weight of each lag ``l`` in a draw that stops at ``tau``."""
    return np.asarray((l <= tau) / p**l)


DRAWS: list[tuple[Mistake, Weights]] = [
    (Mistake("draw_never_truncated",
     "Nothing is ever cut off: each draw is the full gradient.", subject_of=("G4",)),
     lambda tau, p, l: np.ones(len(l))),
    (Mistake("draw_weights_missing",
     "The weights are forgotten: a term that survives with probability p^l counts p^(-l) times."),
     lambda tau, p, l: 1.0 * (l <= tau)),
    (Mistake("draw_divided_as_whole",
     "The whole sum is divided by p^tau: each term has its own weight, p^(-l)."),
     lambda tau, p, l: (l <= tau) / p**tau),
    (Mistake("draw_weights_one_ahead",
     "The weights are one step ahead: the direct term survives always, its weight is 1."),
     lambda tau, p, l: (l <= tau) / p ** (l + 1)),
    (Mistake("draw_weights_one_behind",
     "The weights are one step behind: the term one step back survives with probability p."),
     lambda tau, p, l: (l <= tau) / p ** np.maximum(l - 1, 0)),
    (Mistake("draw_weights_of_stopping",
     "p and 1 - p are exchanged in the weights: p is the probability to go on."),
     lambda tau, p, l: (l <= tau) / (1 - p) ** l),
    (Mistake("draw_multiplied_by_p",
     "Terms are multiplied by p^l: dividing by it makes up for those that are cut off."),
     lambda tau, p, l: (l <= tau) * p**l),
    (Mistake("draw_divided_by_p_once",
     "Every term but the direct one is divided by p alone: its weight is p^(-l)."),
     lambda tau, p, l: (l <= tau) / np.where(l > 0, p, 1)),
    (Mistake("draw_last_lag_alone",
     "Only the term of the last step reached is there.", subject_of=("G4",)),
     lambda tau, p, l: (l == tau) / p**l),
]  # fmt: skip


def terms(problem: Arrays, change: Mapping[str, Any]) -> Arrays:
    """Return the tanh RNN's terms (T, T, …) as ``oracle.terms``, with these switches thrown."""
    if not change:
        return oracle.terms(problem, "tanh")
    T, d_o = len(problem["x"]), change.get("d_o", Backward.d_o)
    found = {name: np.zeros((T, T, *problem[name].shape)) for name in oracle.WEIGHTS}
    for t, s in np.argwhere(np.tri(T)):
        one: dict[str, Any] = {
            "d_o": lambda d, t=t: only(t, d_o(d)),
            "lags": lambda l, lag=t - s: 1.0 * (l == lag),
        }
        gradients = Backward(**{**change, **one}).run(problem, "tanh")
        for name in oracle.WEIGHTS:
            if name != "W_qh" or t == s:  # no lag reaches the output
                found[name][t, s] = gradients[name]
    return found


# What tau is drawn by: of p and the lags, the probability to reach each lag.
Stops = Callable[[float, Array], Array]
STOPS: list[tuple[Mistake, Stops]] = [
    (Mistake("stops_with_probability_p",
      "p and 1 - p are exchanged: p is the probability to go on."), lambda p, l: (1 - p) ** l),
    (Mistake("stops_one_step_early",
      "One step too few: tau = 0 is reached anyway, going on to 1 has probability p."),
     lambda p, l: p ** (l + 1)),
    (Mistake("stops_one_step_late",
      "One step too many: going on from 0 to 1 has probability p, too."),
     lambda p, l: p ** (l - 1)),
    (Mistake("stops_drawn_uniformly",
      "tau is drawn uniformly: it goes on with probability p at each step."),
     lambda p, l: 1 - l / (len(l) + 1)),
]  # fmt: skip


def never_stopping(name: str, problem: Arrays) -> Iterator[Variant]:
    """Yield the gradient of that weight at p = 1 for wrong rules that leave nothing to chance."""
    lags = np.arange(len(problem["x"]))
    for mistake, of in STOPS:
        reached = np.where(lags > 0, of(1.0, lags), 1.0)
        if set(reached) == {0.0, 1.0}:
            found = oracle.weighted(terms(problem, {}), reached)
            yield mistake, partial(np.copy, found[name])


SAME_STOP = Mistake(
    "stops_always_the_same",
    "Every draw stops at the same tau: draw from rng, and don't seed it anew.",
)
