"""Keep notes for the student on what the worker changed; each is shown once.

A note is advice and never costs points.
"""

from __future__ import annotations

_notes: dict[str, None] = {}  # in order, each once


def note(text: str) -> None:
    """Keep one sentence for the report of this submission."""
    _notes[text] = None


def take() -> list[str]:
    """Return the notes since the last call."""
    taken = list(_notes)
    _notes.clear()
    return taken
