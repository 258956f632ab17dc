"""The folder that a worker may write to, as its judge sees it: measured, then removed."""

from __future__ import annotations

import os

from grader.core.tempdirs import Folder

MOST_ENTRIES = 10_000


class Scratch(Folder):
    """A fresh folder for one worker."""

    def __init__(self) -> None:
        super().__init__("scratch")

    def excess(self, limit: int) -> str:
        """What there is too much of, as a phrase: bytes beyond ``limit``, or files and folders."""
        size = entries = 0
        folders = [self.path]
        try:
            while folders:
                with os.scandir(folders.pop()) as found:
                    for entry in found:
                        entries += 1
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        size += entry.stat(follow_symlinks=False).st_size
                        if size > limit:
                            return f"more than {limit // 2**20} MiB in files"
                        if entries > MOST_ENTRIES:
                            return f"more than {MOST_ENTRIES} files and folders"
        except FileNotFoundError:
            return ""  # it is at work there; the next look will see
        except OSError:
            return "folders nested too deeply, or that can't be read"
        return ""
