"""Starts workers, talks to them, ends them: the judge's side of the process boundary."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Literal, cast

from grader.core.paths import ROOT
from grader.sandbox import wire
from grader.sandbox.isolation import ENVIRONMENT, Limits, Lock
from grader.sandbox.output import Output
from grader.sandbox.scratch import Scratch

START_SECONDS = 120.0  # a cold disk can take that long to import torch
LOOK_SECONDS = 0.25  # between looks at what a worker has written to its folder
CAN_FORK = sys.platform == "linux"


class WorkerLost(Exception):
    """The worker hung, ended or answered nonsense; it must not be used any more."""

    def __init__(self, kind: Literal["timeout", "crashed"], reason: str) -> None:
        super().__init__(reason)
        self.kind: Literal["timeout", "crashed"] = kind
        self.reason = reason


class Worker:
    """One worker process, locked; ``reap`` ends it and returns its exit status."""

    def __init__(
        self,
        streams: tuple[BinaryIO, BinaryIO],
        output: Output,
        scratch: Scratch,
        limits: Limits,
        reap: Callable[[], int],
    ) -> None:
        self._reader, self._writer = streams
        self._output, self._scratch = output, scratch
        self._limits = limits
        self._reap = reap
        # Room for one: whoever floods the channel fills a pipe, not the judge's memory.
        self._frames: queue.Queue[bytes | wire.WireError | None] = queue.Queue(maxsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        self._expect_lock()

    @property
    def usable(self) -> bool:
        """Whether it has neither ended nor said anything unasked since its last answer."""
        return self._frames.empty()

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send ``message``, return the answer; :class:`WorkerLost` if none comes in time."""
        # A worker that does not read must not block the judge, so another thread writes.
        threading.Thread(target=self._send, args=(wire.encode(message),), daemon=True).start()
        answer = self._receive(seconds)
        if not isinstance(answer, dict):
            raise WorkerLost("crashed", "its answer is no message")
        return answer

    def output(self) -> str:
        return self._output.take()

    def close(self) -> None:
        self._reap()
        with contextlib.suppress(queue.Empty):  # lets the reading thread come to the end
            self._frames.get_nowait()
        for stream in (self._writer, self._reader):
            with contextlib.suppress(OSError):  # what could not be sent to the dead
                stream.close()
        self._output.close()
        self._scratch.remove()

    def _expect_lock(self) -> None:
        """The first message, sent before student code is imported, says that the lock holds."""
        try:
            greeting = self._receive(START_SECONDS)
            problem = str(greeting["problem"])
        except (WorkerLost, KeyError, TypeError) as error:
            problem = f"{error}; {self.output()}"
        if problem:
            self.close()
            raise RuntimeError(f"a worker could not be locked: {problem}")

    def _receive(self, seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                return self._message(self._frames.get(timeout=min(left, LOOK_SECONDS)))
            if excess := self._scratch.excess(self._limits.disk * 2**20):
                raise WorkerLost("crashed", f"it was ended: its folder held {excess}")
        raise WorkerLost("timeout", f"no answer after {seconds:g} s")

    def _message(self, frame: bytes | wire.WireError | None) -> Any:
        if frame is None:
            raise WorkerLost("crashed", self._describe_exit())
        try:
            if isinstance(frame, wire.WireError):
                raise frame
            return wire.decode(frame)
        except wire.WireError as error:
            raise WorkerLost("crashed", str(error)) from None

    def _describe_exit(self) -> str:
        status = self._reap()
        if status >= 0:
            return f"it ended with exit status {status}"
        name = signal.Signals(-status).name
        reasons = {
            "SIGXCPU": f": it used more than {self._limits.cpu} s of processor time",
            "SIGKILL": ": too much processor time, or memory that the machine does not have",
            "SIGSEGV": ": an access to memory that is not its own, or a recursion without end",
        }
        return f"killed by {name}{reasons.get(name, '')}"

    def _send(self, frame: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # the reader notices that it is gone
            self._writer.write(frame)
            self._writer.flush()

    def _read(self) -> None:
        frame: bytes | wire.WireError | None
        while True:
            try:
                frame = wire.read_frame(self._reader)
            except wire.WireError as error:
                frame = error
            except (OSError, ValueError):
                frame = None
            self._frames.put(frame)
            if not isinstance(frame, bytes):
                return


class ForkServer:
    """A warm server process (see server.py); starts at once, is waited for at the first worker."""

    def __init__(self, probe_modules: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _popen(
                ["fork", str(theirs.fileno()), *probe_modules], pass_fds=[theirs.fileno()]
            )
        self._ready = False

    def start(self, root: str, lock: Lock) -> Worker:
        """A fresh worker, locked, for the code in ``root``.

        :raises RuntimeError: it could not be locked.
        """
        if not self._ready:
            self._control.settimeout(START_SECONDS)
            self._receive()
            self._ready = True
        ours, theirs = socket.socketpair()
        output, scratch = Output(), Scratch()
        request = {"do": "fork", **_request(root, scratch, lock)}
        with theirs:
            message = json.dumps(request).encode()
            socket.send_fds(self._control, [message], [theirs.fileno(), output.write_end])
            pid = self._receive()["pid"]
        with ours:
            reader, writer = ours.makefile("rb", buffering=0), ours.makefile("wb")
        status: list[int] = []

        def reap() -> int:
            if not status:
                self._control.send(json.dumps({"do": "reap", "pid": pid}).encode())
                status.append(self._receive()["status"])
            return status[0]

        streams = (cast(BinaryIO, reader), cast(BinaryIO, writer))
        return Worker(streams, output, scratch, lock.limits, reap)

    def close(self) -> None:
        self._control.close()
        self._process.wait()

    def _receive(self) -> dict[str, Any]:
        data = self._control.recv(2**16)
        if not data:
            raise RuntimeError("the grader's worker server ended; see its message above")
        message: dict[str, Any] = json.loads(data)
        return message


class Spawner:
    """Starts each worker as a new Python process, where forking can't be trusted."""

    def __init__(self, probe_modules: Sequence[str]) -> None:
        self._probe_modules = probe_modules

    def start(self, root: str, lock: Lock) -> Worker:
        """As :meth:`ForkServer.start`."""
        output, scratch = Output(), Scratch()
        child = _popen(
            ["spawn", json.dumps(_request(root, scratch, lock)), *self._probe_modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output.write_end,
        )

        def reap() -> int:
            child.kill()
            return child.wait()

        streams = (cast(BinaryIO, child.stdout), cast(BinaryIO, child.stdin))
        return Worker(streams, output, scratch, lock.limits, reap)

    def close(self) -> None:
        """Nothing is shared between workers."""


def _request(root: str, scratch: Scratch, lock: Lock) -> dict[str, Any]:
    return {"root": root, "scratch": scratch.path, "lock": lock.as_dict()}


def _popen(arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """A Python process that knows nothing of this one's environment, and finds the kit."""
    keep = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from grader.worker.server import main;"
        " main()"
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", start, *arguments], env=keep | ENVIRONMENT, **options
    )


Launcher = ForkServer | Spawner


def launcher(probe_modules: Sequence[str]) -> Launcher:
    """What starts workers on this system, with these modules of probes imported."""
    return ForkServer(probe_modules) if CAN_FORK else Spawner(probe_modules)
