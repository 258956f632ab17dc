"""Wrong windows of question S1 that students do write, each with what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from grader.checks.carry import combined
from grader.checks.mistakes import Mistake, Variant
from grader.exercises.sliding_tbptt import oracle
from grader.exercises.sliding_tbptt.cells import Array

Size = Callable[[int, int], int]  # of K and O


@dataclass(frozen=True)
class Cut:
    """Windows of data; each field is a switch."""

    data: Callable[[Array, int, int], Array] = lambda data, K, O: data  # what is cut
    size: Size = lambda K, O: K  # of a window
    stride: Size = lambda K, O: O  # from one start to the next
    windows: Callable[[Array], Array] = lambda windows: windows  # what becomes of them

    def run(self, data: Array, K: int, O: int) -> Array:
        """Return the windows for K and O."""
        size, stride = self.size(K, O), max(1, self.stride(K, O))
        return self.windows(oracle.windows(self.data(data, K, O), size, stride))


def filled(data: Array, zeros: int) -> Array:
    """Return the data with so many steps of zeros at its end."""
    return np.concatenate([data, np.zeros((zeros, *data.shape[1:]))])


CHAINED = ("windows",)  # switches that transform an array
MISTAKES: list[Mistake] = [
    Mistake("last_window_missing",
     "The last window is missing: it may end with the last step.",
     {"windows": lambda windows: windows[:-1]}),
    Mistake("stride_taken_for_overlap",
     "O is taken for the number of steps that two windows share; it is a stride, the distance "
     "from one start to the next.", {"stride": lambda K, O: K - O}, subject_of=("S1",)),
    Mistake("windows_do_not_overlap",
     "The windows do not overlap: they start K steps apart, not O.",
     {"stride": lambda K, O: K}, subject_of=("S1",)),
    Mistake("stride_of_one",
     "The windows start one step apart, whatever O is.",
     {"stride": lambda K, O: 1}, subject_of=("S1",)),
    Mistake("sizes_exchanged", "K and O are exchanged.",
     {"size": lambda K, O: O, "stride": lambda K, O: K}),
    Mistake("stride_one_too_long",
     "The windows start one step further apart than O.", {"stride": lambda K, O: O + 1}),
    Mistake("stride_one_too_short",
     "The windows start one step closer to each other than O.", {"stride": lambda K, O: O - 1}),
    Mistake("chunk_one_step_short",
     "The windows have one step too few: K each.", {"windows": lambda windows: windows[:, :-1]}),
    Mistake("chunk_one_step_long",
     "The windows have one step too many: K each.", {"size": lambda K, O: K + 1}),
    Mistake("windows_reversed", "The windows are in reverse order.",
     {"windows": lambda windows: windows[::-1]}),
    Mistake("steps_axis_last",
     "The axes are in another order: the steps of a window come right after the windows, "
     "(n, K, …). Tensor.unfold puts them last.",
     {"windows": lambda windows: np.moveaxis(windows, 1, -1)}),
    Mistake("last_axes_exchanged",
     "The axes are in another order: those of a step stay as they are. transpose exchanges two "
     "axes, movedim moves one.",
     {"windows": lambda windows: windows.swapaxes(-1, -2) if windows.ndim > 3 else windows}),
    Mistake("steps_axis_first",
     "The axes are in another order: the windows come first, (n, K, …).",
     {"windows": lambda windows: np.moveaxis(windows, 0, 1)}),
    Mistake("first_window_late",
     "The first window starts one step late: it starts with the first step.",
     {"data": lambda data, K, O: data[1:]}),
    Mistake("leftover_dropped_at_start",
     "What is left over is dropped at the end, not at the beginning.",
     {"data": lambda data, K, O: data[(len(data) - K) % O :]}),
    Mistake("windows_filled_with_zeros",
     "Windows at the end are filled up with zeros; they are to be dropped.",
     {"data": lambda data, K, O: filled(data, K - 1)}),
    Mistake("window_filled_with_zeros",
     "A window at the end is filled up with zeros; it is to be dropped.",
     {"data": lambda data, K, O: filled(data, O - 1)}),
]  # fmt: skip


def of_windows(data: Array, K: int, O: int) -> Iterator[Variant]:
    """Yield wrong values of the windows of K steps, O apart."""
    for mistake in combined(MISTAKES, CHAINED):
        yield mistake, partial(Cut(**mistake.change).run, data, K, O)
