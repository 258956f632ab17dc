"""Every figure of the sheets, one by one, and how much is trained for them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from cycler import cycler
from matplotlib.figure import Figure

from . import memory, palindromes, toy

# Lines differ in style and brightness, not in colour alone (colours of Okabe and Ito, 2008).
COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
STYLE: dict[Any, Any] = {
    "axes.prop_cycle": cycler(color=COLORS, linestyle=["-", "--", "-.", ":"]),
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.titlesize": "medium",
    "figure.titlesize": "medium",
    "savefig.dpi": 150,
}


class Effort(NamedTuple):
    """State how much is trained."""

    memory_lengths: tuple[int, ...]  # T of sheet 003
    repetitions: int
    memory_steps: int
    lengths: tuple[int, ...]  # T of sheet 004
    seeds: int
    steps: int  # of one training at most


FULL = Effort((2, 4, 6, 8, 10, 12, 15, 20), 3, 2500, (5, 10, 15, 20), 3, 2000)
QUICK = Effort((2, 5, 8, 10, 15), 2, 1000, (5, 10, 20), 2, 750)


def every_figure(effort: Effort) -> Iterator[tuple[str, Figure]]:
    """Yield each figure under its file's name, drawn when it is asked for.

    The names are the same for any effort.
    """
    return chain(
        toy.figures(),
        memory.figures(effort.memory_lengths, effort.repetitions, effort.memory_steps),
        palindromes.figures(effort.lengths, effort.seeds, effort.steps),
    )
