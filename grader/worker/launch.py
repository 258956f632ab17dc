"""Starts workers, talks to them, ends them: the judge's side of the process boundary."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from grader.worker import process, wire
from grader.worker.isolation import ENVIRONMENT
from grader.worker.loading import StudentCode

KIT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0  # a cold disk can take that long to import torch
OUTPUT_LIMIT = 4000  # bytes of the student's prints kept, at each end
CAN_FORK = sys.platform == "linux"


class WorkerLost(Exception):
    """The worker hung, ended or answered nonsense; it must not be used any more."""

    def __init__(self, kind: Literal["timeout", "crashed"], reason: str) -> None:
        super().__init__(reason)
        self.kind: Literal["timeout", "crashed"] = kind
        self.reason = reason


class Output:
    """Drains what the student prints, keeps the beginning and the end of it."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._marker = secrets.token_bytes(16)
        self._marked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._closed = False
        threading.Thread(target=self._drain, daemon=True).start()

    def take(self) -> str:
        """What has been printed since the last call, shortened in the middle."""
        os.write(self.write_end, self._marker)  # comes out behind all that was printed before it
        return self._marked.get().decode(errors="replace")

    def close(self) -> None:
        self._closed = True
        os.write(self.write_end, self._marker)
        self._marked.get()
        os.close(self.write_end)

    def _drain(self) -> None:
        kept = b""
        cut = False
        while chunk := os.read(self._read_end, 2**16):
            kept += chunk
            while self._marker in kept:
                text, _, kept = kept.partition(self._marker)
                self._marked.put(_shorten(text, cut))
                cut = False
                if self._closed:
                    os.close(self._read_end)
                    return
            if len(kept) > 4 * OUTPUT_LIMIT:
                kept, cut = kept[:OUTPUT_LIMIT] + kept[-2 * OUTPUT_LIMIT :], True


def _shorten(text: bytes, cut: bool) -> bytes:
    if cut or len(text) > 2 * OUTPUT_LIMIT:
        return text[:OUTPUT_LIMIT] + b"\n[...]\n" + text[-OUTPUT_LIMIT:]
    return text


class Worker:
    """One worker process; ``reap`` ends it and returns its exit status."""

    def __init__(
        self, reader: BinaryIO, writer: BinaryIO, output: Output, reap: Callable[[], int]
    ) -> None:
        self._reader, self._writer = reader, writer
        self._output = output
        self._reap = reap
        self._frames: queue.SimpleQueue[bytes | wire.WireError | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send ``message``, return the answer; :class:`WorkerLost` if none comes in time."""
        deadline = time.monotonic() + seconds
        if not self._frames.empty():
            self._lost(self._frames.get())
            raise WorkerLost("crashed", "it answered before it was asked")
        # A worker that does not read must not block the judge, so another thread writes.
        sender = threading.Thread(target=self._send, args=(wire.encode(message),), daemon=True)
        sender.start()
        try:
            frame = self._frames.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise WorkerLost("timeout", f"no answer after {seconds:g} s") from None
        if not isinstance(frame, bytes):
            self._lost(frame)
        try:
            answer = wire.decode(cast(bytes, frame))
        except wire.WireError as error:
            raise WorkerLost("crashed", str(error)) from None
        if not isinstance(answer, dict):
            raise WorkerLost("crashed", "its answer is no message")
        return answer

    def output(self) -> str:
        return self._output.take()

    def close(self) -> None:
        self._reap()
        for stream in (self._writer, self._reader):
            with contextlib.suppress(OSError):  # what could not be sent to the dead
                stream.close()
        self._output.close()

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

    def _lost(self, frame: bytes | wire.WireError | None) -> None:
        if isinstance(frame, wire.WireError):
            raise WorkerLost("crashed", str(frame))
        if frame is None:
            raise WorkerLost("crashed", _describe_exit(self._reap()))


def _describe_exit(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"it ended with exit status {status}"


class InProcess:
    """Answers in this very process, for a debugger; protects nothing."""

    def __init__(self, root: str, scratch: str) -> None:
        del scratch  # student code runs where pytest runs
        self._code = StudentCode(Path(root))

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        del seconds  # whoever steps through code takes their time
        return {"id": message["id"], **process.handle(message, self._code)}

    def output(self) -> str:
        return ""

    def close(self) -> None:
        self._code.close()


class ForkServer:
    """A warm server process (see server.py); starts at once, is waited for at the first worker."""

    def __init__(self, probe_modules: Sequence[str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = _popen(
                ["fork", str(theirs.fileno()), *probe_modules], pass_fds=[theirs.fileno()]
            )
        self._ready = False

    def start(self, root: str, scratch: str) -> Worker:
        """A fresh worker for the code in ``root`` that may write to ``scratch``."""
        if not self._ready:
            self._control.settimeout(START_SECONDS)
            self._receive()
            self._ready = True
        ours, theirs = socket.socketpair()
        output = Output()
        request = json.dumps({"do": "fork", "root": root, "scratch": scratch}).encode()
        with theirs:
            socket.send_fds(self._control, [request], [theirs.fileno(), output.write_end])
            pid = self._receive()["pid"]
        reader, writer = ours.makefile("rb", buffering=0), ours.makefile("wb")
        ours.close()
        status: list[int] = []

        def reap() -> int:
            if not status:
                self._control.send(json.dumps({"do": "reap", "pid": pid}).encode())
                status.append(self._receive()["status"])
            return status[0]

        return Worker(cast(BinaryIO, reader), writer, output, reap)

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

    def start(self, root: str, scratch: str) -> Worker:
        output = Output()
        child = _popen(
            ["spawn", root, scratch, *self._probe_modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output.write_end,
        )

        def reap() -> int:
            child.kill()
            return child.wait()

        return Worker(cast(BinaryIO, child.stdout), cast(BinaryIO, child.stdin), output, reap)

    def close(self) -> None:
        """Nothing is shared between workers."""


def _popen(arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """A Python process that knows nothing of this one's environment, and finds the kit."""
    keep = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    start = (
        f"import sys; sys.path.insert(0, {str(KIT)!r}); from grader.worker.server import main;"
        " main()"
    )
    return subprocess.Popen(
        [sys.executable, "-P", "-c", start, *arguments], env=keep | ENVIRONMENT, **options
    )


Launcher = ForkServer | Spawner


def launcher(probe_modules: Sequence[str]) -> Launcher:
    """What starts workers on this system, with these modules of probes imported."""
    return ForkServer(probe_modules) if CAN_FORK else Spawner(probe_modules)
