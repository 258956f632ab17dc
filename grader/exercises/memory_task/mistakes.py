"""Wrong formulas that students do write in memory_task.py, each with what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

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


# Of errors (batches, B, 1) and the tolerance.
ACCURACY: list[tuple[Mistake, Callable[[Array, float], Any]]] = [
    (Mistake("accuracy_in_percent",
     "The accuracy is a fraction, between 0 and 1; this is in percent."),
     lambda errors, tolerance: 100 * (abs(errors) < tolerance).mean()),
    (Mistake("accuracies_summed", "The batches' accuracies are summed; take their mean."),
     lambda errors, tolerance: len(errors) * (abs(errors) < tolerance).mean()),
    (Mistake("right_predictions_counted",
     "This is the number of right predictions; take their fraction."),
     lambda errors, tolerance: (abs(errors) < tolerance).sum()),
    (Mistake("wrong_predictions_counted", "This is the share of wrong predictions."),
     lambda errors, tolerance: (abs(errors) >= tolerance).mean()),
    (Mistake("no_absolute_value",
     "ŷ − y is compared without its absolute value: every prediction that is too low counts."),
     lambda errors, tolerance: (errors < tolerance).mean()),
    (Mistake("no_absolute_value",
     "y − ŷ is compared without its absolute value: every prediction that is too high counts."),
     lambda errors, tolerance: (-errors < tolerance).mean()),
    (Mistake("squared_error_for_accuracy", "The squared error is compared with the tolerance."),
     lambda errors, tolerance: (errors**2 < tolerance).mean()),
    (Mistake("tolerance_unused", "The tolerance is not used, but always 0.1."),
     lambda errors, tolerance: (abs(errors) < 0.1).mean()),
    (Mistake("first_batch_alone", "Only the first batch counts."),
     lambda errors, tolerance: (abs(errors[0]) < tolerance).mean()),
    (Mistake("last_batch_alone", "Only the last batch counts."),
     lambda errors, tolerance: (abs(errors[-1]) < tolerance).mean()),
    (Mistake("right_predictions_counted",
     "This is a number of predictions; divide by how many there are."),
     lambda errors, tolerance: (abs(errors) < tolerance).sum()),
]  # fmt: skip


def _greatest(lengths: Array, solved: Array) -> Any:
    return lengths[solved].max(initial=0)


def _until_the_first_failure(lengths: Array, solved: Array) -> Any:
    order = np.argsort(lengths)
    return _greatest(lengths[order], solved[order].cumprod().astype(bool))


# Of lengths, accuracies (lengths, repetitions) and the threshold.
LONGEST: list[tuple[Mistake, Callable[[Array, Array, float], Any]]] = [
    (Mistake("stops_at_first_failure",
     "It stops at the first length that is not solved; a longer one may be, by chance."),
     lambda n, rows, bound: _until_the_first_failure(n, rows.mean(1) >= bound)),
    (Mistake("place_for_length", "This is a place in the list; asked for is the length there."),
     lambda n, rows, bound: np.flatnonzero(rows.mean(1) >= bound).max(initial=0)),
    (Mistake("last_solved_in_list",
     "This is the last solved one in the list; the lengths may come in any order."),
     lambda n, rows, bound: next(iter(n[rows.mean(1) >= bound][::-1]), 0)),
    (Mistake("first_solved_in_list",
     "This is the first solved one in the list; asked for is the greatest."),
     lambda n, rows, bound: next(iter(n[rows.mean(1) >= bound]), 0)),
    (Mistake("shortest_solved", "This is the shortest solved one."),
     lambda n, rows, bound: min(n[rows.mean(1) >= bound], default=0)),
    (Mistake("best_repetition_decides",
     "The best repetition decides here; it is the mean over them."),
     lambda n, rows, bound: _greatest(n, rows.max(1) >= bound)),
    (Mistake("worst_repetition_decides",
     "The worst repetition decides here; it is the mean over them."),
     lambda n, rows, bound: _greatest(n, rows.min(1) >= bound)),
    (Mistake("threshold_not_enough", "A mean accuracy of exactly the threshold is enough."),
     lambda n, rows, bound: _greatest(n, rows.mean(1) > bound)),
    (Mistake("threshold_unused", "The threshold is not used, but always 0.9."),
     lambda n, rows, bound: _greatest(n, rows.mean(1) >= 0.9)),
    (Mistake("length_of_best_accuracy",
     "This is the length with the best accuracy; asked for is the greatest that is solved."),
     lambda n, rows, bound: n[rows.mean(1).argmax()]),
    (Mistake("greatest_length_of_all", "This is the greatest length of all, solved or not."),
     lambda n, rows, bound: n.max()),
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


# Of the right gradients of b_s per time step (T, n), and the batch size.
NORMS: list[tuple[Mistake, Callable[[Array, int], Array]]] = [
    (Mistake("norms_reversed", "The steps are in reverse order: entry t belongs to step t."),
     lambda d_bs, B: np.linalg.norm(d_bs, axis=1)[::-1]),
    (Mistake("norms_squared", "These are squared norms: take the root."),
     lambda d_bs, B: (d_bs**2).sum(1)),
    (Mistake("norms_summed_over_batch", "f averages over the batch; this is its sum."),
     lambda d_bs, B: np.linalg.norm(d_bs, axis=1) * B),
    (Mistake("means_of_magnitudes", "These are means of the gradient's magnitudes, no norms."),
     lambda d_bs, B: abs(d_bs).mean(1)),
    (Mistake("sums_of_magnitudes", "These are sums of the gradient's magnitudes: another norm."),
     lambda d_bs, B: abs(d_bs).sum(1)),
    (Mistake("largest_entries", "These are the largest entries: another norm."),
     lambda d_bs, B: abs(d_bs).max(1)),
    (Mistake("means_over_units", "These are means over the units, no norms."),
     lambda d_bs, B: d_bs.mean(1)),
    (Mistake("sums_over_units", "These are sums over the units, no norms."),
     lambda d_bs, B: d_bs.sum(1)),
    (Mistake("norms_of_running_sums",
     "Entry t is the norm of the sum from step t on; it is that of step t alone."),
     lambda d_bs, B: np.linalg.norm(d_bs[::-1].cumsum(0)[::-1], axis=1)),
    (Mistake("norms_relative", "The norms are divided by the largest."),
     lambda d_bs, B: np.linalg.norm(d_bs, axis=1) / np.linalg.norm(d_bs, axis=1).max()),
]  # fmt: skip


def norm_variants(weights: Weights, x: Array) -> Iterator[Variant]:
    """Yield wrong values of the norms of the bias gradient at each time step."""
    found = oracle.mean_gradients(weights, x)
    for mistake, wrong in NORMS:
        yield mistake, partial(wrong, found["d_bs"][:, :, 0], x.shape[1])
    for name in ("d_W", "d_R"):
        others = np.linalg.norm(found[name], axis=(1, 2))
        yield (
            Mistake("norms_of_another_weight", f"These are norms of {name}; asked for is d_bs."),
            partial(np.copy, others),
        )
