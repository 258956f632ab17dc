"""Training on windows (question S6): the right weights, and those that students' mistakes give.

The oracle takes the gradient of each window from ``oracle.gradient``, and SGD's step by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from torch import Tensor

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.cells import Array, Problem
from grader.exercises.sliding_tbptt.mistakes import flat
from grader.exercises.sliding_tbptt.mistakes_chunks import MISTAKES as CUTS
from grader.exercises.sliding_tbptt.mistakes_chunks import Cut
from grader.exercises.sliding_tbptt.oracle import Terms

CHAINED = ("terms",)


@dataclass(frozen=True)
class Windows:
    """Windows of a sequence, ``stride`` apart: ``steps`` each, the losses from ``warm_up`` on."""

    starts: Sequence[int]
    stride: int
    steps: int
    warm_up: int = 0

    def terms(self) -> Terms:
        """Return a window's losses, each back to the first step after the warm-up."""
        return oracle.warm_up(self.warm_up, self.steps - self.warm_up)


def chunks(N: int, K: int, O: int) -> Windows:
    """Return chunks of K steps, O apart, of a sequence of N."""
    return Windows(range(0, N - K + 1, O), O, K)


def warmed_up(N: int, K1: int, K2: int) -> Windows:
    """Return windows of K1 + K2 steps, K2 apart, of a sequence of N."""
    return Windows(range(0, N - K1 - K2 + 1, K2), K2, K1 + K2, K1)


def wrongly_cut(N: int, windows: Windows) -> Iterator[tuple[Mistake, Windows]]:
    """Yield the windows of a sequence of N where the mistakes of S1 cut them."""
    for mistake in CUTS:
        cut = Cut(**mistake.change).run(np.arange(N), windows.steps, windows.stride).astype(int)
        if cut.ndim == 2 and np.array_equal(cut, cut[:, :1] + np.arange(cut.shape[1])):
            starts = cut[:, 0].tolist() if cut.size else []
            yield mistake, replace(windows, starts=starts, steps=cut.shape[1])


@dataclass(frozen=True)
class Training:
    """SGD on the loss of each window in turn; each field but the rate is a switch."""

    terms: Callable[[Terms], Terms] = dict  # that a window's loss consists of
    carried: bool = False  # the state, from window to window
    kept: float = 0.0  # of the gradient of the window before
    uphill: int = 1
    late: bool = False  # a window's loss is that after its step
    stale: bool = False  # the states after the warm-ups are those of the first parameters

    def run(self, problem: Problem, windows: Windows, rate: float) -> Array:
        """Return the parameters (n + 1, P) before the first step and after each of n."""
        weights, h_0 = problem.weights, problem.h_0
        total = np.zeros_like(flat(weights))
        path = [flat(weights)]
        for start in windows.starts:
            stop = start + windows.steps
            x, y = problem.x[start:stop], problem.y[start:stop]
            window = replace(problem, weights=weights, x=x, y=y, h_0=h_0)
            gradient = flat(
                oracle.gradient(window, self.terms(windows.terms()), self._starts(window, problem))
            )
            total = self.kept * total + gradient
            path.append(path[-1] - self.uphill * rate * total)
            if self.carried:
                h_0 = oracle.running_states(window)[-1].numpy()
            weights = unflat(path[-1], weights)
        return np.array(path)

    def losses(self, path: Array, problem: Problem, windows: Windows) -> Array:
        """Return the loss (n,) of each window, with the parameters (n + 1, P) of that path."""
        found, h_0 = [], problem.h_0
        for before, after, start in zip(path[:-1], path[1:], windows.starts, strict=True):
            stop = start + windows.steps
            weights = unflat(after if self.late else before, problem.weights)
            x, y = problem.x[start:stop], problem.y[start:stop]
            window = replace(problem, weights=weights, x=x, y=y, h_0=h_0)
            starts = self._starts(window, problem)
            found.append(oracle.loss(window, self.terms(windows.terms()), starts))
            if self.carried:
                h_0 = oracle.running_states(window)[-1].numpy()
        return np.array(found)

    def _starts(self, window: Problem, problem: Problem) -> Sequence[Tensor]:
        """Return the states that a window's losses go back to, if not those of its weights."""
        first = replace(window, weights=problem.weights)
        return oracle.running_states(first) if self.stale else ()


def unflat(row: Array, like: dict[str, Array]) -> dict[str, Array]:
    """Return parameters from their entries in one row."""
    ends = np.cumsum([np.size(value) for value in like.values()])[:-1]
    parts = np.split(row, ends)
    return {
        name: part.reshape(np.shape(value))
        for part, (name, value) in zip(parts, like.items(), strict=True)
    }


def averaged(terms: Terms) -> Terms:
    """Return terms whose sum is the mean over their losses."""
    return {term: weight / len(terms) for term, weight in terms.items()}


def counted_again(terms: Terms) -> Terms:
    """Return terms of which each is counted once more for every later loss."""
    last = max(i for i, _ in terms)
    return {(i, s): weight * (last + 1 - i) for (i, s), weight in terms.items()}


def last_alone(terms: Terms) -> Terms:
    """Return the last loss alone."""
    return dict([max(terms.items())])


COMMON: list[Mistake] = [
    Mistake("gradients_add_up_over_windows",
     "The gradients of earlier windows are still in .grad: call zero_grad() for each window.",
     {"kept": 1.0}),
    Mistake("gradients_cleared_too_late",
     "The parameters never move. The gradient is cleared before the step, or is there none?",
     {"uphill": 0}, subject_of=("S6",)),
    Mistake("state_carried_over_windows",
     "The state of one window goes on into the next; each begins with the fresh state h_0.",
     {"carried": True}, subject_of=("S6",)),
    Mistake("mean_of_each_window",
     "The loss of a window is the sum over its steps; here it is their mean.",
     {"terms": averaged}),
    Mistake("last_loss_of_each_window",
     "Only the last loss of each window enters; every step of a window has one.",
     {"terms": last_alone}, subject_of=("S6",)),
    Mistake("earlier_losses_again",
     "Earlier losses are counted again with each step: the sum of losses grows, and each "
     "backward() goes through all of it. Call backward() once for each window.",
     {"terms": counted_again}),
    Mistake("detached_at_every_step",
     "The state is detached at every step: only the last application of the cell is "
     "differentiated.",
     {"terms": lambda terms: {(i, i): w for (i, _), w in terms.items()}}, subject_of=("S6",)),
    Mistake("training_uphill", "The step goes uphill: the optimizer subtracts the gradient.",
     {"uphill": -1}),
]  # fmt: skip
WARM_UP: list[Mistake] = [
    Mistake("warm_up_differentiated",
     "The K1 steps of the warm-up are differentiated, too: run them under torch.no_grad().",
     {"terms": lambda terms: {(i, 0): w for (i, _), w in terms.items()}}, subject_of=("S6",)),
    Mistake("warm_up_losses_enter",
     "The losses of the warm-up enter; only those of the K2 steps after it do.",
     {"terms": lambda terms: {(i, 0): 1.0 for i in range(max(terms)[0] + 1)}},
     subject_of=("S6",)),
    Mistake("warm_ups_before_training",
     "The states after the warm-ups are computed before the first step: they belong to parameters "
     "that have changed since. Warm up each window when its turn comes.",
     {"stale": True}),
]  # fmt: skip


LATE = Mistake(
    "loss_after_the_step", "A window's loss is that before its step; here it is the one after it.",
    {"late": True},
)  # fmt: skip


def loss_variants(path: Array, problem: Problem, windows: Windows) -> Iterator[Variant]:
    """Yield the losses (n,) of wrong trainings, with the parameters of that path."""
    for mistake in combined([LATE, *(WARM_UP if windows.warm_up else []), *COMMON], CHAINED):
        yield mistake, partial(Training(**mistake.change).losses, path, problem, windows)


def variants(problem: Problem, windows: Windows, rate: float) -> Iterator[Variant]:
    """Yield the parameters (n + 1, P) of wrong trainings on these windows."""
    for mistake in combined([*(WARM_UP if windows.warm_up else []), *COMMON], CHAINED):
        yield mistake, partial(Training(**mistake.change).run, problem, windows, rate)
