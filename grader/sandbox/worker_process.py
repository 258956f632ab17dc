"""Ask one worker process; stop it and its threads between answers; kill it at a time limit."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
from collections.abc import Callable
from typing import Any

from grader.sandbox import wire
from grader.sandbox.channel import Channel
from grader.sandbox.limits import LOOK_SECONDS, Account, WorkerLost
from grader.sandbox.output import Output
from grader.sandbox.scratch import Scratch
from grader.sandbox.timeout_line import line_of, root_in
from grader.sandbox.usage import MOST_IDLE, Clock, Meter, Usage

START_SECONDS = 120.0  # a cold disk can take that long to import torch


class Worker:
    """One worker process, locked; it runs only while the judge waits for its answer."""

    def __init__(
        self,
        pid: int,
        channel: Channel,
        output: Output,
        scratch: Scratch,
        account: Account,
        end: Callable[[], int],
    ) -> None:
        """Wait until the lock holds.

        Args:
            pid: Its process, which leads a process group.
            channel: Frames to and from it.
            output: Where it prints to.
            scratch: The folder that it may write to.
            account: That of its submission.
            end: Ends the process and returns its exit status.
        """
        self.pid, self._end = pid, end
        self._channel, self._output, self._scratch = channel, output, scratch
        self._account = account
        self._status: int | None = None  # its exit status, once it has ended
        self._is_closed = self._is_stopped = False
        self.usage, self.file = Usage(), ""
        self.spent = 0.0  # seconds that its answers have taken, as a Clock counts them
        account.admit(self)
        self._expect_lock()
        self.spent = 0.0  # its start is not student code's
        self._meter = Meter(pid, scratch, account.limits)

    @property
    def usable(self) -> bool:
        """Tell whether it has neither ended nor sent anything unasked since its last answer."""
        return not self._is_closed and self._channel.is_quiet

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send ``message`` and return the answer.

        Raises:
            WorkerLost: None came within ``seconds``, or the submission exceeds a limit.
        """
        self.file = message["file"]
        self._account.use(self)
        self._resume()
        try:
            self._channel.ask(wire.encode(message))
            answer = self._receive(seconds, self._account.check)
        finally:
            self._stop()
        self._account.check()
        if not isinstance(answer, dict):
            raise WorkerLost("crashed", "its answer is no message")
        return answer

    def measure(self) -> None:
        """Measure what it uses; where files come and go meanwhile, while it is stopped."""
        self.usage = self._meter.read()
        if self.usage.has_moved and not self._is_stopped:
            self._stop()
            self._meter.await_stop()
            self.usage = self._meter.read()
            self._resume()

    def output(self) -> str:
        """Return what it has printed since the last call, with paths as the student knows them."""
        return self._output.take().replace(root_in(self._scratch.path), "")

    def close(self) -> None:
        """End the process, and remove all that it leaves."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._reap()
        finally:  # also if the server has ended
            self._account.dismiss(self)
            self._channel.close()
            self._output.close()
            self._scratch.remove()

    def _expect_lock(self) -> None:
        """Read the first message, sent before student code is imported: that the lock holds."""
        try:
            self._channel.ask(b"")
            greeting = self._receive(START_SECONDS, lambda: None)
            problem = str(greeting["problem"])
        except (WorkerLost, KeyError, TypeError) as error:
            problem = f"{error}; {self.output()}"
        if problem:
            self.close()
            raise RuntimeError(f"a worker could not be locked: {problem}")

    def _receive(self, seconds: float, check: Callable[[], None]) -> Any:
        clock = Clock(self.pid, seconds)
        try:
            while (left := clock.left()) > 0:
                with contextlib.suppress(queue.Empty):
                    body = self._channel.answer(min(left, LOOK_SECONDS))
                    if body is None:
                        raise WorkerLost("crashed", self._describe_exit())
                    if self.file:
                        self._account.receive(self.file, wire.weight(body))
                    return wire.decode(body)
                check()
        except wire.WireError as error:
            raise WorkerLost("crashed", str(error)) from None
        finally:
            self.spent += clock.spent()
        idle = clock.idle() >= MOST_IDLE
        reason = f"it did nothing for {MOST_IDLE:g} s" if idle else f"no answer after {seconds:g} s"
        raise WorkerLost("timeout", reason, line_of(self.pid, self._scratch.path))

    def _reap(self) -> int:
        if self._status is None:
            self._status = self._end()
        return self._status

    def _describe_exit(self) -> str:
        status = self._reap()
        if status >= 0:
            return f"it ended with exit status {status}"
        name = signal.Signals(-status).name
        reasons = {
            "SIGXCPU": f": it used more than {self._account.limits.cpu} s of processor time",
            "SIGKILL": ": too much processor time, or memory that the machine does not have",
            "SIGSEGV": ": an access to memory that is not its own, or a recursion without end",
        }
        return f"killed by {name}{reasons.get(name, '')}"

    def _stop(self) -> None:
        self._is_stopped = True
        self._signal("SIGSTOP")

    def _resume(self) -> None:
        self._is_stopped = False
        self._signal("SIGCONT")

    def _signal(self, name: str) -> None:
        """Signal all its threads; once it is reaped, its number may be another process's."""
        if self._status is None and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended
                os.killpg(self.pid, getattr(signal, name))
