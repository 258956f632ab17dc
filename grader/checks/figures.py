"""Check a student's figures: labels, legends, curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from grader.checks.tolerances import SHOWN
from grader.core.failures import Failure
from grader.core.figure_data import POINTS, Array, Description, Line

NO_CURVE = "Draw with axes.plot(…) on the figure that you return, and make no other figure."


def require_labels(figure: Description, what: str, *, where: str, legend: bool = True) -> None:
    """Fail unless each axes that shows something has both labels, and the figure a legend."""
    drawn = [(n, axes) for n, axes in enumerate(figure["axes"], 1) if axes["lines"]]
    if not drawn:
        raise Failure(
            what, expected="at least one curve", got="an empty figure", where=where, hint=NO_CURVE
        )
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
    figure: Description, y: Iterable[float], what: str, *, where: str, tolerance: float = SHOWN
) -> None:
    """Fail unless a curve of the figure shows the values ``y``."""
    wanted = np.asarray(list(y), dtype=float)[:POINTS]
    if lines_showing(figure, wanted, tolerance):
        return
    raise Failure(
        what,
        expected=f"a curve through {values_shown(wanted)}",
        got=other_curves([line for axes in figure["axes"] for line in axes["lines"]]),
        where=where,
        hint=curve_hint([line["y"] for axes in figure["axes"] for line in axes["lines"]]),
    )


def curve_hint(curves: Sequence[Array]) -> str:
    """Return what to do about a curve that is missing among these."""
    shown = [tuple(np.asarray(curve, dtype=float).tolist()) for curve in curves]
    if len(set(shown)) < len(shown):
        return "Two curves show the same numbers: is one drawn in the place of another?"
    return "The numbers should be drawn as they are, in their order, as one line."


def lines_showing(figure: Description, y: Array, tolerance: float = SHOWN) -> list[Line]:
    """Return the curves through the values ``y``; a logarithmic axis may show their magnitudes."""
    found = []
    for axes in figure["axes"]:
        accepted = [y, np.abs(y)] if axes["yscale"] == "log" else [y]
        found += [
            line
            for line in axes["lines"]
            if any(_alike(line["y"], values, tolerance) for values in accepted)
        ]
    return found


def _alike(shown: Array, wanted: Array, tolerance: float) -> bool:
    shown = np.asarray(shown, dtype=float)
    return shown.shape == wanted.shape and np.allclose(shown, wanted, tolerance, 1e-12)


def values_shown(values: Array) -> str:
    """Describe a curve by how many values it has, and the first of them."""
    first = ", ".join(f"{value:.4g}" for value in np.asarray(values, dtype=float)[:3])
    return f"{len(values)} values: {first}" + (", …" if len(values) > 3 else "")


def other_curves(lines: Sequence[Line]) -> str:
    """Describe curves none of which is the wanted one."""
    if not lines:
        return "an empty figure"
    return "curves through " + "; ".join(values_shown(line["y"]) for line in lines[:4])


def require_log_scale(figure: Description, what: str, *, where: str) -> None:
    """Fail unless a vertical axis is logarithmic where a curve is drawn."""
    scales = {axes["yscale"] for axes in figure["axes"] if axes["lines"]}
    if "log" not in scales:
        raise Failure(
            what,
            expected="a logarithmic vertical axis",
            got=f"a {', '.join(sorted(scales))} one" if scales else "an empty figure",
            where=where,
            hint='axes.set_yscale("log") makes it so.',
        )
