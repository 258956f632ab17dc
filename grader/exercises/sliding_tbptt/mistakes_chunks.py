"""Wrong windows of question S1 that students do write, each with what to say about it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.cells import Array


def of_windows(data: Array, K: int, O: int) -> Iterator[Variant]:
    """Yield wrong values of the windows of K steps, O apart."""
    right = oracle.windows(data, K, O)
    for mistake, wrong in (
        (Mistake("last_window_missing",
         "The last window is missing: it may end with the last step."), right[:-1]),
        (Mistake("stride_taken_for_overlap",
         "O is taken for the number of steps that two windows share; it is a stride, the distance "
         "from one start to the next.", subject_of=("S1",)),
         oracle.windows(data, K, max(1, K - O))),
        (Mistake("windows_do_not_overlap",
         "The windows do not overlap: they start K steps apart, not O.", subject_of=("S1",)),
         oracle.windows(data, K, K)),
        (Mistake("stride_of_one",
         "The windows start one step apart, whatever O is.", subject_of=("S1",)),
         oracle.windows(data, K, 1)),
        (Mistake("sizes_exchanged", "K and O are exchanged."), oracle.windows(data, O, K)),
        (Mistake("stride_one_too_long",
         "The windows start one step further apart than O."), oracle.windows(data, K, O + 1)),
        (Mistake("stride_one_too_short", "The windows start one step closer to each other than O."),
         oracle.windows(data, K, max(1, O - 1))),
        (Mistake("chunk_one_step_short",
         "The windows have one step too few: K each."), right[:, :-1]),
        (Mistake("chunk_one_step_long",
         "The windows have one step too many: K each."), oracle.windows(data, K + 1, O)),
    ):  # fmt: skip
        yield mistake, wrong.copy
    yield from of_arrangements(data, K, O)


def of_arrangements(data: Array, K: int, O: int) -> Iterator[Variant]:
    """Yield windows in another order, from other steps, or filled up at the end."""
    right = oracle.windows(data, K, O)
    N, leftover = len(data), (len(data) - K) % O
    filled = np.concatenate([data, np.zeros((K + O, *data.shape[1:]))])
    for mistake, wrong in (
        (Mistake("windows_reversed", "The windows are in reverse order."), right[::-1]),
        (Mistake("steps_axis_last",
         "The axes are in another order: the steps of a window come right after the windows, "
         "(n, K, …). Tensor.unfold puts them last."), np.moveaxis(right, 1, -1)),
        (Mistake("steps_axis_first",
         "The axes are in another order: the windows come first, (n, K, …)."),
         np.moveaxis(right, 0, 1)),
        (Mistake("first_window_late",
         "The first window starts one step late: it starts with the first step."),
         oracle.windows(data[1:], K, O)),
        (Mistake("leftover_dropped_at_start",
         "What is left over is dropped at the end, not at the beginning."),
         oracle.windows(data[leftover:], K, O)),
        (Mistake("windows_filled_with_zeros",
         "Windows at the end are filled up with zeros; they are to be dropped."),
         oracle.windows_from(np.arange(0, N, O), filled, K)),
        (Mistake("window_filled_with_zeros",
         "A window at the end is filled up with zeros; it is to be dropped."),
         oracle.windows_from(np.arange(0, N - K + O, O), filled, K)),
    ):  # fmt: skip
        yield mistake, wrong.copy
