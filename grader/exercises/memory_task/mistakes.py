"""Wrong formulas that students do write in memory_task.py, each with what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.given_rnn.oracle import Array, Weights
from grader.exercises.memory_task import oracle


def target_variants(x: Array) -> Iterator[Variant]:
    """Yield wrong values of the first element of every sequence in x (T, B, 1)."""
    yield (
        Mistake("last_element", "This is the last element; the one to remember is the first."),
        lambda: x[-1],
    )
    yield (
        Mistake("second_element", "This is the second element; the one to remember is the first."),
        lambda: x[1],
    )
    yield Mistake("sum_of_sequence", "This is the sum of the sequence."), lambda: x.sum(0)
    yield Mistake("mean_of_sequence", "This is the mean of the sequence."), lambda: x.mean(0)
    yield (
        Mistake(
            "label_of_first_sequence",
            "Every sequence has the first one's label: time is the first axis of x, batch the "
            "second.",
        ),
        lambda: np.broadcast_to(x[0, 0], x[0].shape),
    )


@dataclass(frozen=True)
class Accuracy:
    """The share of predictions within a tolerance; each field is a switch."""

    batches: Callable[[Array], Array] = lambda errors: errors  # that count
    distance: Callable[[Array], Array] = np.abs  # of prediction and target, from their difference
    tolerance: Callable[[float], float] = lambda tolerance: tolerance
    counts: Callable[[Array, float], Array] = np.less
    summary: Callable[[Array], Any] = np.mean  # of what counts, (batches, B, 1)

    def run(self, errors: Array, tolerance: float) -> Any:
        """Return the accuracy, from errors (batches, B, 1)."""
        distances = self.distance(self.batches(errors))
        return self.summary(self.counts(distances, self.tolerance(tolerance)))


ACCURACY: list[Mistake] = [
    Mistake("accuracy_in_percent",
     "The accuracy is a fraction, between 0 and 1; this is in percent.",
     {"summary": lambda counted: 100 * counted.mean()}),
    Mistake("accuracies_summed", "The batches' accuracies are summed; take their mean.",
     {"summary": lambda counted: len(counted) * counted.mean()}),
    Mistake("right_predictions_counted",
     "This is the number of right predictions; take their fraction.", {"summary": np.sum}),
    Mistake("wrong_predictions_counted", "This is the share of wrong predictions.",
     {"counts": np.greater_equal}),
    Mistake("no_absolute_value",
     "ŷ − y is compared without its absolute value: every prediction that is too low counts.",
     {"distance": np.positive}),
    Mistake("no_absolute_value",
     "y − ŷ is compared without its absolute value: every prediction that is too high counts.",
     {"distance": np.negative}),
    Mistake("squared_error_for_accuracy", "The squared error is compared with the tolerance.",
     {"distance": np.square}),
    Mistake("tolerance_unused", "The tolerance is not used, but always 0.1.",
     {"tolerance": lambda _: 0.1}),
    Mistake("first_batch_alone", "Only the first batch counts.",
     {"batches": lambda errors: errors[:1]}),
    Mistake("last_batch_alone", "Only the last batch counts.",
     {"batches": lambda errors: errors[-1:]}),
]  # fmt: skip


def greatest(lengths: Array, _accuracies: Array, solved: Array) -> Any:
    """Return the greatest of the lengths that are solved, else 0."""
    return lengths[solved].max(initial=0)


def until_the_first_failure(lengths: Array, accuracies: Array, solved: Array) -> Any:
    """Return the greatest length up to which all are solved, else 0."""
    order = np.argsort(lengths)
    all_so_far = solved[order].cumprod().astype(bool)
    return greatest(lengths[order], accuracies, all_so_far)


@dataclass(frozen=True)
class Longest:
    """The longest solvable length; each field is a switch."""

    over_repetitions: Callable[[Array], Array] = lambda rows: rows.mean(1)
    threshold: Callable[[float], float] = lambda threshold: threshold
    solves: Callable[[Array, float], Array] = np.greater_equal
    chosen: Callable[[Array, Array, Array], Any] = greatest  # of lengths, accuracies, solved

    def run(self, lengths: Array, rows: Array, threshold: float) -> Any:
        """Return it, from accuracies (lengths, repetitions)."""
        accuracies = self.over_repetitions(rows)
        solved = self.solves(accuracies, self.threshold(threshold))
        return self.chosen(lengths, accuracies, solved)


LONGEST: list[Mistake] = [
    Mistake("stops_at_first_failure",
     "It stops at the first length that is not solved; a longer one may be, by chance.",
     {"chosen": until_the_first_failure}),
    Mistake("place_for_length", "This is a place in the list; asked for is the length there.",
     {"chosen": lambda n, _, solved: np.flatnonzero(solved).max(initial=0)}),
    Mistake("last_solved_in_list",
     "This is the last solved one in the list; the lengths may come in any order.",
     {"chosen": lambda n, _, solved: next(iter(n[solved][::-1]), 0)}),
    Mistake("first_solved_in_list",
     "This is the first solved one in the list; asked for is the greatest.",
     {"chosen": lambda n, _, solved: next(iter(n[solved]), 0)}),
    Mistake("shortest_solved", "This is the shortest solved one.",
     {"chosen": lambda n, _, solved: min(n[solved], default=0)}),
    Mistake("best_repetition_decides",
     "The best repetition decides here; it is the mean over them.",
     {"over_repetitions": lambda rows: rows.max(1)}),
    Mistake("worst_repetition_decides",
     "The worst repetition decides here; it is the mean over them.",
     {"over_repetitions": lambda rows: rows.min(1)}),
    Mistake("threshold_not_enough", "A mean accuracy of exactly the threshold is enough.",
     {"solves": np.greater}),
    Mistake("threshold_unused", "The threshold is not used, but always 0.9.",
     {"threshold": lambda _: 0.9}),
    Mistake("length_of_best_accuracy",
     "This is the length with the best accuracy; asked for is the greatest that is solved.",
     {"chosen": lambda n, accuracies, _: n[accuracies.argmax()]}),
    Mistake("greatest_length_of_all", "This is the greatest length of all, solved or not.",
     {"chosen": lambda n, *_: n.max()}),
]  # fmt: skip


MEDIAN = Mistake("median_for_mean", "This is the median.")
VARIANCE = Mistake("variance_for_deviation", "This is the variance: take the root.")
STANDARD_ERROR = Mistake(
    "standard_error",
    "This is the standard error of the mean; asked for is the standard deviation.",
)


def deviation_variants(deviation: Array, repetitions: int) -> Iterator[Variant]:
    """Yield wrong values of standard deviations; in the right ones N or N − 1 may stand."""
    both = deviation, deviation * np.sqrt(repetitions / (repetitions - 1))
    for each in both:
        yield VARIANCE, partial(np.square, each)
    yield Mistake("half_deviation", "This is half the standard deviation."), lambda: deviation / 2
    for each in both:
        yield STANDARD_ERROR, partial(np.divide, each, np.sqrt(repetitions))


@dataclass(frozen=True)
class Norms:
    """The norms of the bias gradient at each time step; each field is a switch."""

    steps: Callable[[Array], Array] = lambda d_bs: d_bs  # (T, n)
    is_summed: bool = False  # over the batch
    norm: Callable[[Array], Array] = lambda d_bs: np.linalg.norm(d_bs, axis=1)
    shown: Callable[[Array], Array] = lambda norms: norms  # (T,)

    def run(self, d_bs: Array, B: int) -> Array:
        """Return the norms (T,), from gradients (T, n) that are averaged over a batch of B."""
        return self.shown(self.norm(self.steps(d_bs) * (B if self.is_summed else 1)))


CHAINED = ("steps", "shown")  # switches that transform an array
NORMS: list[Mistake] = [
    Mistake("norms_reversed", "The steps are in reverse order: entry t belongs to step t.",
     {"shown": lambda norms: norms[::-1]}),
    Mistake("norms_squared", "These are squared norms: take the root.",
     {"norm": lambda d_bs: (d_bs**2).sum(1)}),
    Mistake("norms_summed_over_batch", "f averages over the batch; this is its sum.",
     {"is_summed": True}),
    Mistake("means_of_magnitudes", "These are means of the gradient's magnitudes, no norms.",
     {"norm": lambda d_bs: abs(d_bs).mean(1)}),
    Mistake("sums_of_magnitudes", "These are sums of the gradient's magnitudes: another norm.",
     {"norm": lambda d_bs: abs(d_bs).sum(1)}),
    Mistake("largest_entries", "These are the largest entries: another norm.",
     {"norm": lambda d_bs: abs(d_bs).max(1)}),
    Mistake("means_over_units", "These are means over the units, no norms.",
     {"norm": lambda d_bs: d_bs.mean(1)}),
    Mistake("sums_over_units", "These are sums over the units, no norms.",
     {"norm": lambda d_bs: d_bs.sum(1)}),
    Mistake("norms_of_running_sums",
     "Entry t is the norm of the sum from step t on; it is that of step t alone.",
     {"steps": lambda d_bs: d_bs[::-1].cumsum(0)[::-1]}),
    Mistake("norms_relative", "The norms are divided by the largest.",
     {"shown": lambda norms: norms / norms.max()}),
]  # fmt: skip


def norm_variants(weights: Weights, x: Array) -> Iterator[Variant]:
    """Yield wrong values of the norms of the bias gradient at each time step."""
    found = oracle.mean_gradients(weights, x)
    for mistake in combined(NORMS, CHAINED):
        yield mistake, partial(Norms(**mistake.change).run, found["d_bs"][:, :, 0], x.shape[1])
    rows = [oracle.gradient_norms(weights, x[:, row : row + 1]) for row in range(x.shape[1])]
    yield (
        Mistake(
            "norms_of_samples_averaged",
            "These are the norms of each sample's gradient, averaged. f is the average over the "
            "batch: average the gradients, then take the norm.",
        ),
        partial(np.mean, rows, 0),
    )
    for name in ("d_W", "d_R"):
        others = np.linalg.norm(found[name], axis=(1, 2))
        yield (
            Mistake("norms_of_another_weight", f"These are norms of {name}; asked for is d_bs."),
            partial(np.copy, others),
        )
