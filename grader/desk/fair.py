"""Mark fairly: hide names behind numbers, and shuffle the order of answers for each question.

Both depend on the key of the folder of results alone. So they stay the same when the desk is
started again, and nobody can compute a name from a number.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence

SHORTEST = 2  # characters of a part of a name that is covered in texts
COVER = "▒▒▒"
WORDS = {"pdf": "PDF", "notebook": "Notebook", "text": "Text", "picture": "Picture", "code": "Code"}


class Fair:
    """Keys, numbers and orders of the students of a course."""

    def __init__(self, key: bytes, files: Iterable[str]) -> None:
        """Give a key and a number to each student, by the name of the student's files."""
        self._key = key
        files = sorted(files, key=lambda file: self._digest("key", file))
        self.keys = {file: self._digest("key", file)[:12] for file in files}
        numbers: set[int] = set()
        self._labels = {}
        for file in files:
            number = 1000 + int(self._digest("number", file), 16) % 9000
            while number in numbers:
                number = 1000 + (number - 999) % 9000
            numbers.add(number)
            self._labels[file] = f"Student {number}"

    def label(self, file: str) -> str:
        """Return what a student is called while names are hidden."""
        return self._labels[file]

    def shuffled(self, files: Iterable[str], question: str) -> list[str]:
        """Return students in the order in which answers to a question are marked."""
        return sorted(files, key=lambda file: self._digest("order", question, file))

    def _digest(self, *parts: str) -> str:
        said = "\0".join(parts).encode(errors="surrogatepass")
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()


def parts_of(*names: str) -> list[str]:
    """Return the parts of a name that give it away, words and numbers, the longest first."""
    found = {part for name in names for part in re.findall(r"[^\W_]+", name)}
    return sorted((part for part in found if len(part) >= SHORTEST), key=lambda p: (-len(p), p))


def covered(html: str, parts: Sequence[str]) -> str:
    """Cover the parts of a name in HTML or plain text; tags stay as they are.

    A part of two letters counts only in its own case, as many a word of a text is as short.
    """
    if not parts:
        return html
    words = "|".join(p if len(p) <= SHORTEST else f"(?i:{p})" for p in map(re.escape, parts))
    pattern = re.compile(rf"(<[^<>]*>)|(?<![^\W_])(?:{words})(?![^\W_])")
    return pattern.sub(lambda match: match[1] or COVER, html)


def file_label(kind: str, number: int) -> str:
    """Return what a file is called while names are hidden."""
    return f"{WORDS.get(kind, 'File')} {number + 1}"
