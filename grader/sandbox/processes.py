"""Start worker processes: as forks of a warm server, or each as a new process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from grader.core import course
from grader.core.paths import ROOT
from grader.sandbox import package_folders
from grader.sandbox.channel import Channel
from grader.sandbox.isolation import ENVIRONMENT, Lock
from grader.sandbox.limits import Account
from grader.sandbox.output import Output
from grader.sandbox.scratch import Scratch
from grader.sandbox.worker_process import START_SECONDS, Worker

CAN_FORK = sys.platform == "linux"
FOLDERS = (
    "SYSTEMROOT",
    "TEMP",
    "TMPDIR",
    "HOME",
    "MPLCONFIGDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    course.VARIABLE,
)


class ForkServer:
    """A warm server process (see server.py); starts at once, is waited for at the first worker."""

    def __init__(self, probe_modules: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _popen(
                ["fork", str(theirs.fileno()), *probe_modules], pass_fds=[theirs.fileno()]
            )
        self._ready = False

    def start(self, root: str, lock: Lock, account: Account | None = None) -> Worker:
        """Return a fresh worker, locked, for the code in ``root``.

        Args:
            root: A folder.
            lock: How to lock it.
            account: That of the submission; without one, the worker gets its own.

        Raises:
            RuntimeError: It could not be locked.
        """
        if not self._ready:
            self._control.settimeout(START_SECONDS)
            self._receive()
            self._ready = True
        ours, theirs = socket.socketpair()
        output, scratch = Output(), Scratch()
        with theirs, output.theirs:
            message = json.dumps({"do": "fork", **_request(root, scratch, lock)}).encode()
            descriptors = [theirs.fileno(), output.theirs.fileno()]
            socket.send_fds(self._control, [message], descriptors)
            pid = self._receive()["pid"]
        reader, writer = ours.makefile("rb", buffering=0), ours.makefile("wb")

        def end() -> int:
            try:
                self._control.send(json.dumps({"do": "reap", "pid": pid}).encode())
                status: int = self._receive()["status"]
            finally:
                with contextlib.suppress(OSError):  # the worker has hung up
                    ours.shutdown(socket.SHUT_RDWR)  # nothing may wait for the channel any more
                ours.close()
            return status

        channel = Channel(cast(BinaryIO, reader), cast(BinaryIO, writer))
        return Worker(pid, channel, output, scratch, account or Account(lock.limits), end)

    def close(self) -> None:
        """Hang up; the server ends all its workers and itself."""
        self._control.close()
        self._process.wait()

    def _receive(self) -> dict[str, Any]:
        data = self._control.recv(2**16)
        if not data:
            raise RuntimeError("the grader's worker server ended; see its message above")
        message: dict[str, Any] = json.loads(data)
        return message


class Spawner:
    """Start each worker as a new Python process, where forking can't be trusted."""

    def __init__(self, probe_modules: Sequence[str]) -> None:
        self._probe_modules = probe_modules

    def start(self, root: str, lock: Lock, account: Account | None = None) -> Worker:
        """Return a fresh worker, as :meth:`ForkServer.start` does."""
        output, scratch = Output(), Scratch()
        on_windows = sys.platform == "win32"  # no socket can be a standard stream there
        with contextlib.nullcontext() if on_windows else output.theirs:
            child = _popen(
                ["spawn", json.dumps(_request(root, scratch, lock)), *self._probe_modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if on_windows else output.theirs,
                bufsize=0,  # nothing may be read ahead
                start_new_session=True,
            )
        if on_windows:
            threading.Thread(target=_copy, args=(child.stderr, output.theirs), daemon=True).start()

        def end() -> int:
            if on_windows:
                child.kill()
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)  # with what it has started
            return child.wait()

        writer = io.BufferedWriter(cast(io.RawIOBase, child.stdin))
        channel = Channel(cast(BinaryIO, child.stdout), cast(BinaryIO, writer))
        return Worker(child.pid, channel, output, scratch, account or Account(lock.limits), end)

    def close(self) -> None:
        """Do nothing: workers share nothing."""


def _copy(pipe: BinaryIO, target: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the target is closed first
        while chunk := pipe.read1(2**16):  # type: ignore[attr-defined]
            target.sendall(chunk)


def _request(root: str, scratch: Scratch, lock: Lock) -> dict[str, Any]:
    return {"root": root, "scratch": scratch.path, "lock": lock.as_dict()}


def _popen(arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a Python process that finds kit, course and packages; it keeps no other environment.

    Libraries keep caches in these. A worker that is locked gets its scratch folder for them.
    """
    keep = {name: os.environ[name] for name in FOLDERS if name in os.environ}
    keep |= package_folders.environment()
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from grader.worker.server import main;"
        " main()"
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", start, *arguments], env=keep | ENVIRONMENT, **options
    )


Launcher = ForkServer | Spawner


def launcher(probe_modules: Sequence[str]) -> Launcher:
    """Return what starts workers on this system, with these modules of probes imported."""
    return ForkServer(probe_modules) if CAN_FORK else Spawner(probe_modules)
