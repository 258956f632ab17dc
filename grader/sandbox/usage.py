"""Measure the memory, disk, threads and CPU time of one worker, and time its answers."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import re
import stat
import sys
import time
from pathlib import Path

from grader.sandbox.isolation import Limits
from grader.sandbox.scratch import MOST_ENTRIES, Scratch, occupied

MIB = 2**20  # bytes
NEEDED = re.compile(rb"^(State|Threads|RssAnon|RssShmem|VmSwap):\s+(\S+)", re.MULTILINE)
MAPS_SECONDS = 0.2  # between two readings of a worker's memory map, which take a millisecond each
MOST_WALL = 5.0  # times a time limit: however busy the machine is, no wait is longer
MOST_IDLE = 120.0  # seconds of doing nothing in one answer; reading a cold disk takes less
DYING_SECONDS = 0.2  # after a process was killed, its other threads are gone within this time
STOP_SECONDS = 0.2  # a worker that was told to stop has stopped by then, in most cases


@dataclasses.dataclass(frozen=True)
class Usage:
    """The resources that a worker used when it was measured."""

    cpu: float = 0.0  # seconds of processor time since it started
    memory: int = 0  # bytes private, shared or swapped out, less those of its start
    threads: int = 0
    disk: int = 0  # bytes, less those of its start; with unlinked files that are open or mapped
    entries: int = 0  # files and folders
    is_readable: bool = True  # every folder could be measured
    has_moved: bool = False  # files came and went meanwhile, so that there may be more
    is_stopped: bool = False  # no thread runs, so that nothing can change
    is_measurable: bool = True  # its main thread lives, without which /proc shows no memory


class Clock:
    """A time limit that a busy machine doesn't shorten.

    Time in which the worker's main thread waited for a free processor doesn't count, up to
    MOST_WALL times the limit. A worker that does nothing, because it sleeps or its threads wait for
    each other, is late after MOST_IDLE seconds, however long it might work. Linux alone tells
    either; elsewhere all time counts.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self._statistics, self._stat = Path(f"/proc/{pid}/schedstat"), Path(f"/proc/{pid}/stat")
        self._seconds, self._begun = seconds, time.monotonic()
        self._waited_before, self._worked_before = self._waited(), self._worked()

    def left(self) -> float:
        """Return the seconds that are left of the limit."""
        return min(self._seconds - self.spent(), MOST_IDLE - self.idle())

    def spent(self) -> float:
        """Return the seconds that count."""
        elapsed = time.monotonic() - self._begun
        waited = min(self._waited() - self._waited_before, (MOST_WALL - 1) * self._seconds)
        return max(0.0, elapsed - waited)

    def idle(self) -> float:
        """Return the seconds in which the worker could have worked, and did not."""
        return self.spent() - (self._worked() - self._worked_before)

    def _waited(self) -> float:
        try:
            return int(self._statistics.read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    def _worked(self) -> float:
        """Return the processor time of all its threads; all time if nothing tells it."""
        try:
            user, system = self._stat.read_text().rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return time.monotonic()


class Meter:
    """Measures one worker, from outside; files alone where the system isn't Linux."""

    def __init__(self, pid: int, scratch: Scratch, limits: Limits) -> None:
        self._proc = Path(f"/proc/{pid}")
        self._scratch, self._limits = scratch, limits
        self._mapped: set[tuple[int, int]] = set()
        self._maps_read = 0.0
        self._main_dead_since = math.inf  # by the monotonic clock
        self._base = self._last = Usage()
        self._base = self.read()  # what it has inherited, and its copy of the submission

    def read(self) -> Usage:
        """Return what the worker uses now, or used last if it has gone."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            self._last = self._read()
        return self._last

    def await_stop(self) -> None:
        """Wait until all threads of the worker have stopped, at most STOP_SECONDS."""
        deadline = time.monotonic() + STOP_SECONDS
        while not self.read().is_stopped and time.monotonic() < deadline:
            time.sleep(0.001)

    def _read(self) -> Usage:
        base = self._base
        most = base.disk + self._limits.disk * MIB
        found = self._scratch.measure(most, base.entries + MOST_ENTRIES)
        files = Usage(
            disk=max(0, found.size - base.disk),
            entries=max(0, found.entries - base.entries),
            is_readable=found.is_readable,
            has_moved=found.has_moved,
        )
        if sys.platform != "linux":
            return files
        status = self._status()
        kib = sum(int(status.get(name, 0)) for name in (b"RssAnon", b"RssShmem", b"VmSwap"))
        state = status[b"State"].decode()
        threads = int(status[b"Threads"])
        return dataclasses.replace(
            files,
            cpu=self._cpu(),
            memory=max(0, kib * 1024 - base.memory),
            threads=threads,
            disk=files.disk + self._unlinked(),
            is_stopped=self._is_stopped(state, threads),
            is_measurable=self._is_measurable(state, threads),
        )

    def _status(self) -> dict[bytes, bytes]:
        """Return the needed fields of /proc/PID/status."""
        return dict(NEEDED.findall((self._proc / "status").read_bytes()))

    def _cpu(self) -> float:
        fields = (self._proc / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        user, system = int(fields[11]), int(fields[12])  # utime and stime of proc(5)
        return (user + system) / os.sysconf("SC_CLK_TCK")

    def _is_measurable(self, state: str, threads: int) -> bool:
        """Return whether the main thread lives, or died so recently that the rest is dying, too."""
        if threads == 1 or state not in "ZX":
            self._main_dead_since = math.inf
            return True
        self._main_dead_since = min(self._main_dead_since, time.monotonic())
        return time.monotonic() - self._main_dead_since < DYING_SECONDS

    def _is_stopped(self, state: str, threads: int) -> bool:
        if threads == 1:
            return state in "TZX"
        states = (path / "stat" for path in (self._proc / "task").iterdir())
        return all(
            path.read_text(errors="replace").rsplit(")", 1)[1][1] in "TZX" for path in states
        )

    def _unlinked(self) -> int:
        """Return the bytes of files that have no name any more, but still take space."""
        held: dict[tuple[int, int], int] = {}
        with contextlib.suppress(PermissionError):  # /proc shows others' processes to root alone
            for name in os.listdir(self._proc / "fd"):
                with contextlib.suppress(FileNotFoundError):
                    state = os.stat(self._proc / "fd" / name)
                    if stat.S_ISREG(state.st_mode) and not state.st_nlink:
                        held[state.st_dev, state.st_ino] = occupied(state)
            self._read_maps()
        # The size of a file that is only mapped is unknown: it counts as the longest allowed.
        unknown = len(self._mapped - held.keys()) * self._limits.file * MIB
        return sum(held.values()) + unknown

    def _read_maps(self) -> None:
        now = time.monotonic()
        if now - self._maps_read < MAPS_SECONDS:
            return
        self._maps_read = now
        self._mapped = set()
        text = (self._proc / "maps").read_bytes()
        for line in text.split(b"\n") if b" (deleted)\n" in text else ():
            if line.endswith(b" (deleted)") and self._scratch.path.encode() in line:
                device, inode = line.split(maxsplit=5)[3:5]
                major, minor = (int(part, 16) for part in device.split(b":"))
                self._mapped.add((os.makedev(major, minor), int(inode)))
