"""Make temporary folders that are removed, however their process ends.

A folder vanishes when it is removed, when nobody refers to it, or when its process ends. A process
that is killed can't clean up; the next one does it. While a folder is in use its process holds a
lock on it, which the system releases with the process: a folder of ours that nobody holds is stale.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import sys
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator

PREFIX = "rnn-autograder-"
FRESH = 60.0  # seconds in which a new folder is locked at the latest


class Folder:
    """A fresh folder; ``kind`` is part of its name."""

    def __init__(self, kind: str) -> None:
        _sweep(tempfile.gettempdir())
        self.path = os.path.realpath(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
        self.remove: Callable[[], object] = weakref.finalize(
            self, _remove_if_own, self.path, _lock(self.path), os.getpid()
        )


def _remove_if_own(folder: str, lock: int | None, owner: int) -> None:
    if os.getpid() != owner:  # a forked process inherits the finalizer, but not the folder
        return
    with contextlib.suppress(OSError):  # processes of an unlocked worker may still write there
        remove_tree(folder)
    if lock is not None:
        os.close(lock)


@functools.cache
def _sweep(place: str) -> None:
    """Remove, once in a process, the folders that killed processes have left in ``place``."""
    for folder in _own(place):
        with contextlib.suppress(OSError):  # another process sweeps as well
            lock = _lock(folder)
            if lock is not None:
                remove_tree(folder)
                os.close(lock)


def _own(place: str) -> Iterator[str]:
    """Yield the paths of this user's folders in ``place`` that should have been locked by now."""
    if sys.platform == "win32":
        return
    with os.scandir(place) as found:
        for entry in found:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                try:
                    state = entry.stat(follow_symlinks=False)
                except FileNotFoundError:  # its own process has just removed it
                    continue
                if state.st_uid == os.geteuid() and time.time() - state.st_mtime > FRESH:
                    yield entry.path


def _lock(folder: str) -> int | None:
    """Return a descriptor that holds ``folder`` while it is open; None if another process does.

    On Windows folders can't be locked: there it is always None, and nothing is swept.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


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
    """Remove the files in ``folder``; return the paths of its folders, made accessible."""
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
