"""Construct a network at distinctive sizes, to learn how its parameters may be cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from grader.core.failures import Failure
from grader.exercises.palindrome.oracle import GATES, Model, Weights
from grader.exercises.palindrome.parameters.cuts import SURVEYS, Cut, Kind, Shape, cuts_of
from grader.exercises.palindrome.parameters.fit import Runs
from grader.exercises.palindrome.parameters.formats import InputFormat, Precision


def survey(runs: Runs, model: Model, form: InputFormat) -> tuple[dict[str, list[Cut]], str]:
    """Return the ways to cut each parameter, and the name of the embedding ("" if none).

    Raises:
        Failure: The network can't be constructed at one of the sizes, and at no other does a
            parameter look like the output's matrix.
    """
    failure: Failure | None = None
    gates = len(GATES[model])
    for sizes in SURVEYS:
        try:
            shapes, rows = runs.shapes(form, sizes)
        except Failure as raised:
            failure = raised
            continue
        widths = {form.input_dim, 10, sizes.K, *(shapes[name][-1] for name in rows)} - {1}
        cuts = {
            name: cuts_of(shape, gates, sizes, tuple(widths))
            for name, shape in shapes.items()
            if name not in rows
        }
        embedding = _embedding(cuts, shapes, rows, gates)
        if rows and not embedding:  # one of them takes the place of W_x itself
            own = tuple({form.input_dim, 10, sizes.K} - {1})
            cuts = {name: cuts_of(shape, gates, sizes, own) for name, shape in shapes.items()}
            cuts |= {name: [c for c in cuts[name] if c.kind is Kind.INPUT] for name in rows}
        found = {name: ways for name, ways in cuts.items() if ways}
        if any(cut.kind is Kind.OUTPUT for ways in found.values() for cut in ways):
            return found, embedding
    if failure:
        raise failure
    return found, embedding


def _embedding(
    cuts: Mapping[str, Sequence[Cut]], shapes: Mapping[str, Shape], rows: Sequence[str], gates: int
) -> str:
    """Return which of the candidates ``rows`` holds features that a matrix multiplies, or ""."""
    for name in rows:
        width = shapes[name][-1]
        wide = {n: {cut.kind for cut in ways} for n, ways in cuts.items() if width in shapes[n]}
        square = [n for n in wide if shapes[n] == (width, width)]
        reads = any(
            cut.kind is Kind.INPUT and shapes[other][cut.axes.index("i")] == width
            for other in wide
            for cut in cuts[other]
            if Kind.STATE not in wide[other]
        )
        both = any(cut.kind is Kind.BOTH for ways in cuts.values() for cut in ways)
        if reads or both or len(square) > gates:
            return name
    return ""


def draw(shapes: Mapping[str, Shape], rng: np.random.Generator, precision: Precision) -> Weights:
    """Draw values for the student's parameters, large enough for every digit to matter."""
    arrays = {}
    for name, shape in shapes.items():
        scale = 0.4 if len(shape) < 2 else 1.2 / np.sqrt(max(shape))
        array = np.asarray(rng.normal(0.0, scale, shape))
        single = precision is not Precision.DOUBLE
        arrays[name] = array.astype(np.float32).astype(np.float64) if single else array
    return arrays
