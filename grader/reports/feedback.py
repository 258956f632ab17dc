"""Pack the pages of feedback that a platform gives back to its students."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.core.zips import Member, zipped


def feedback_zip(pages: Mapping[str, Path]) -> bytes:
    """Pack pages, each by the path by which the platform finds whose it is."""
    return zipped(Member(path, page.read_bytes) for path, page in pages.items())
