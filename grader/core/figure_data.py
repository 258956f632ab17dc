"""Describe a figure as data: what travels from the worker and what a report keeps."""

from __future__ import annotations

import base64
import itertools
import struct
import types
import typing
from collections.abc import Iterator
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from grader.core.annotations import unaliased
from grader.core.report import FigureReport

Array = NDArray[Any]
POINTS = 5000  # of a line's data that travel
PNG_BYTES = 2 * 2**20  # of a picture that reports keep
TITLE = 200  # characters of its title
FIGURES = 4  # that a report keeps of one test
PIXELS = 2000  # an image's longer side at most


class Line(TypedDict):
    """One curve."""

    label: str
    x: Array
    y: Array


class ErrorBars(TypedDict):
    """Vertical error bars: where they stand, their middles and half their lengths."""

    x: Array
    y: Array
    error: Array


class AxesDescription(TypedDict):
    """One pair of axes."""

    title: str
    xlabel: str
    ylabel: str
    xscale: str
    yscale: str
    legend: list[str]
    error_bars: list[ErrorBars]
    lines: list[Line]


class Description(TypedDict):
    """A whole figure."""

    title: str  # over all axes
    axes: list[AxesDescription]
    legend: list[str]  # the figure's own
    png: Array


def pictures(value: Any, form: Any, most: int) -> list[FigureReport]:
    """Return the PNGs of the descriptions in a value, for reports: title, png (base64).

    Args:
        value: A worker's answer, of the type ``form``.
        form: The return type of the probe; pictures are taken where it says :class:`Description`.
        most: The most pictures to return.
    """
    found = filter(is_bearable, descriptions(value, form))
    return [
        {"title": _title(figure), "png": base64.b64encode(figure["png"].tobytes()).decode()}
        for figure in itertools.islice(found, most)
    ]


def descriptions(value: Any, form: Any) -> Iterator[Description]:
    """Yield the parts of a value of the type ``form`` that are descriptions by that type."""
    form = unaliased(form)
    origin, inner = typing.get_origin(form), typing.get_args(form)
    if form is Description:
        yield value
    elif typing.is_typeddict(form):
        for name, hint in typing.get_type_hints(form).items():
            yield from descriptions(value[name], hint)
    elif origin in (typing.Union, types.UnionType):
        figure = next((kind for kind in map(unaliased, inner) if kind is Description), None)
        if figure and isinstance(value, dict) and "png" in value:
            yield from descriptions(value, figure)
    elif origin is list:
        for item in value:
            yield from descriptions(item, inner[0])
    elif origin is tuple:
        for item, kind in zip(value, inner, strict=False):
            yield from descriptions(item, kind)


def is_bearable(figure: Description) -> bool:
    """Tell whether a figure's PNG is one that a browser can show: some unpack to gigabytes."""
    png = figure["png"]
    if png.dtype != np.uint8 or png.ndim != 1 or not 24 <= png.size <= PNG_BYTES:
        return False
    header = png[:24].tobytes()
    if header[:8] != b"\x89PNG\r\n\x1a\n" or header[12:16] != b"IHDR":
        return False
    width, height = struct.unpack_from(">II", header, 16)
    return max(int(width), int(height)) <= 2 * PIXELS


def _title(figure: Description) -> str:
    titles = [figure["title"], *(axes["title"] for axes in figure["axes"])]
    return next((title for title in titles if title), "")[:TITLE]
