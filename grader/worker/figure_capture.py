"""Describe a figure that a student drew as data."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from grader.core.figure_data import PIXELS, POINTS, AxesDescription, Description, ErrorBars, Line
from grader.worker.answering import Unusable
from grader.worker.values import brief

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure

Array = NDArray[Any]
COLOURS = 32  # of a picture
DPI = 72.0
NUMBER = re.compile(r"[^\d−-]*(\d+(?:\.\d+)?)\D*")  # the one in a tick's label, such as T = 5


def describe(figure: Figure) -> Description:
    """Return a figure's axes with labels, scales, legend entries and curves, and its picture.

    The picture is PNG bytes.
    """
    import matplotlib as mpl
    from matplotlib.text import Text

    drawn = io.BytesIO()
    longest = max(figure.get_size_inches())
    for text in figure.findobj(Text):
        text.set_usetex(False)  # LaTeX is a program: it may be absent, and none may be started
    with mpl.rc_context({"text.usetex": False}):
        figure.savefig(drawn, format="png", dpi=min(DPI, PIXELS / longest))
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return {
        "title": figure.get_suptitle(),
        "axes": [_describe_axes(axes) for axes in figure.axes],
        "legend": legends,
        "png": np.frombuffer(_smaller(drawn), dtype=np.uint8),
    }


def _smaller(png: io.BytesIO) -> bytes:
    """Return a picture with few colours, which a plot doesn't miss; about a third as large."""
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(png) as picture:
        opaque = Image.new("RGBA", picture.size, "white")
        opaque.alpha_composite(picture.convert("RGBA"))
        few = opaque.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(buffer, format="png", optimize=True)
    return min(buffer.getvalue(), png.getvalue(), key=len)


def _describe_axes(axes: Axes) -> AxesDescription:
    from matplotlib.container import ErrorbarContainer

    legend = axes.get_legend()
    beside = axes.get_shared_y_axes().get_siblings(axes)  # one label does for all of them
    ylabels = [axes.get_ylabel(), *(each.get_ylabel() for each in beside)]
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel() or axes.figure.get_supxlabel(),
        "ylabel": next(filter(None, ylabels), axes.figure.get_supylabel()),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "error_bars": [
            _describe_error_bars(axes, container)
            for container in axes.containers
            if isinstance(container, ErrorbarContainer) and container.has_yerr
        ],
        "lines": [_describe_curve(axes, *curve) for curve in _curves(axes)],
    }


def _describe_curve(axes: Axes, label: Any, x: Array, y: Array) -> Line:
    seen = ~np.isnan(x) & ~np.isnan(y)  # elsewhere nothing is drawn
    return {
        "label": str(label),
        "x": _named(axes.xaxis, x[seen])[:POINTS],
        "y": y[seen][:POINTS],
    }


def _curves(axes: Axes) -> Iterator[tuple[Any, Array, Array]]:
    """Yield label, x and y of lines, scattered points and vertical bars."""
    from matplotlib.collections import PathCollection
    from matplotlib.container import BarContainer

    for line in axes.get_lines():
        x, y = line.get_data(orig=False)
        yield line.get_label(), np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    for points in axes.collections:
        if isinstance(points, PathCollection):
            yield points.get_label(), *np.asarray(points.get_offsets(), dtype=float).T
    for bars in axes.containers:
        if isinstance(bars, BarContainer) and bars.orientation == "vertical":
            middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
            heights = [bar.get_height() for bar in bars]
            yield bars.get_label(), np.array(middles, dtype=float), np.array(heights, dtype=float)


def _named(axis: Axis, positions: Array) -> Array:
    """Return positions along a drawn axis as the numbers written there; categories count from 0."""
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    written = (StrCategoryFormatter, FixedFormatter, FuncFormatter)
    if not isinstance(axis.get_major_formatter(), written):
        return positions
    labels = (label.get_text() for label in axis.get_majorticklabels())
    numbers = (NUMBER.fullmatch(label) for label in labels)
    names = dict(zip(axis.get_majorticklocs(), numbers, strict=True))
    found = [names.get(position) for position in positions]
    return np.array([float(name[1]) for name in found if name]) if all(found) else positions


def _describe_error_bars(axes: Axes, container: ErrorbarContainer) -> ErrorBars:
    ends = np.array([bar[:2] for bar in container.lines[2][-1].get_segments()])  # (bars, 2, 2)
    ends = ends.reshape(-1, 2, 2)
    return {
        "x": _named(axes.xaxis, ends[:, 0, 0]),
        "y": ends[:, :, 1].mean(axis=1),
        "error": np.abs(np.diff(ends[:, :, 1])[:, 0]) / 2,
    }


@contextmanager
def captured() -> Iterator[list[Figure]]:
    """Yield the figures that code draws by pyplot or saves inside the context, in order.

    ``plt.show()`` closes them, as whoever sees their windows does. pyplot is cleared before and
    afterwards.
    """
    import matplotlib.figure
    import matplotlib.pyplot as plt

    found: list[Figure] = []
    save = matplotlib.figure.Figure.savefig

    def keep(figure: Figure) -> None:
        if figure not in found and (figure.axes or not found):
            found.append(figure)

    def savefig(figure: Figure, *arguments: Any, **options: Any) -> None:
        keep(figure)
        save(figure, *arguments, **options)

    def keep_open() -> None:
        for number in plt.get_fignums():
            keep(plt.figure(number))

    def shown(*_: Any, block: bool | None = None, **__: Any) -> None:
        keep_open()
        if block is not False and not plt.isinteractive():
            plt.close("all")

    plt.close("all")
    show, plt.show = plt.show, shown
    matplotlib.figure.Figure.savefig = savefig  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        matplotlib.figure.Figure.savefig = save  # type: ignore[method-assign]
        plt.show = show
        keep_open()
        plt.close("all")


def drawn_figure(draw: Callable[[], Any], name: str, *, returned: bool = False) -> Description:
    """Describe the figure that ``draw()`` returns, or else draws by pyplot.

    It must be ``returned`` if the template says so; ``name`` is the student's function.
    """
    with captured() as drawn:
        result = draw()
    found = figure_in(result) or (drawn[-1] if drawn and not returned else None)
    if found is None:
        raise Unusable(
            f"{name} should return a figure.",
            expected="a matplotlib Figure",
            got=brief(result),
            hint="plt.show() hands nothing on: end with return figure." if result is None else "",
        )
    return described(found, name)


def figure_in(result: Any) -> Figure | None:
    """Return the figure in a function's result: itself, or the one that axes belong to."""
    from matplotlib.figure import Figure

    found = result if isinstance(result, tuple | list) else [result]
    owners = (getattr(part, "figure", None) or part for part in found)
    return next((part for part in owners if isinstance(part, Figure)), None)


def described(figure: Figure, name: str) -> Description:
    """Return the description of a figure.

    Raises:
        Unusable: matplotlib can't draw it.
    """
    try:
        return describe(figure)
    except Exception as error:  # whatever was put into the figure
        raise Unusable(
            f"The figure of {name} should be one that can be drawn.",
            expected="a picture",
            got=f"matplotlib raises {type(error).__name__}: {str(error)[:300]}",
            hint="Is there a formula between $ and $ that it can't read?",
        ) from error
