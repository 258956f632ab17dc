"""Figures as data: the worker describes what a student drew, the judge checks the description."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from grader.failures import Failure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure

Array = NDArray[Any]
POINTS = 5000  # of a line's data that travel
PNG_BYTES = 2 * 2**20  # of a picture that reports keep
TITLE = 200  # characters of its title
PIXELS = 2000  # an image's longer side at most
NUMBER = re.compile(r"[^\d−-]*(\d+(?:\.\d+)?)\D*")  # the one in a tick's label, such as T = 5


class Line(TypedDict):
    label: str
    x: Array
    y: Array


class ErrorBars(TypedDict):
    """Vertical ones: where they stand, their middles and half their lengths."""

    x: Array
    y: Array
    error: Array


class AxesDescription(TypedDict):
    title: str
    xlabel: str
    ylabel: str
    xscale: str
    yscale: str
    legend: list[str]
    error_bars: list[ErrorBars]
    lines: list[Line]


class Description(TypedDict):
    title: str  # over all axes
    axes: list[AxesDescription]
    legend: list[str]  # the figure's own
    png: Array


def describe(figure: Figure) -> Description:
    """Axes with labels, scales, legend entries and curves, and the picture as PNG bytes."""
    import matplotlib as mpl
    from matplotlib.text import Text

    buffer = io.BytesIO()
    longest = max(figure.get_size_inches())
    for text in figure.findobj(Text):
        text.set_usetex(False)  # LaTeX is a program: it may be absent, and none may be started
    with mpl.rc_context({"text.usetex": False}):
        figure.savefig(buffer, format="png", dpi=min(100.0, PIXELS / longest))
    legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    return {
        "title": figure.get_suptitle(),
        "axes": [_describe_axes(axes) for axes in figure.axes],
        "legend": legends,
        "png": np.frombuffer(buffer.getvalue(), dtype=np.uint8),
    }


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
    """Label, x and y of what shows data: lines, scattered points, vertical bars."""
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
    """Positions along a drawn axis, as the numbers written there: categories are 0, 1, …"""
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
    """The figures that code draws by pyplot meanwhile, or saves, in order; pyplot is cleared."""
    import matplotlib.figure
    import matplotlib.pyplot as plt

    found: list[Figure] = []
    save = matplotlib.figure.Figure.savefig

    def savefig(figure: Figure, *arguments: Any, **options: Any) -> None:
        if figure not in found:
            found.append(figure)
        save(figure, *arguments, **options)

    plt.close("all")
    matplotlib.figure.Figure.savefig = savefig  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        matplotlib.figure.Figure.savefig = save  # type: ignore[method-assign]
        found += [f for number in plt.get_fignums() if (f := plt.figure(number)) not in found]
        plt.close("all")


def pictures(answer: Any) -> list[dict[str, str]]:
    """The PNGs of all descriptions in a worker's answer, for reports: title, png (base64)."""
    if isinstance(answer, list):
        return [picture for part in answer for picture in pictures(part)]
    if not isinstance(answer, dict):
        return []
    png = answer.get("png")
    if isinstance(png, np.ndarray) and png.dtype == np.uint8 and _is_bearable(png.tobytes()):
        axes = answer.get("axes")
        parts = [answer, *(axes if isinstance(axes, list) else [])]
        titles = [str(part.get("title", "")) for part in parts if isinstance(part, dict)]
        title = next((title for title in titles if title), "")[:TITLE]
        return [{"title": title, "png": base64.b64encode(png.tobytes()).decode()}]
    return [picture for part in answer.values() for picture in pictures(part)]


def _is_bearable(png: bytes) -> bool:
    """Whether it is a PNG that a browser can show: some unpack to gigabytes."""
    if len(png) > PNG_BYTES or png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR":
        return False
    return bool(max(struct.unpack_from(">II", png.ljust(24), 16)) <= 2 * PIXELS)


def require_labels(figure: Description, what: str, *, where: str, legend: bool = True) -> None:
    """Fail unless each axes that shows something has both labels, and the figure a legend."""
    drawn = [(n, axes) for n, axes in enumerate(figure["axes"], 1) if axes["lines"]]
    if not drawn:
        raise Failure(what, expected="at least one curve", got="an empty figure", where=where)
    # Axes above each other, and twins, share the label of their x-axis.
    shared = any(str(axes["xlabel"]).strip() for _, axes in drawn)
    lacking = [] if shared else [f"xlabel of axes {n}" for n, _ in drawn]
    lacking += [f"ylabel of axes {n}" for n, axes in drawn if not str(axes["ylabel"]).strip()]
    entries = figure["legend"] + [entry for axes in figure["axes"] for entry in axes["legend"]]
    if legend and not entries:
        lacking.append("legend")
    if lacking:
        raise Failure(
            what,
            expected="a label on both axes" + (", and a legend" if legend else ""),
            got="no " + ", no ".join(lacking),
            where=where,
            hint="axes.set_xlabel(…), axes.set_ylabel(…), and axes.legend() after giving each "
            "line a label=….",
        )


def require_line(
    figure: Description, y: Iterable[float], what: str, *, where: str, tolerance: float = 1e-6
) -> None:
    """Fail unless a curve of the figure shows the values ``y``."""
    wanted = np.asarray(list(y), dtype=float)[:POINTS]
    lines = [line for axes in figure["axes"] for line in axes["lines"]]
    for line in lines:
        shown = np.asarray(line["y"], dtype=float)
        if shown.shape == wanted.shape and np.allclose(shown, wanted, tolerance, 1e-12):
            return
    raise Failure(
        what,
        expected=f"a curve through these {len(wanted)} values",
        got=other_curves(lines),
        where=where,
    )


def other_curves(lines: Sequence[Line]) -> str:
    """What to say of curves none of which is the wanted one."""
    lengths = ", ".join(str(len(line["y"])) for line in lines)
    return f"curves through others: {lengths} values" if lines else "an empty figure"


def require_log_scale(figure: Description, what: str, *, where: str) -> None:
    """Fail unless a vertical axis is logarithmic where a curve is drawn."""
    scales = {axes["yscale"] for axes in figure["axes"] if axes["lines"]}
    if "log" not in scales:
        raise Failure(
            what,
            expected="a logarithmic vertical axis",
            got=f"a {', '.join(sorted(scales))} one" if scales else "an empty figure",
            where=where,
        )
