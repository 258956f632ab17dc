"""Recognise what a spreadsheet has made of a text: a date, a number with fewer digits, other signs.

In German, 1.5 becomes "01. Mai", 1.75 "Jan 75" and 0123456 the number 123456. Autocorrection bends
apostrophes, and an encoding without Cyrillic letters keeps question marks. The text can't be told
from such a cell, but the right one of a few known texts can.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

# A month's first letters in languages of spreadsheets.
MONTHS = (
    "jan ene gen", "feb fév fev", "mär mar mrz", "apr avr abr", "mai may mag maj", "jun jui giu",
    "jul lug", "aug aoû ago", "sep set", "okt oct out ott", "nov", "dez dec déc dic",
)  # fmt: skip
DAY_AND_MONTH = re.compile(r"(?P<day>\d{1,2})[. -]+(?P<name>[^\W\d_]{3,})\.?(?:[. -]*\d{2,4})?")
MONTH_AND_YEAR = re.compile(r"(?P<name>[^\W\d_]{3,})\.?[. -]*(?P<year>\d{2,4})")
FULL_DATE = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:\d{4})?")
SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/\d{2,4}")
ISO_DAY = re.compile(r"\d{4}-(?P<month>\d{2})-(?P<day>\d{2})(?: 00:00(?::00)?)?")
ISO_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")
NUMBER = re.compile(r"[+-]?(?P<digits>\d{1,40}(?:[.,]\d{1,40})?)(?P<exponent>[eE][+-]?\d{1,3})?")
PAIR = re.compile(r"0*(\d{1,4})[./-]0*(\d{1,4})")
EXACT = 15  # digits of a number that spreadsheets keep
LONGEST = 100  # characters of a cell that may be a date or number
WORDS = {"true", "false", "wahr", "falsch", "vrai", "faux", "verdadero", "falso", "vero"}
# What autocorrection makes of signs on a keyboard.
TYPED = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"',
                       "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})  # fmt: skip
LOST = "?_\ufffd"  # what stands for a sign that an encoding lacks

Pair = tuple[int, int]
T = TypeVar("T")


def number(text: str) -> float | None:
    """Return the number that was typed into a cell: with either decimal sign, or taken for a date.

    Returns:
        None if it is no number, or a date of which nobody can say from what it was made.
    """
    pair = _written_with_point(text)
    try:
        return float(pair or text.replace(",", "."))
    except ValueError:
        return None


def is_mangled(text: str) -> bool:
    """Return whether a spreadsheet takes a text for a number, a date or a truth value."""
    form = _form(text)
    return form.pair is not None or form.value is not None or text.casefold() in WORDS


def _written_with_point(text: str) -> str:
    """Return a text like ``1.5`` or ``1.75`` if a cell was made of that, else an empty one."""
    if len(text) > LONGEST:
        return ""
    if found := FULL_DATE.fullmatch(text) or ISO_DAY.fullmatch(text):
        return f"{int(found['day'])}.{int(found['month'])}"
    if found := DAY_AND_MONTH.fullmatch(text):
        month = _month(found["name"])
        return f"{int(found['day'])}.{month}" if month else ""
    found = MONTH_AND_YEAR.fullmatch(text)
    month = _month(found["name"]) if found else None
    if found is None:
        found = ISO_MONTH.fullmatch(text)
        month = int(found["month"]) if found else None
    is_fraction = found and month and not 1 <= int(found["year"][-2:]) <= 12  # else it is a day's
    return f"{month}.{found['year'][-2:]}" if found and is_fraction else ""


def _month(name: str) -> int | None:
    start = unicodedata.normalize("NFC", name)[:3].casefold()
    return next((n for n, names in enumerate(MONTHS, start=1) if start in names.split()), None)


class _Form(NamedTuple):
    """The parts of a text that survive in a date or a number."""

    pair: Pair | None  # day and month, or month and year
    value: Decimal | None
    digits: int  # to which the value is known


def _form(text: str) -> _Form:
    text = text[: LONGEST + 1]
    pair, value, digits = None, None, 0
    if found := PAIR.fullmatch(_written_with_point(text) or text) or SLASHES.fullmatch(text):
        pair = int(found[1]), int(found[2])
    if found := NUMBER.fullmatch(text):
        value = Decimal(text.replace(",", "."))
        significant = re.sub(r"[.,]", "", found["digits"]).lstrip("0")
        if len(significant) > EXACT:
            significant = significant.rstrip("0")
        digits = max(1, len(significant))
    return _Form(pair, value, digits)


def _is_date_of(cell: _Form, text: _Form) -> bool:
    return cell.value is None and cell.pair is not None and cell.pair == text.pair


def _is_turned_date_of(cell: _Form, text: _Form) -> bool:
    """Tell whether a cell is the date of a text with its month before its day."""
    return cell.value is None and cell.pair is not None and cell.pair[::-1] == text.pair


def _is_number_of(cell: _Form, text: _Form) -> bool:
    if cell.value is None or text.value is None:
        return False
    style = f".{cell.digits - 1}e"
    return format(cell.value, style) == format(text.value, style)


class Known(Generic[T]):
    """Find things by cells that hold their names, however a spreadsheet has changed them."""

    def __init__(self, things: Iterable[T], *spellings: Callable[[T], str]) -> None:
        """Take things and how each is written; where two clash, the earlier spelling counts."""
        things = list(things)
        self._exact: dict[str, T] = {}
        self._changed: dict[str, list[T]] = {}
        self._named = [(folded(each(thing)), thing) for each in spellings for thing in things]
        for name, thing in self._named:
            self._exact.setdefault(name, thing)
        forms = ((_form(name), thing) for name, thing in self._named[-len(things) :])
        self._forms = [(form, thing) for form, thing in forms if form.pair or form.value]
        self._loose: dict[str, list[T]] = {}
        for name, thing in self._named:
            _add(self._loose.setdefault(_loosened(name), []), thing)

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)

    def find(self, cell: str) -> list[T]:
        """Return the thing that a cell names; several if nobody can say which, or none."""
        name = folded(cell)
        if name in self._exact:
            return [self._exact[name]]
        if name not in self._changed:
            found = self._loose.get(_loosened(name)) or self._origins(_form(name))
            self._changed[name] = found or self._with_signs(name)
        return self._changed[name]

    def _with_signs(self, cell: str) -> list[T]:
        """Return the things whose names have a sign wherever the cell has lost one."""
        found: list[T] = []
        for name, thing in self._named if any(sign in cell for sign in LOST) else ():
            if len(name) == len(cell) and all(map(_is_left_of, cell, name)):
                _add(found, thing)
        return found

    def _origins(self, cell: _Form) -> list[T]:
        for explains in (_is_date_of, _is_number_of, _is_turned_date_of):
            found = [thing for form, thing in self._forms if explains(cell, form)]
            if found:
                return found
        return []


def _add(things: list[T], thing: T) -> None:
    if not any(each is thing for each in things):
        things.append(thing)


def _is_left_of(left: str, sign: str) -> bool:
    """Tell whether an encoding that lacks a sign may have left this one."""
    return left == sign or (left in LOST and not sign.isascii())


def _loosened(name: str) -> str:
    """Return a name without what autocorrection and typing change: case, blanks, bent signs."""
    text = unicodedata.normalize("NFKC", name.translate(TYPED)).casefold()
    return " ".join(text.split())


def folded(name: str) -> str:
    """Return a name in the one form in which names are compared."""
    return unicodedata.normalize("NFC", name).strip()
