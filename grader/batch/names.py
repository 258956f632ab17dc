"""Give each hand-in a name to show and a result folder's name that nobody else has.

A name that is taken gets the first number that is free. Names stay reserved for whoever had them
in an earlier run, so that a result, a person's marks and a page stay with their owner.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from grader.core.text import plain

UNSAFE = re.compile(r"[^\w .,()+@'-]")  # in names of files, on any system
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=$|\.)", re.IGNORECASE)  # by Windows
LONGEST_FILE = 200  # bytes of a file's name; file systems take 255, with whatever is appended
LONGEST_NAME = 200  # characters


class Names(NamedTuple):
    """The name of a student in reports, and that of the student's files."""

    student: str
    file: str


def assign_names(wanted: Mapping[str, str], known: Mapping[str, Names]) -> dict[str, Names]:
    """Return ``known`` with names for all of ``wanted``, by identity; no two of them are alike."""
    names = dict(known)
    students = {_folded(name.student) for name in known.values()}
    files = {_folded(name.file) for name in known.values()}
    for identity in sorted(wanted.keys() - names.keys()):
        student = _reserve(printable(wanted[identity]), students, "{} ({})")
        names[identity] = Names(student, _reserve(_safe(student), files, "{}-{}"))
    return names


def printable(identity: str) -> str:
    """Return a name on one line, with a sign in place of each character that can't be printed."""
    line = " ".join(plain(identity[: 2 * LONGEST_NAME]).split())[:LONGEST_NAME]
    return "".join(c if c.isprintable() else "\ufffd" for c in line) or "(no name)"


def _safe(student: str) -> str:
    """Return a name for files, on any file system."""
    name = unicodedata.normalize("NFC", UNSAFE.sub("_", student))
    name = name.encode()[:LONGEST_FILE].decode(errors="ignore").strip(" .") or "_"
    return f"_{name}" if RESERVED.match(name) else name


def _reserve(wanted: str, taken: set[str], form: str) -> str:
    numbered = (form.format(wanted, number) for number in itertools.count(2))
    name = next(n for n in itertools.chain([wanted], numbered) if _folded(n) not in taken)
    taken.add(_folded(name))
    return name


def _folded(name: str) -> str:
    """Return what file systems without case, or with a normal form of their own, compare."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
