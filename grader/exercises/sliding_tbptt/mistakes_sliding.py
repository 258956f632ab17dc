"""Wrong sliding windows (questions S4 and S5) that students do write, each with a hint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.cells import Problem
from grader.exercises.sliding_tbptt.mistakes import (
    ANY_TRUNCATION,
    DETACHED,
    changed,
    flat,
    of_terms,
)
from grader.exercises.sliding_tbptt.oracle import Gradient, Terms

STALE = Mistake(
    "state_gradients_add_up",
    "Old losses count again: the .grad of a state adds up from one window to the next that "
    "contains it. Clear it between windows that overlap.",
    subject_of=("S4", "S5"),
)
SEVERAL = Mistake(
    "losses_in_several_windows",
    "Losses are counted several times, once in each window that contains them: window i is there "
    "for loss i alone.",
    subject_of=("S4", "S5"),
)


def of_sliding_window(problem: Problem, K: int) -> Iterator[Variant]:
    """Yield wrong values of the gradient of the sliding window of K steps."""
    terms = oracle.sliding_window(problem.N, K)
    divided = Mistake(
        "divided_by_window_length",
        "Each loss is divided by the number of steps in its window; asked for is the losses' sum.",
        {"weights": lambda found: {(i, s): w / (i + 1 - s) for (i, s), w in found.items()}},
    )
    # First, for windows of N - 1 or 2 steps give the same numbers as the slips of one step below.
    own = [*of_ends(problem.N, K), *of_repeated_losses(problem, K), *of_blocks(problem.N, K)]
    others = [mistake for mistake in ANY_TRUNCATION if mistake not in DETACHED]
    yield from changed(problem, terms, [*DETACHED, *own, *others, divided])
    yield STALE, lambda: flat(with_stale_states(problem, K))


def of_ends(N: int, K: int) -> list[Mistake]:
    """Return mistakes of windows that begin or end at wrong steps, or that are left out."""
    terms = oracle.sliding_window(N, K)
    return of_terms([
        (Mistake("window_one_step_long",
         "The windows are one step too long: loss i goes through K + 1 applications of the cell."),
         oracle.sliding_window(N, K + 1)),
        *((Mistake("window_one_step_short",
         "The windows are one step too short: loss i goes through K − 1 applications of the cell."),
           oracle.sliding_window(N, length - 1))
          for length in {K, min(K, N)}),
        *((Mistake("first_losses_missing",
        "The first losses are missing: a window at the beginning may be shorter than K."),
           {term: 1.0 for term in terms if term[0] >= first})
          for first in {min(K, N) - 1, K - 1, K, K + 1}),
    ])  # fmt: skip


def of_repeated_losses(problem: Problem, K: int) -> list[Mistake]:
    """Return mistakes of losses that are counted several times, or in whole windows only."""
    N = problem.N
    terms = oracle.sliding_window(N, K)
    overlapping = [(i, end - K + 1) for end in range(K - 1, N) for i in range(end - K + 1, end + 1)]
    restarts = {"starts": lambda data: [data.tensors()[-1]] * data.N}
    wrong: list[tuple[Mistake, Terms, dict[str, Any]]] = [
        (SEVERAL, count(overlapping), {}),
        (replace(SEVERAL, id=f"{SEVERAL.id}_restarted", hint=f"{SEVERAL.hint} And the state is "
                 "restarted from h_0 before each."), count(overlapping), restarts),
        (SEVERAL, count((j, s) for i, s in terms for j in range(s, i + 1)), {}),
        (Mistake("whole_windows_restarted",
         "Only the losses of whole windows enter, and each window is restarted from h_0; it must "
         "begin with the running state.", subject_of=("S4", "S5")),
         {term: 1.0 for term in terms if term[0] >= K - 1}, restarts),
        (Mistake("earlier_losses_again",
         "Earlier losses are counted again with each step: the sum of losses is never reset, and "
         "each backward() goes through all of it.", subject_of=("S4", "S5")),
         {(i, s): float(N - i) for i, s in terms}, {}),
        (Mistake("earlier_losses_again_detached",
         "Earlier losses are counted again with each step, and the state is detached at every "
         "step.", subject_of=("S4", "S5")), {(i, i): float(N - i) for i, _ in terms}, {}),
    ]  # fmt: skip
    return [replace(mistake, change={"terms": found, **starts}) for mistake, found, starts in wrong]


def of_blocks(N: int, K: int) -> list[Mistake]:
    """Return the mistakes of blocks of K steps, and of means over a window."""
    terms = oracle.sliding_window(N, K)
    ends = [min(start + K, N) - 1 for start in range(0, N, K)]
    return of_terms([
        (Mistake("chunks_for_windows",
         "That is chunked truncation: the state is detached every K steps. In a sliding window "
         "each loss has a window of its own, that ends with it.", subject_of=("S4", "S5")),
         oracle.stateful_chunks(N, K)),
        (Mistake("last_loss_of_each_block",
         "Only the last loss of each block of K steps enters: the state is detached every K steps, "
         "and N − ⌈N / K⌉ losses are missing. Every step has a loss, and a window of its own.",
         subject_of=("S4", "S5")),
         {(i, i - i % K): 1.0 for i in ends}),
        (Mistake("mean_of_each_window",
         "That is the gradient of each window's mean; asked for is the sum of the losses."),
         dict.fromkeys(terms, 1.0 / K)),
    ])  # fmt: skip


def with_stale_states(problem: Problem, K: int, every: int = 1) -> Gradient:
    """Return the gradient that comes out if the states' .grad is never cleared.

    A window ends at each ``every``-th step; backward() walks back through it state by state.
    """
    cell, loss, x, y, h = problem.tensors()
    steps: list[tuple[torch.Tensor, torch.Tensor]] = []
    for i, x_i in enumerate(x):
        h_in = h.detach().requires_grad_()
        h = cell(x_i, h_in)
        steps = [*steps, (h_in, h)][-K:]
        if (i + 1) % every == 0:
            torch.autograd.backward(loss(h, y[i]), retain_graph=True)
            for (_, before), (after, _) in zip(steps[-2::-1], steps[:0:-1], strict=True):
                torch.autograd.backward(before, after.grad, retain_graph=True)
    return {
        name: np.zeros(p.shape) if p.grad is None else p.grad.numpy()
        for name, p in cell.named_parameters()
    }


def count(terms: Iterable[tuple[int, int]]) -> Terms:
    """Return terms with how often each is listed."""
    weights: dict[tuple[int, int], float] = {}
    for term in terms:
        weights[term] = weights.get(term, 0.0) + 1.0
    return weights
