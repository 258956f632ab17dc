"""Make strangers' text safe to show and to store: in terminals, CSV, HTML and Markdown."""

from __future__ import annotations

import os

LONGEST_NAME = 80  # characters of a name that is shown
LONGEST_LINE = 200  # characters of what student code prints

# Control characters except tab and newline, other line separators, and what turns text round or
# is invisible: such characters can forge what a terminal or a browser shows.
UNPRINTABLE = dict.fromkeys(
    [
        *range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F),
        *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080),
    ],
    "\ufffd",
)  # fmt: skip


def plain(text: str) -> str:
    """Replace control characters and lone surrogates in a text of any number of lines."""
    return text.encode(errors="replace").decode().translate(UNPRINTABLE)


def shown(name: str) -> str:
    """Quote a name on one line and at a bearable length, whatever it contains."""
    half = LONGEST_NAME // 2
    short = name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"
    return short if short.isprintable() else ascii(short)


def ends(text: str, count: int) -> str:
    """Leave out what stands between the first and last ``count`` lines, and ends of long ones."""
    lines = [
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…\n"
        for line in text.splitlines(keepends=True)
    ]
    if len(lines) <= 2 * count + 1:
        return "".join(lines)
    between = f"[... {len(lines) - 2 * count} lines ...]\n"
    return "".join([*lines[:count], between, *lines[-count:]])


def file_name(name: str) -> str:
    """Return a file's name as text, also if it is no UTF-8: Latin-1 gives each byte a character.

    Args:
        name: As the file system gives it, with lone surrogates for undecodable bytes.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name
