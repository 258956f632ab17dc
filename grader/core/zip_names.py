"""Decode the names of files in archives, which may not say in which encoding they are.

A ZIP marks names in UTF-8; what stands in others depends on the program and the language of the
computer that packed it. One computer packed them all, so they are decoded as one set: in the first
encoding that all of them are valid in, and in which they look most like names.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Sequence

IS_UTF8 = 0x800  # a ZIP's flag for a name in UTF-8
# Of those that read names alike the first counts: Unix, DOS, Windows, Japan, China, Russia.
ENCODINGS = ("utf-8", "cp437", "cp850", "cp1252", "cp932", "gbk", "cp866")
LONGEST = 100_000  # bytes of names that are compared
WORD = re.compile(r"[^\W\d_]+")
CUT = re.compile(r"[^\x00-\x7f]\\")  # half of a Japanese sign, read as a separator of folders


def names_in(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the names of a ZIP's entries, as they stand there, in the right encoding."""
    unmarked = [place for place, info in enumerate(infos) if _is_unmarked(info)]
    raw = [infos[place].orig_filename.encode("cp437") for place in unmarked]
    names = [_given(info) for info in infos]
    for place, name in zip(unmarked, decoded(raw), strict=True):
        names[place] = name
    return names


def decoded(names: Sequence[bytes]) -> list[str]:
    """Return names of one archive as text."""
    special = [name for name in names if not name.isascii()]
    if not special:
        return [name.decode() for name in names]
    encoding = max(ENCODINGS, key=lambda one: _likeness(special, one))
    return [name.decode("utf-8" if name.isascii() else encoding, "replace") for name in names]


def _is_unmarked(info: zipfile.ZipInfo) -> bool:
    return not info.flag_bits & IS_UTF8 and info.filename == _cut(info.orig_filename)


def _given(info: zipfile.ZipInfo) -> str:
    """Return a name that is marked as UTF-8, in its flag or in a field of its own."""
    is_same = info.filename == _cut(info.orig_filename)
    return info.orig_filename if is_same else info.filename


def _cut(name: str) -> str:
    return name.partition("\0")[0]


def _likeness(names: Sequence[bytes], encoding: str) -> float:
    """Return how much like names these are in an encoding; -inf where they are not valid."""
    try:
        texts = [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return float("-inf")
    if encoding == "utf-8":
        return float("inf")  # no other encoding's names are valid here by chance
    text = "/".join(texts)[:LONGEST]
    special = [sign for sign in text if not sign.isascii()]
    good = sum(sign.isalpha() or unicodedata.category(sign)[0] == "M" for sign in special)
    odd = sum(map(_is_odd, WORD.findall(text))) + len(CUT.findall(text))
    return (good - odd) / len(special)


def _is_odd(word: str) -> bool:
    """Return whether no language writes a word so: in two alphabets, or with capitals inside."""
    if word.isascii():
        return False
    alphabets = {unicodedata.name(sign, "?").split()[0] for sign in word}
    latin = "LATIN" in alphabets
    inner = any(sign.isupper() and not sign.isascii() for sign in word[1:]) and not word.isupper()
    return latin and (len(alphabets) > 1 or inner)
