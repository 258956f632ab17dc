"""Write folders and downloads of hand-ins, as honest and as no computers do, and list them."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path

from grader.batch.attempts import HandIn
from grader.batch.intake import hand_ins


def write(path: Path, data: bytes = b"x", at: int = 1_700_000_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at, at))


def download(path: Path, files: dict[str, bytes], dates: dict[str, int] | None = None) -> Path:
    """Write a ZIP like Moodle's; ``dates`` are years."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            year = (dates or {}).get(name, 2026)
            archive.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), data)
    return path


OPEN = contextlib.ExitStack()


def found_in(source: Path) -> dict[str, HandIn]:
    """Return the hand-ins by name, readable until the test ends."""
    found, _ = OPEN.enter_context(hand_ins(source))
    return {hand_in.student: hand_in for hand_in in found}


def zip_with(path: Path, *names: str) -> Path:
    """Write a ZIP with entries of these names, as nobody's computer would write them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name  # unlike the constructor, it leaves NUL and all else
            archive.writestr(info, b"x = 1\n")
    return path


def files_in(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x = 1\n")
    return folder
