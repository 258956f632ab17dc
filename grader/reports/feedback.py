"""Pack the pages of feedback that a platform gives back to its students."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

from grader.core.zips import Member, zipped

HEADERS = 128  # bytes at most that a ZIP adds to a file, besides its path, twice


def feedback_zips(pages: Mapping[str, Path], largest: int | None = None) -> list[bytes]:
    """Pack pages, each by the path by which the platform finds whose it is.

    Args:
        pages: The files, by their paths in the ZIP.
        largest: Bytes that the platform takes at once; None for one ZIP of any size. A page that
            is larger by itself gets a ZIP of its own.
    """
    parts: list[list[Member]] = []
    left = 0
    for path, page in sorted(pages.items()):
        member = Member(path, page.read_bytes)
        size = len(zlib.compress(member.read())) + 2 * len(path.encode()) + HEADERS
        if not parts or (largest is not None and size > left):
            parts.append([])
            left = (largest or 0) - HEADERS
        parts[-1].append(member)
        left -= size
    return [zipped(part) for part in parts]
