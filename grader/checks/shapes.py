"""Say what may have led to an array of the wrong shape."""

from __future__ import annotations

Shape = tuple[int, ...]


def shape_hint(got: Shape, expected: Shape) -> str:
    """Return what the difference of two shapes tells, or "" if it tells nothing."""
    if [n for n in got if n != 1] == [n for n in expected if n != 1]:
        return "Only axes of length 1 are too many or missing: reshape it."
    if got == expected[::-1]:
        return "It is transposed."
    if sorted(got) == sorted(expected):
        return "The axes are in another order."
    if len(got) == len(expected) + 1 and (axis := _extra(got, expected)) is not None:
        return (
            f"Axis {axis}, of length {got[axis]}, is one too many: is a sum, a mean or a choice "
            "over it missing?"
        )
    if len(got) == len(expected) - 1 and (axis := _extra(expected, got)) is not None:
        return (
            f"Axis {axis}, of length {expected[axis]}, is missing: was it summed over, averaged "
            "over, or only one entry of it kept?"
        )
    return _other_lengths(got, expected) if len(got) == len(expected) else ""


def _extra(longer: Shape, shorter: Shape) -> int | None:
    """Return the axis without which one shape is the other; None if there is none."""
    without = (longer[:axis] + longer[axis + 1 :] for axis in range(len(longer)))
    return next((axis for axis, rest in enumerate(without) if rest == shorter), None)


def _other_lengths(got: Shape, expected: Shape) -> str:
    """Return what lengths of axes tell that differ."""
    axes = [axis for axis, n in enumerate(expected) if got[axis] != n]
    if all(expected[axis] == 1 for axis in axes):
        return "A row and a column that are added or multiplied broadcast to a matrix."
    more = got[axes[0]] - expected[axes[0]]
    if len(axes) == 1 and abs(more) == 1:
        which = "One entry too many" if more > 0 else "One entry too few"
        return f"{which} along axis {axes[0]}: look at where the loop or the slice begins and ends."
    return ""
