"""Read what a figure shows, with types that matplotlib leaves open."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D


def xs(line: Line2D) -> np.ndarray:
    """Return the x values of a line, (points,)."""
    return np.asarray(line.get_xdata())


def ys(line: Line2D) -> np.ndarray:
    """Return the y values of a line, (points,)."""
    return np.asarray(line.get_ydata())


def legend_of(axes: Axes) -> Legend:
    """Return the legend, which must exist."""
    legend = axes.get_legend()
    assert legend
    return legend


def labels_of(axes: Axes) -> list[str]:
    """Return the texts of the legend."""
    return [text.get_text() for text in legend_of(axes).texts]


def lines_of(axes: Axes) -> list[Artist | None]:
    """Return the lines that the legend shows."""
    return list(legend_of(axes).legend_handles)
