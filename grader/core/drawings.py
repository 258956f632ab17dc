"""A figure as data: what the worker says of a drawing, and what a report keeps of it."""

from __future__ import annotations

import base64
import struct
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
POINTS = 5000  # of a line's data that travel
PNG_BYTES = 2 * 2**20  # of a picture that reports keep
TITLE = 200  # characters of its title
PIXELS = 2000  # an image's longer side at most


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
