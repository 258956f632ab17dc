"""Collect what a worker prints, and keep part of it as plain text."""

from __future__ import annotations

import contextlib
import socket
import threading

from grader.core.text import plain
from grader.sandbox.channel import is_readable

KEPT = 4000  # bytes kept at each end
CHUNK = 2**16  # bytes read at a time
MOST_READ = 2**22  # bytes that one call of ``take`` reads; more than a socket's buffer holds


class Output:
    """A socket that a worker prints to; keeps the beginning and the end of the text.

    It is no pipe, since a process can open the other end of its own pipe through ``/dev/fd``.
    A worker prints before it answers, so all that belongs to an answer lies in the socket then.
    """

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair()
        self._ours.shutdown(socket.SHUT_WR)  # a worker that reads it comes to the end at once
        self._text = b""
        self._is_cut = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def take(self) -> str:
        """Return what has been printed since the last call, shortened in the middle."""
        with self._lock:
            for _ in range(MOST_READ // CHUNK):
                if not is_readable(self._ours, 0) or not self._read():
                    break
            text, is_cut = self._text, self._is_cut
            self._text, self._is_cut = b"", False
        if is_cut or len(text) > 2 * KEPT:
            text = text[:KEPT] + b"\n[...]\n" + text[-KEPT:]
        return plain(text.decode(errors="replace").replace("\r\n", "\n"))

    def close(self) -> None:
        """Stop reading; text that was not taken is lost."""
        self.theirs.close()
        with contextlib.suppress(OSError):  # the other end has gone
            self._ours.shutdown(socket.SHUT_RDWR)  # ends the thread
        self._thread.join()
        self._ours.close()

    def _drain(self) -> None:
        while is_readable(self._ours, None):
            with self._lock:
                if is_readable(self._ours, 0) and not self._read():
                    return

    def _read(self) -> bool:
        """Read one chunk and keep its ends; return False at the end of the stream."""
        chunk = self._ours.recv(CHUNK)
        self._text += chunk
        if len(self._text) > 4 * KEPT:
            self._text = self._text[:KEPT] + self._text[-2 * KEPT :]
            self._is_cut = True
        return bool(chunk)
