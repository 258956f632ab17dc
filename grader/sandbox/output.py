"""What a worker prints: drained all the time, kept in part, shown as plain text."""

from __future__ import annotations

import os
import queue
import secrets
import threading

from grader.core.text import plain

LIMIT = 4000  # bytes kept at each end
PATIENCE = 5.0  # seconds; an unlocked worker could steal the mark that is waited for


class Output:
    """A pipe for what the student prints; keeps the beginning and the end of it."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._mark = secrets.token_bytes(16)
        self._marked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._closed = False
        threading.Thread(target=self._drain, daemon=True).start()

    def take(self) -> str:
        """What has been printed since the last call, shortened in the middle."""
        os.write(self.write_end, self._mark)  # comes out behind all that was printed before it
        try:
            printed = self._marked.get(timeout=PATIENCE)
        except queue.Empty:
            return ""
        return plain(printed.decode(errors="replace").replace("\r\n", "\n"))

    def close(self) -> None:
        """Stop reading; what was not taken is lost."""
        self._closed = True
        self.take()
        os.close(self.write_end)

    def _drain(self) -> None:
        kept = b""
        cut = False
        while chunk := os.read(self._read_end, 2**16):
            kept += chunk
            while self._mark in kept:
                text, _, kept = kept.partition(self._mark)
                self._marked.put(_shorten(text, cut))
                cut = False
                if self._closed:
                    os.close(self._read_end)
                    return
            if len(kept) > 4 * LIMIT:
                kept, cut = kept[:LIMIT] + kept[-2 * LIMIT :], True


def _shorten(text: bytes, cut: bool) -> bytes:
    if cut or len(text) > 2 * LIMIT:
        return text[:LIMIT] + b"\n[...]\n" + text[-LIMIT:]
    return text
