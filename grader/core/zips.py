"""Write ZIPs: equal files give equal bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import NamedTuple

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a ZIP can hold


class Member(NamedTuple):
    """A file for a ZIP: its path there, and how to read it."""

    path: str
    read: Callable[[], bytes]
    executable: bool = False


def zipped(members: Iterable[Member], *, compress: bool = True) -> bytes:
    """Pack files, sorted by path and dated `EARLIEST`; one of them at a time is in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member in sorted(members, key=lambda member: member.path):
            entry = zipfile.ZipInfo(member.path, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            entry.external_attr = (0o755 if member.executable else 0o644) << 16
            archive.writestr(entry, member.read())
    return buffer.getvalue()
