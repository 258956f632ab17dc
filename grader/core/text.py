"""Text of strangers, made safe to show and to store."""

from __future__ import annotations

# Everything below the blank but tabs and newlines, and what turns text round: such signs can forge
# what a terminal or a browser shows.
UNPRINTABLE = dict.fromkeys(
    [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)


def plain(text: str) -> str:
    """``text`` without control characters and lone surrogates: safe to show and to store."""
    return text.encode(errors="replace").decode().translate(UNPRINTABLE)


def shown(name: str) -> str:
    """``name`` on one line and of bearable length, whatever it contains."""
    short = name if len(name) <= 80 else f"{name[:40]}…{name[-39:]}"
    return short if short.isprintable() else ascii(short)
