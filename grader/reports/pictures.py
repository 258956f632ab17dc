"""Choose the pictures that a student's page shows: each once, and no more than fit in it."""

from __future__ import annotations

import base64
import binascii
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

from grader.core.language import translated
from grader.core.report import CheckReport

PNG = b"\x89PNG\r\n\x1a\n"


class Picture(NamedTuple):
    """A picture as a data URL; an empty one if there is only something to say of it."""

    title: str
    source: str
    note: str = ""


class Pictures:
    """The pictures of one page, in the order in which they are asked for."""

    def __init__(self, sizes: Sequence[int] = (), room: int | None = None) -> None:
        """Take the sizes of all pictures and the room for them; None if there is no limit.

        The largest are left out first, so that as many as possible are shown.
        """
        self._seen: set[str] = set()
        self._left = math.inf if room is None else room
        sums = itertools.accumulate(sorted(sizes))
        placed = zip(sorted(sizes), sums, strict=True)
        fitting = [size for size, total in placed if total <= self._left]
        self._largest = math.inf if room is None else max(fitting, default=0)
        self.sizes: list[int] = []  # characters of those that were asked for, as they are shown

    def of(self, check: CheckReport) -> list[Picture]:
        """Return a check's pictures; what is no PNG, or was shown before, is left out."""
        found = []
        for figure in check.get("figures", []):
            source = _data_url(figure["png"])
            if not source or source in self._seen:
                continue
            self._seen.add(source)
            self.sizes.append(len(source))
            if len(source) <= min(self._largest, self._left):
                self._left -= len(source)
                found.append(Picture(figure["title"], source))
            else:
                size = len(source) * 3 // 4 // 2**10 + 1
                note = translated(
                    "A picture of {size} KiB is left out, because this page would be too large.",
                    size=f"{size:,}",
                )
                found.append(Picture(figure["title"], "", note))
        return found


def _data_url(text: str) -> str:
    """Return a PNG in base64 as a data URL; an empty text for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        return ""
    return (
        f"data:image/png;base64,{base64.b64encode(data).decode()}" if data.startswith(PNG) else ""
    )
