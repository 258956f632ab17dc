"""Make, measure and remove the folder that a worker may write to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from grader.core.tempdirs import Folder

MOST_ENTRIES = 10_000
BLOCK = 512  # bytes, the unit of st_blocks


class Contents(NamedTuple):
    """The contents of a folder, in numbers."""

    size: int = 0  # bytes
    entries: int = 0  # files and folders
    is_readable: bool = True  # no folder is nested too deeply or closed
    has_moved: bool = False  # something vanished meanwhile, so that there may be more


class Scratch(Folder):
    """A fresh folder for one worker."""

    def __init__(self) -> None:
        super().__init__("scratch")

    def measure(self, most: int, most_entries: int) -> Contents:
        """Return what the folder holds; counting ends beyond so many bytes or entries."""
        size = entries = 0
        self._has_moved = False
        try:
            for state in self._walk():
                size += occupied(state)
                entries += 1
                if size > most or entries > most_entries:
                    break
        except OSError:
            return Contents(size, entries, is_readable=False)
        return Contents(size, entries, has_moved=self._has_moved)

    def _walk(self) -> Iterator[os.stat_result]:
        folders = [self.path]
        while folders:
            try:
                with os.scandir(folders.pop()) as found:
                    for entry in found:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        yield entry.stat(follow_symlinks=False)
            except (FileNotFoundError, NotADirectoryError):
                self._has_moved = True


def occupied(state: os.stat_result) -> int:
    """Return the bytes that a file takes: its length, or its blocks where they are more."""
    return max(state.st_size, getattr(state, "st_blocks", 0) * BLOCK)
