"""Tell the history of what people decided in words."""

from __future__ import annotations

import datetime

from grader.core.text import shown
from grader.marking.data import Event
from grader.marking.store import MarkingStore
from grader.reports.reasons import signed


def told_event(event: Event, marking: MarkingStore) -> dict[str, str]:
    """Return when something was decided, by whom, and what."""
    what = f"{event.kind} {event.question}".strip()
    what += " (undo)" if event.undoes is not None else ""
    said = ["taken back"] if event.after is None else _words(event, event.after, marking)
    return {"when": local(event.time), "author": event.author, "what": ", ".join([what, *said])}


def local(time: float) -> str:
    """Return a time in seconds since 1970 as a person here writes it."""
    return datetime.datetime.fromtimestamp(time).strftime("%Y-%m-%d %H:%M")


def _words(event: Event, after: dict[str, object], marking: MarkingStore) -> list[str]:
    """Return the fields of a decision in words; those that say nothing are left out."""
    labels = {item.id: item.label for item in marking.items.of(event.question, retired=True)}
    said = [] if after.get("decided", True) else ["left open"]
    fields = [(name, value) for name, value in sorted(after.items()) if name != "decided"]
    return said + [words for name, value in fields if (words := _field(name, value, labels))]


def _field(name: str, value: object, labels: dict[str, str]) -> str:
    """Return one field in words; an empty text if it says nothing."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, list):
        return ", ".join(f"“{labels.get(str(id), 'an item that is gone')}”" for id in value)
    name = name.replace("_", " ")
    if value is True:
        return name
    if not isinstance(value, int | float):
        return f"{name} {shown(' '.join(str(value).split()))}"
    if name == "at":
        return f"at {local(value)}"
    if name in ("adjustment", "extension") and not value:
        return ""
    return f"adjusted by {signed(value)}" if name == "adjustment" else f"{name} {value:g}"
