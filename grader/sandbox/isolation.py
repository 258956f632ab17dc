"""Locks a worker before it imports anything of the student's.

Theory of operation
===================
A worker is a process of one student's, forked from a warm server that holds no secret (server.py).
Before it imports student code it gives up, for good, what it could do harm with. In this order:

1. Descriptors: all are closed but the channel to the judge, an empty standard input, and the pipe
   that what it prints goes to. The environment is replaced by ENVIRONMENT.
2. It dies with the server, is the first to go when the machine runs out of memory, and, if the
   user is root, loses every capability but to read files whatever their mode.
3. Limits on processor time, address space, length of files, open files; no core files. (The judge
   measures what the scratch folder holds, and has a clock of its own for every request.)
4. Landlock: it may read Python, the installed packages (this kit excepted), shared libraries and
   the submission's snapshot, and write to one scratch folder, which vanishes with it. All other
   files are closed to it: /proc too (but for cpuinfo), so it can't look at another process or at
   its own descriptors' other ends. No TCP; no signal or abstract socket beyond itself, where the
   kernel's Landlock knows these.
5. seccomp (syscalls.py): no new process or program, no socket of any kind, no shared memory, no
   change of a file's mode, owner or times (Landlock doesn't cover those), no signal to others, no
   kernel feature that Python and torch don't need. Threads stay allowed, as torch needs them.

Every denial is an error (PermissionError) in the student's code, and is reported as such. If any
of this fails, the worker says so and ends before it has imported a line of the student's.

What this protects: the judge, its expected values and its results; other submissions; the user's
files, secrets and processes; the network. Expected values never enter a worker, and what leaves it
is bounded, and data (wire.py). Numbers are compared, and trained weights judged, in the judge.

What it does not protect
------------------------
- The worker from itself. Student code shares an interpreter with the probes, and can forge what
  they report. It must then still produce right numbers for inputs it has not seen; but what only
  the worker can see (which layers ran, in what order a loop stepped and how often a cell was
  applied, whether weights were learnt or brought along, what a figure shows) is as good as the code
  is honest. The second line for these is the look at the source (tampering.py), which such code
  must get past, and a person who reads it.
- Existence and size of files (stat) are visible for paths that can be guessed. The name of the
  machine and the user's number are, too.
- Time: a worker can keep processor cores and the memory it may have busy until its time is up. A
  file that is written, unlinked and kept open is not measured: at most ``files`` times ``file``.
- Bugs in the kernel. Who grades people they have reason to fear does it in a virtual machine.

Levels: "full" is all of this. "limits" lacks 4 and 5 (an older Linux, macOS), "process" 3 as well
(Windows): good enough for one's own code, not for a stranger's.
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import importlib.util
import os
import signal
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from grader.core.errors import UserError
from grader.core.paths import KIT

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
SHARED = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /etc/ld.so.cache /etc/localtime
    /usr/share/fonts /usr/local/share/fonts /usr/share/zoneinfo
    /dev/urandom /dev/random /dev/zero /proc/cpuinfo /sys/devices/system/cpu
"""
PR_SET_PDEATHSIG, PR_GET_SECCOMP = 1, 21
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a submission may use, all its workers together; ``--limit NAME=N`` changes one."""

    cpu: int = 1800  # seconds of processor time
    memory: int = 4096  # MiB, beyond what Python and its libraries take
    file: int = 64  # MiB, the longest file
    disk: int = 256  # MiB, all files
    files: int = 64  # open at a time, in one worker
    threads: int = 256  # at a time


@dataclasses.dataclass(frozen=True)
class Lock:
    """How a worker is to be locked."""

    level: Level
    limits: Limits = Limits()

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Lock:
        return cls(data["level"], Limits(**data["limits"]))


def chosen_lock(wanted: str, limits: Sequence[str]) -> Lock:
    """The lock for a level ("auto": the best there is) and ``NAME=N`` limits, or a UserError."""
    if wanted == "full" and missing():
        raise UserError(f"--isolation full: this system lacks {', '.join(missing())}")
    level: Level = available()
    if wanted == "limits" and level == "full":
        level = "limits"
    return Lock(level, parse_limits(limits))


def parse_limits(options: Sequence[str]) -> Limits:
    """The limits that ``NAME=N`` options leave."""
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
    """What keeps this system from full isolation, as phrases; empty if nothing does."""
    if sys.platform != "linux":
        return ("Landlock and seccomp, which only Linux has",)
    found = []
    if problem := _landlock_problem():
        found.append(f"Landlock ({problem})")
    if problem := _seccomp_problem():
        found.append(f"seccomp ({problem})")
    return tuple(found)


def available() -> Level:
    """The best level that this system can give."""
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
    if _libc().prctl(PR_GET_SECCOMP, 0, 0, 0, 0):
        return "the kernel has none"
    return ""


def prepare() -> None:
    """Do once, in the server, what all workers need to lock themselves."""
    if available() == "full":
        _filter()
        _readable()


def lock(how: Lock, root: str, scratch: str) -> None:
    """Lock this process: it may read the submission in ``root``, and write to ``scratch``.

    Whatever can't be locked raises; student code must not be imported then.
    """
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=scratch, TMPDIR=scratch, MPLCONFIGDIR=scratch)
    tempfile.tempdir = scratch  # the server may have settled on another
    os.chdir(scratch)
    if sys.platform == "linux":
        _drop_capabilities()
        Path("/proc/self/oom_score_adj").write_text("1000")
    if how.level != "process":
        _set_limits(how.limits)
    if how.level == "full":
        _restrict_files(root, scratch)
        from grader.sandbox import syscalls

        syscalls.enforce(_filter())


def close_descriptors(keep: int) -> None:
    """Close all descriptors but the standard ones and ``keep``."""
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


def die_with(parent: int) -> None:
    """End with the process ``parent``, which has forked this one."""
    if _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) or os.getppid() != parent:
        os._exit(1)


def _set_limits(limits: Limits) -> None:
    import resource

    # The judge is told of the soft limit by a signal of its own; who ignores it is killed.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
    wanted = {"CORE": 0, "FSIZE": limits.file * 2**20, "NOFILE": limits.files}
    if sys.platform == "linux":  # elsewhere it is not enforced
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        wanted["AS"] = pages * resource.getpagesize() + limits.memory * 2**20
    for name, value in wanted.items():
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(number, (value, value))


def _restrict_files(root: str, scratch: str) -> None:
    from py_landlock import AccessFs, Landlock

    read = AccessFs.READ_FILE | AccessFs.READ_DIR
    write = (
        AccessFs.WRITE_FILE | AccessFs.TRUNCATE | AccessFs.REFER
        | AccessFs.MAKE_REG | AccessFs.MAKE_DIR | AccessFs.REMOVE_FILE | AccessFs.REMOVE_DIR
    )  # fmt: skip
    rules = Landlock(strict=False)  # an older kernel's Landlock knows fewer of these
    for path in (*_readable(), root):
        rules.add_path_rule(path, access=read if os.path.isdir(path) else AccessFs.READ_FILE)
    rules.add_path_rule(scratch, access=read | write)
    rules.add_path_rule(os.devnull, access=AccessFs.READ_FILE | AccessFs.WRITE_FILE)
    rules.apply()


@functools.cache
def _filter() -> Any:
    from grader.sandbox import syscalls

    return syscalls.build()


@functools.cache
def _readable() -> tuple[str, ...]:
    """The files and folders that every worker may read, without the kit's own."""
    python = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    trees = {Path(path).resolve() for path in [*python, f"{sys.base_prefix}/lib", *SHARED.split()]}
    return tuple(sorted({str(path) for tree in trees for path in _without_kit(tree)}))


def _without_kit(tree: Path) -> Iterator[Path]:
    if not KIT.is_relative_to(tree):
        if tree.exists():
            yield tree
    elif tree != KIT:
        for child in tree.iterdir():
            yield from _without_kit(child)


def _drop_capabilities() -> None:
    """Keep what lets root read any file that Landlock allows; a user has none to lose."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the interface; this process
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    kept = 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH
    if _libc().capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget failed")
    sets[:] = [sets[0] & kept, sets[1] & kept, 0, 0, 0, 0]
    if _libc().capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset failed")


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
