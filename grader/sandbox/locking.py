"""Lock the worker, from inside, before it imports student code: namespaces, mounts, rlimits."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.core.course import course
from grader.core.paths import KIT
from grader.sandbox.isolation import ENVIRONMENT, Limits, Lock, available
from grader.sandbox.package_folders import package_folders

SHARED = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /etc/ld.so.cache /etc/localtime
    /usr/share/fonts /usr/local/share/fonts /usr/share/zoneinfo
    /dev/urandom /dev/random /dev/zero /proc/cpuinfo /sys/devices/system/cpu
"""
PR_SET_PDEATHSIG = 1
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
SIGNALS = 256  # that may wait for their delivery, as they take memory of the kernel
SPARE_TASKS = 4096  # threads and processes that the user may start while workers run


def prepare() -> None:
    """Do once, in the server, what all workers need to lock themselves."""
    if available() == "full":
        _filter()
        _readable()
    if sys.platform == "linux":
        _tasks_of_user()


def lock(how: Lock, root: str, scratch: str) -> None:
    """Lock this process: it may read the submission in ``root``, and write to ``scratch``.

    Student code must not be imported if this raises anything.
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
    """Make this process end with ``parent``, which has forked it."""
    if _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) or os.getppid() != parent:
        os._exit(1)


def _set_limits(limits: Limits) -> None:
    import resource

    # The judge is told of the soft limit by a signal of its own; who ignores it is killed.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
    wanted = {"CORE": 0, "FSIZE": limits.file * 2**20, "NOFILE": limits.files}
    if sys.platform == "linux":
        limit_memory(limits.memory)
        wanted["SIGPENDING"] = SIGNALS
        if os.geteuid():  # root is exempt
            wanted["NPROC"] = _tasks_of_user() + limits.threads + SPARE_TASKS
    for name, value in wanted.items():
        _limit(getattr(resource, f"RLIMIT_{name}"), value)


def limit_memory(mib: int) -> None:
    """Let this process have ``mib`` MiB of address space more than now; on Linux alone."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + mib * 2**20)


def _limit(number: int, value: int) -> None:
    import resource

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
def _tasks_of_user() -> int:
    """Return how many threads the processes of this user have, as the kernel counts them."""
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):  # it has ended
            if entry.name.isdecimal() and entry.stat().st_uid == os.geteuid():
                count += len(os.listdir(f"/proc/{entry.name}/task"))
    return count


@functools.cache
def _filter() -> Any:
    from grader.sandbox import syscalls

    return syscalls.build()


@functools.cache
def _readable() -> tuple[str, ...]:
    """Return the files and folders that every worker may read, without the kit's own."""
    others = [f"{sys.base_prefix}/lib", *SHARED.split()]
    trees = {*package_folders(), *(Path(path).resolve() for path in others)}
    return tuple(sorted({str(path) for tree in trees for path in _without_kit(tree)}))


def _without_kit(tree: Path) -> Iterator[Path]:
    """Yield what a tree holds besides the kit and the course, in as few folders as can be."""
    hidden = [path for path in (KIT, course().exercises, course().reference) if path.exists()]
    if any(tree.is_relative_to(path) for path in hidden):
        return
    if not any(path.is_relative_to(tree) for path in hidden):
        if tree.exists():
            yield tree
    else:
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
