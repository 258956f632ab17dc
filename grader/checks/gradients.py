"""Check gradients by central differences along random directions.

    lines = draw_lines(rng, weights)                       one direction per array
    cases = shifted(weights, lines, step)                  evaluate a function at each of these
    numeric = directional(values, lines, step)             its derivative along each line
    require_directional(gradient, lines[name], numeric[name], …) against gradient · line

The rule's own error is about step², that of rounding precision / step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grader.checks.arrays import Array
from grader.checks.carry import explanation, is_assumed
from grader.checks.mistakes import Variant
from grader.checks.shapes import shape_hint
from grader.checks.tolerances import DIFFERENCE_STEP, DIFFERENCES, TOLERANCE
from grader.core.failures import Failure
from grader.core.language import translated

Arrays = Mapping[str, Array]


def draw_lines(rng: np.random.Generator, arrays: Arrays) -> dict[str, Array]:
    """Draw a direction of length about 1 for each array."""
    return {
        name: np.asarray(rng.normal(size=array.shape) / np.sqrt(max(array.size, 1)))
        for name, array in arrays.items()
    }


def shifted(arrays: Arrays, lines: Arrays, step: float = DIFFERENCE_STEP) -> list[dict[str, Array]]:
    """Return the arrays moved along each line by ``step``, up and then down, one line at a time."""
    return [
        {**arrays, name: arrays[name] + sign * step * line}
        for name, line in lines.items()
        for sign in (1, -1)
    ]


def directional(
    values: Sequence[float], lines: Arrays, step: float = DIFFERENCE_STEP
) -> dict[str, float]:
    """Return the derivative along each line, from a function's values at :func:`shifted`."""
    return {name: (values[2 * k] - values[2 * k + 1]) / (2 * step) for k, name in enumerate(lines)}


def require_directional(
    gradient: Array,
    line: Array,
    numeric: float,
    what: str,
    *,
    of: str,
    tolerance: float = DIFFERENCES,
    scale: float = 0.0,
    where: str = "",
    hint: str = "",
    mistakes: Iterable[Variant] = (),
) -> None:
    """Fail unless ``gradient`` has the directional derivative ``numeric`` along ``line``.

    Args:
        gradient: The student's gradient, in the shape of ``line``.
        numeric: The derivative along it, by central differences.
        of: What was differentiated by differences, for the message: "the loss".
        tolerance: Of the largest of the derivative, the gradient's entries and ``scale``.
        scale: The size of the other gradients, where this one may be small.
        mistakes: Gradients that wrong formulas give.
    """
    if gradient.shape != line.shape:
        expected, got = f"shape {[*line.shape]}", f"shape {[*gradient.shape]}"
        hint = shape_hint(gradient.shape, line.shape)
        raise Failure(what, expected=expected, got=got, where=where, hint=hint)
    analytic = float((gradient * line).sum())
    scale = max(scale, float(np.abs(gradient).max(initial=0)), abs(numeric))
    if abs(numeric - analytic) <= tolerance * scale + 1e-9:
        return
    mistake = explanation(gradient, mistakes, TOLERANCE["float64"])
    if mistake and is_assumed(mistake):
        return
    raise Failure(
        what,
        expected=translated(
            "{value} along a random line, by finite differences of {function}",
            value=f"{numeric:.8g}",
            function=of,
        ),
        got=f"{analytic:.8g}",
        where=where,
        **(mistake.named() if mistake else {"hint": hint}),
    )
