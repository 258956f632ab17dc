"""Wrong truncations that students do write, each with what to say about it.

Most are the definition with other terms (which losses, how often, how far back) or with windows
that start from another state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.cells import Array, Problem
from grader.exercises.sliding_tbptt.oracle import Gradient, Terms

QUICK = 300  # applications of the cell; where a formula takes more, pairs of mistakes are not tried


def flat(gradient: Gradient) -> Array:
    """Return all parameters' entries in one row, so that a hint is for the whole gradient only."""
    return np.concatenate([np.ravel(part) for part in gradient.values()])


def changed(problem: Problem, terms: Terms, mistakes: Iterable[Mistake]) -> Iterator[Variant]:
    """Yield the gradient that each mistake gives, or two of them.

    The switches are "terms"; "weights", a function of terms; "data", one of the problem; and
    "starts", one of the problem that returns the states that windows begin with.
    """

    def value(mistake: Mistake) -> Array:
        change = mistake.change
        data = change["data"](problem) if "data" in change else problem
        weights = change.get("weights", dict)(change.get("terms", terms))
        starts = change["starts"](data) if "starts" in change else ()
        return flat(oracle.gradient(data, weights, starts))

    costly = sum(i + 1 - start for i, start in terms) > QUICK
    for mistake in combined(mistakes, ("data", "weights"), costly=costly):
        yield mistake, partial(value, mistake)


def of_terms(wrong: Iterable[tuple[Mistake, Terms]]) -> list[Mistake]:
    """Return mistakes whose change is to sum other terms."""
    return [replace(mistake, change={"terms": terms}) for mistake, terms in wrong]


DETACHED: list[Mistake] = [
    Mistake("never_detached",
     "The state is never detached: the losses reach back to the first step.",
     {"weights": lambda terms: {(i, 0): w for (i, _), w in terms.items()}},
     subject_of=("S2", "S3", "S4", "S5")),
    Mistake("detached_at_every_step",
     "The state is detached at every step: only the last application of the cell is "
     "differentiated.",
     {"weights": lambda terms: {(i, i): w for (i, _), w in terms.items()}},
     subject_of=("S2", "S3", "S4", "S5")),
]  # fmt: skip
WEIGHTS: list[Mistake] = [
    Mistake("mean_for_sum",
     "That is the gradient of the losses' mean; asked for is their sum.",
     {"weights": lambda terms: {term: w / len(terms) for term, w in terms.items()}}),
    Mistake("gradient_sign", "The sign is wrong: that is what goes down, minus the gradient.",
     {"weights": lambda terms: {term: -w for term, w in terms.items()}}),
    Mistake("last_loss_alone",
     "Only the last loss enters; asked for is the sum over all.",
     {"weights": lambda terms: dict([max(terms.items())] if terms else [])},
     subject_of=("S2", "S3", "S4", "S5")),
    Mistake("last_loss_missing",
     "Nearly right, but the last loss is missing.",
     {"weights": lambda terms: dict(sorted(terms.items())[:-1])}),
    Mistake("first_loss_missing",
     "Nearly right, but the first loss is missing.",
     {"weights": lambda terms: dict(sorted(terms.items())[1:])}),
]  # fmt: skip


def moved_targets(problem: Problem, step: int) -> Problem:
    """Return the problem with its targets moved by that many steps."""
    return replace(problem, y=np.roll(problem.y, step, axis=0))


def zeros_for_h_0(problem: Problem) -> Problem:
    """Return the problem with an initial state of zeros."""
    return replace(problem, h_0=np.zeros_like(problem.h_0))


TARGETS: list[Mistake] = [
    Mistake("targets_one_step_off",
     "The targets are one step off: row i of y belongs to the state that x[i] leads to.",
     {"data": partial(moved_targets, step=step)})
    for step in (1, -1)
]  # fmt: skip


def of_warm_up(problem: Problem, K1: int, K2: int) -> Iterator[Variant]:
    """Yield wrong values of the gradient after a warm-up of K1 steps, through K2 steps."""
    N, end = problem.N, K1 + K2
    terms = oracle.warm_up(K1, K2)
    own = of_terms([
        (Mistake("warm_up_differentiated",
         "The K1 steps of the warm-up are differentiated, too: the state that they lead to is a "
         "constant.", subject_of=("S2",)), {(i, 0): 1.0 for i, _ in terms}),
        (Mistake("warm_up_losses_enter",
         "The losses of the warm-up enter; only those of the K2 steps after it do.",
         subject_of=("S2",)),
         {(i, 0): 1.0 for i in range(end)}),
        (Mistake("later_losses_enter",
         "The losses after the K2 steps enter, too; what follows them is not used."),
         {(i, K1): 1.0 for i in range(K1, N)}),
        (Mistake("one_loss_too_many", "One loss too many enters: those of the K2 steps do."),
         {(i, K1): 1.0 for i in range(K1, min(N, end + 1))}),
        (Mistake("warm_up_one_step_long", "The warm-up is one step too long."),
         {(i, K1 + 1): 1.0 for i in range(K1 + 1, end)}),
        (Mistake("warm_up_late",
         "The warm-up is one step too long, and so the K2 steps come one step late."),
         {(i, K1 + 1): 1.0 for i in range(K1 + 1, min(N, end + 1))}),
        (Mistake("warm_up_one_step_short", "The warm-up is one step too short."),
         {(i, K1 - 1): 1.0 for i in range(K1 - 1, end) if K1}),
        (Mistake("warm_up_early",
         "The warm-up is one step too short, and so the K2 steps come one step early."),
         {(i, K1 - 1): 1.0 for i in range(K1 - 1, end - 1) if K1}),
        (Mistake("size_taken_for_end",
         "K2 is taken for the step to stop at; it is a number of steps, from K1 on."),
         {(i, K1): 1.0 for i in range(K1, K2)}),
        (Mistake("earlier_losses_again",
         "Earlier losses are counted again with each step: the sum of losses grows, and each "
         "backward() goes through all of it. Call backward() once, or for each loss alone."),
         {(i, K1): float(end - i) for i, _ in terms}),
    ])  # fmt: skip
    rows = first_rows(K1, oracle.running_states(problem))
    return changed(problem, terms, [*own, *rows, *ANY_TRUNCATION])


def first_rows(K1: int, running: Sequence[torch.Tensor]) -> list[Mistake]:
    """Return mistakes of steps after the warm-up that read data from the first row on."""

    def moved(problem: Problem) -> Problem:
        return replace(moved_targets(problem, K1), x=np.roll(problem.x, K1, axis=0))

    return [
        Mistake(
            "targets_from_first_row",
            "The losses of the K2 steps get the first rows of y; row i of y belongs to step i.",
            {"data": partial(moved_targets, step=K1)},
        ),
        Mistake(
            "data_from_first_row",
            "The K2 steps read x and y from their first row again; after the warm-up comes row K1.",
            {"data": moved, "starts": lambda _: running},
        ),
    ]


def of_stateful_chunks(problem: Problem, K: int) -> Iterator[Variant]:
    """Yield wrong values of the gradient of chunks of K steps."""
    N = problem.N
    terms = oracle.stateful_chunks(N, K)
    ends = [min(start + K, N) - 1 for start in range(0, N, K)]
    own = of_terms([
        (Mistake("borders_one_step_late",
         "The borders lie one step late: the state is detached after the first step of a chunk."),
         {(i, max(0, (i - 1) // K * K + 1)): 1.0 for i in range(N)}),
        (Mistake("first_chunk_one_step_long",
         "The first chunk has K + 1 steps, and all borders after it lie one step late."),
         {(i, (i - 1) // K * K + 1 if i > K else 0): 1.0 for i in range(N)}),
        (Mistake("chunks_one_step_long", "The chunks have K + 1 steps: K each."),
         oracle.stateful_chunks(N, K + 1)),
        (Mistake("chunks_one_step_short", "The chunks have K − 1 steps: K each."),
         oracle.stateful_chunks(N, max(K - 1, 1))),
        (Mistake("borders_one_step_early",
         "The borders lie one step early: the state is detached before the last step of a chunk."),
         {(i, max(0, (i + 1) // K * K - 1)): 1.0 for i in range(N)}),
        (Mistake("last_loss_of_each_chunk",
         "Only the last loss of each chunk enters; asked for is the sum over all steps."),
         {term: 1.0 for term in terms if term[0] in ends}),
        (Mistake("last_chunk_missing", "The last, shorter chunk is left out."),
         {term: 1.0 for term in terms if term[0] < N - N % K}),
        (Mistake("losses_of_earlier_chunks_again",
         "Earlier losses are counted again at each border: the sum of losses goes on over the "
         "borders, and each backward() goes through all of it."),
         {(i, s): float(sum(end >= i for end in ends)) for i, s in terms}),
        (Mistake("earlier_losses_again",
         "Earlier losses are counted again with each step: the sum of losses grows, and each "
         "backward() goes through all of it. Call backward() once, or for each loss alone."),
         {(i, s): float(min(s + K, N) - i) for i, s in terms}),
        (Mistake("mean_of_each_chunk",
         "That is the gradient of each chunk's mean loss; asked for is the sum."),
         {(i, s): 1.0 / sum(s == other for _, other in terms) for i, s in terms}),
        (Mistake("mean_of_each_chunk",
         "That is the gradient of each chunk's mean loss; asked for is the sum."),
         dict.fromkeys(terms, 1.0 / K)),
        (Mistake("last_chunk_alone",
         "Only the gradient of the last chunk is there: the chunks' gradients add up."),
         {term: 1.0 for term in terms if term[1] == ends[-1] // K * K}),
        (Mistake("sliding_for_chunks",
         "That is the sliding window; here all losses of a chunk reach back to its first step.",
         subject_of=("S3",)),
         oracle.sliding_window(N, K)),
    ])  # fmt: skip
    return changed(problem, terms, [*own, *ANY_TRUNCATION])


RESTARTED = [
    Mistake(
        f"restarted_from_{name}",
        f"The state is restarted from {name} before each window; it must be the running state, the "
        "one that all steps before have led to.",
        {"starts": lambda problem, scale=scale: [scale * problem.tensors()[-1]] * problem.N},
        subject_of=("S2", "S3", "S4", "S5"),
    )
    for name, scale in (("h_0", 1.0), ("zeros", 0.0))
]
STARTS: list[Mistake] = [
    *RESTARTED,
    Mistake("first_step_read_twice",
     "Windows begin with the state after their first step, so that this step is read twice.",
     {"starts": lambda problem: oracle.running_states(problem)[1:]}),
    Mistake("step_left_out",
     "Windows begin with the state of one step earlier, so that a step is left out.",
     {"starts": lambda problem: [(states := oracle.running_states(problem))[0], *states[:-2]]}),
    Mistake("initial_state_unused", "h_0 is not used: the state begins with zeros.",
     {"data": zeros_for_h_0}),
]  # fmt: skip
# What goes wrong with each of the three kinds of truncation.
ANY_TRUNCATION = [*DETACHED, *WEIGHTS, *TARGETS, *STARTS]


def of_a_second_call(problem: Problem, terms: Terms, first: Gradient) -> Iterator[Variant]:
    """Yield what a second call gives when something is left of the first, which gave ``first``."""
    yield (
        Mistake(
            "first_call_added",
            "The first call's gradient is in it: the .grad of parameters adds up, over calls as "
            "well.",
        ),
        lambda: flat(first) + flat(oracle.gradient(problem, terms)),
    )
    left = Mistake(
        "state_left_by_first_call",
        "The initial state is carried over from the call before; it is h_0 each time.",
    )
    last = max(i for i, _ in terms)
    states = oracle.running_states(problem)
    for state in (states[last + 1], states[-1]):
        moved = replace(problem, h_0=state.numpy())
        yield left, partial(lambda data: flat(oracle.gradient(data, terms)), moved)
