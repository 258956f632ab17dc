"""Help limits.py by a cgroup (v2) for memory and threads, where Linux lets one be made.

A cgroup for limits is made below this process's own cgroup or beside it, wherever its kind is
enabled and this user may write. That holds for root, for a user's session under systemd, and in a
scope that was started with ``systemd-run --user --scope``. No process but workers is moved. Where
none can be made, the judge's own measurements hold the limits alone.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from pathlib import Path

from grader.sandbox.isolation import Limits

CONTROLLERS = {"memory", "pids"}
PREFIX = "rnn-autograder-"
COPIED = 1024  # MiB of the server's pages that workers may write to, and so copy


class Cgroup:
    """A cgroup of its own for the workers of one submission."""

    def __init__(self, place: Path, limits: Limits) -> None:
        """Make the cgroup in ``place``; raise OSError where that fails."""
        _sweep(place)
        self._path = place / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        self._path.mkdir()
        (self._path / "memory.max").write_text(str((limits.memory + COPIED) * 2**20))
        (self._path / "pids.max").write_text(str(limits.threads))

    def add(self, pid: int) -> None:
        """Move a worker into the cgroup."""
        (self._path / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        """Remove the cgroup, whose workers have ended."""
        with contextlib.suppress(OSError):  # the next one sweeps
            self._path.rmdir()


def make(limits: Limits) -> Cgroup | None:
    """Return a fresh cgroup, or None where none can be made."""
    place = home()
    if place is None:
        return None
    try:
        return Cgroup(place, limits)
    except OSError:
        return None


@functools.cache
def home(proc: Path = Path("/proc/self")) -> Path | None:
    """Return the cgroup in which this process may make others with limits, if there is one."""
    try:
        mount = next(
            Path(fields[4])
            for line in (proc / "mountinfo").read_text().splitlines()
            if " - cgroup2 " in line and (fields := line.split())
        )
        lines = (proc / "cgroup").read_text().splitlines()
        own = next(line.removeprefix("0::/") for line in lines if line.startswith("0::/"))
        for place in (mount / own, (mount / own).parent):
            if place.is_relative_to(mount) and _is_delegated(place):
                return place
    except (OSError, StopIteration):
        pass  # no cgroups of this version, or none that can be read
    return None


def _is_delegated(place: Path) -> bool:
    enabled = (place / "cgroup.subtree_control").read_text().split()
    writable = all(os.access(path, os.W_OK) for path in (place, place / "cgroup.procs"))
    return set(enabled) >= CONTROLLERS and writable


def _sweep(place: Path) -> None:
    """Remove cgroups that killed judges have left."""
    for path in place.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):  # another process sweeps as well
                path.rmdir()
