"""Send frames to a worker and receive them, never waiting longer than a time limit."""

from __future__ import annotations

import contextlib
import queue
import selectors
import sys
import threading
from typing import Any, BinaryIO

from grader.sandbox import wire


class Channel:
    """The judge's end of the two streams between it and a worker.

    Nothing is read that was not asked for: a thread sends a request and reads one frame, in turns.
    A worker that floods its stream thereby fills the system's buffer, not the judge's memory.
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._frames: queue.SimpleQueue[bytes | wire.WireError | None] = queue.SimpleQueue()
        threading.Thread(target=self._exchange, daemon=True).start()

    @property
    def is_quiet(self) -> bool:
        """Tell whether the worker has neither hung up nor sent anything unasked."""
        return sys.platform == "win32" or not is_readable(self._reader, 0)  # no pipes there

    def ask(self, frame: bytes) -> None:
        """Send ``frame`` and start to read one frame; an empty one is not sent."""
        self._requests.put(frame)

    def answer(self, seconds: float) -> bytes | None:
        """Return the body of the frame that was asked for, or None at the end of the stream.

        Raises:
            queue.Empty: None came within ``seconds``.
            WireError: The frame is malformed.
        """
        frame = self._frames.get(timeout=seconds)
        if isinstance(frame, wire.WireError):
            raise frame
        return frame

    def close(self) -> None:
        """Close both streams; the worker must have ended."""
        self._requests.put(None)
        for stream in (self._writer, self._reader):
            with contextlib.suppress(OSError):  # what could not be sent to the dead
                stream.close()

    def _exchange(self) -> None:
        while (frame := self._requests.get()) is not None:
            self._frames.put(self._answer(frame))

    def _answer(self, frame: bytes) -> bytes | wire.WireError | None:
        """Send ``frame`` and read one; None at the end of the stream."""
        try:
            if frame:
                self._writer.write(frame)
                self._writer.flush()
            return wire.read_frame(self._reader)
        except wire.WireError as error:
            return error
        except (OSError, ValueError):  # the worker has ended, or its streams were closed
            return None


def is_readable(stream: Any, seconds: float | None) -> bool:
    """Tell whether a read from ``stream`` returns at once; wait ``seconds`` for that at most."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))
