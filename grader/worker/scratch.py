"""The folder that a worker may write to, as its judge sees it: measured, then removed."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import weakref
from collections.abc import Callable

MOST_ENTRIES = 10_000


class Scratch:
    """A fresh folder; it vanishes with :meth:`remove`, or when this process ends at the latest."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="scratch-")
        self.remove: Callable[[], object] = weakref.finalize(
            self, _remove_if_own, self.path, os.getpid()
        )

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


def _remove_if_own(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked process inherits the finalizer, but not the folder
        with contextlib.suppress(OSError):  # processes of an unlocked worker may still write there
            remove_tree(folder)


def remove_tree(top: str) -> None:
    """Remove a folder of any depth, with entries of any mode.

    ``shutil.rmtree`` recurses, and gives up on what it may not read. Here folders within folders
    are moved up first, so that no path is ever long; nothing may be writing there any more.
    """
    numbers = itertools.count()
    while folders := _empty(top):
        for folder in folders:
            for inner in _empty(folder):
                os.rename(inner, os.path.join(top, f"moved-{os.getpid()}-{next(numbers)}"))
            os.rmdir(folder)
    os.rmdir(top)


def _empty(folder: str) -> list[str]:
    """Remove the files in ``folder``; the paths of the folders in it, made accessible."""
    os.chmod(folder, 0o700)
    folders = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)  # or it could not be moved
                folders.append(entry.path)
            else:
                os.unlink(entry.path)
    return folders
