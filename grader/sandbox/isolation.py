"""Choose the level of isolation of workers, and describe what each level protects.

Theory of operation
===================
A worker is a process for one student's code, forked from a warm server that holds no secret
(server.py). Before it imports student code it gives up, for good, what it could do harm with
(locking.py). In this order:

1. Descriptors. It closes all but the socket to the judge, an empty standard input, and the socket
   that its prints go to. Neither can be opened anew through ``/dev/fd``, as a pipe could.
   ENVIRONMENT replaces the environment.
2. Privileges. It dies with the server, and is the first to go when the machine runs out of memory.
   If the user is root, it loses every capability but to read files whatever their mode.
3. Limits of the kernel for this process: processor time, address space, length of a file, open
   files, no core files. For an ordinary user also the number of tasks that the user may have.
4. Landlock. It may read Python, the installed packages (this kit excepted), shared libraries and
   the submission's snapshot, and write to one scratch folder, which vanishes with it. All other
   files are closed to it. So is /proc (but for cpuinfo): it can't look at another process. There
   is no TCP; no signal or abstract socket reaches beyond itself, where the kernel's Landlock knows
   these.
5. seccomp (syscalls.py). There is no new process or program, no new socket, no shared memory, no
   change of a file's mode, owner or times (Landlock doesn't cover those), no signal to others, no
   timer that could wake a stopped process, no reservation of disk space without writing, and no
   kernel feature that Python and torch don't need. Threads stay allowed, as torch needs them.

Every denial is an error (PermissionError) in the student's code, and is reported as such. If any
step fails, the worker says so and ends before it has imported a line of the student's.

The judge holds a submission to its limits, all its workers together (limits.py):

- Only the worker that is asked runs; the others are stopped by a signal that can't be caught, and
  use nothing more. At most LIVE of them exist.
- The running one is measured every LOOK_SECONDS and after each answer: processor time, memory,
  threads, and disk space with that of unlinked files that it still holds open or mapped. Where
  files move while they are counted, it is stopped and they are counted again.
- A submission beyond a limit loses its idle workers first. If that isn't enough, the running one is
  ended too, and the check that needed it fails with a message that names the limit.
- Between two measurements a worker can overshoot. Disk space must be written, at one to two GiB a
  second, so about 100 MiB; threads start at 20 to 50 thousand a second, so about 2,500. Where
  cgroups (v2) can be made beside this process's own, memory and threads are held by the kernel, too
  (cgroups.py), and the overshoot of threads is none.
- The judge reads an answer only after it has asked for one, at most FRAME_LIMIT bytes, and all
  answers of a file may take ANSWERS MiB of its memory (wire.py). Pictures are taken from
  probes that declare to return one, few per test, each of bounded size (figure_data.py). The judge
  waits for nothing without a time limit.

What this protects: the judge, its expected values, memory and results; other submissions; the
user's files, secrets and processes; the network. Expected values never enter a worker. What leaves
it is bounded, and data. Numbers are compared, and trained weights judged, in the judge.

What it does not protect
------------------------
- The worker from itself. Student code shares an interpreter with the probes, and can forge what
  they report. It must then still produce right numbers for inputs it has not seen. But what only
  the worker can see is as good as the code is honest: which layers ran, in what order a loop
  stepped, how often a cell was applied, whether weights were learnt or brought along, what a figure
  shows. The second line for these is the scan of the source (bans/), which such code must get past,
  and a person who reads it.
- Existence and size of files (stat) are visible for paths that can be guessed. The name of the
  machine and the user's number are, too.
- Time. A worker can keep processor cores and the memory it may have busy until its time is up.
- Bugs in the kernel. Grade people you have reason to fear in a virtual machine.

Levels: "full" is all of this. "limits" lacks 4 and 5 (an older Linux, macOS): a process can then
escape the judge's measurements by starting another. "process" lacks 3 as well (Windows). Both are
good enough for one's own code, not for a stranger's.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import importlib.util
import sys
from collections.abc import Sequence
from typing import Any, Literal

from grader.core.errors import UserError
from grader.sandbox.package_folders import too_wide

Level = Literal["full", "limits", "process"]
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",  # one kind of arithmetic for all
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
}
PR_GET_SECCOMP = 21


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits of a submission, all its workers together; ``--limit NAME=N`` changes one."""

    cpu: int = 1800  # seconds of processor time, for one file
    memory: int = 4096  # MiB, beyond what Python and its libraries take
    file: int = 64  # MiB, the longest file
    disk: int = 256  # MiB, all files
    files: int = 64  # open at a time, in one worker
    threads: int = 256  # at a time


@dataclasses.dataclass(frozen=True)
class Lock:
    """How to lock a worker."""

    level: Level
    limits: Limits = Limits()

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Lock:
        """Return the lock that :meth:`as_dict` gave ``data`` for."""
        return cls(data["level"], Limits(**data["limits"]))


def chosen_lock(wanted: str, limits: Sequence[str]) -> Lock:
    """Return the lock for a level ("auto": the best there is) and ``NAME=N`` limits.

    Raises:
        UserError: This system can't give that level, or a limit is malformed.
    """
    if wanted == "full" and missing():
        raise UserError(f"--isolation full: this system lacks {', '.join(missing())}")
    level: Level = available()
    if wanted == "limits" and level == "full":
        level = "limits"
    return Lock(level, parse_limits(limits))


def parse_limits(options: Sequence[str]) -> Limits:
    """Return the default limits with those that ``NAME=N`` options change."""
    limits = Limits()
    for option in options:
        name, _, number = option.partition("=")
        if name not in dataclasses.asdict(limits) or not number.isdecimal() or not int(number):
            raise UserError(
                f"--limit {option}: write NAME=N, with N above 0 and NAME one of "
                + ", ".join(dataclasses.asdict(limits))
            )
        limits = dataclasses.replace(limits, **{name: int(number)})
    return limits


@functools.cache
def missing() -> tuple[str, ...]:
    """Return what this system lacks for full isolation, as phrases."""
    if sys.platform != "linux":
        return ("Landlock and seccomp, which only Linux has",)
    found = []
    if problem := _landlock_problem():
        found.append(f"Landlock ({problem})")
    if problem := _seccomp_problem():
        found.append(f"seccomp ({problem})")
    found += [
        f"a PYTHONPATH and .pth files without {folder} (student code could read all in it)"
        for folder in too_wide()
    ]
    return tuple(found)


def available() -> Level:
    """Return the best level that this system can give."""
    if not missing():
        return "full"
    return "process" if sys.platform == "win32" else "limits"


def _landlock_problem() -> str:
    try:
        import py_landlock
    except ImportError:
        return "pip install py-landlock"
    try:
        py_landlock.get_abi_version()
    except py_landlock.LandlockError as error:
        return str(error)
    return ""


def _seccomp_problem() -> str:
    if importlib.util.find_spec("pyseccomp") is None:
        return "pip install pyseccomp"
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return "libseccomp is not installed: apt install libseccomp2"
    if ctypes.CDLL(None).prctl(PR_GET_SECCOMP, 0, 0, 0, 0):
        return "the kernel has none"
    return ""
