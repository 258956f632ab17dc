"""Take points from late hand-ins, by the rule in `late.toml`."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from grader.core.errors import UserError
from grader.marking.data import HandedIn, Part

FILE = "late.toml"  # in the folder of results
UNITS = ("percent of earned", "percent of possible", "points")
FIELDS = ("deadline", "grace", "per_day", "unit", "cap", "closes_after")


@dataclass(frozen=True)
class LateRule:
    """Tell the cost of a late hand-in.

    Attributes:
        deadline: The time with its zone.
        grace: Minutes that cost nothing. Who is later than that is late from the deadline on.
        per_day: What each day that has begun takes, in units.
        unit: One of `UNITS`.
        cap: The most that is taken, in units.
        closes_after: Days after which a hand-in earns nothing.
    """

    deadline: datetime
    per_day: float
    unit: str = UNITS[0]
    grace: float = 0.0
    cap: float = math.inf
    closes_after: float = math.inf

    def penalty(
        self, submitted: float | None, said: HandedIn | None, earned: float, possible: float
    ) -> Part | None:
        """Return the points to take, below 0, with the reason; None if nothing is taken.

        Args:
            submitted: When the hand-in came, in seconds since 1970; None if nobody knows.
            said: What a person says of that time, and of an extension.
            earned: The points without any penalty.
            possible: The points of all questions that count for the student.
        """
        time = said.at if said and said.at is not None else submitted
        if time is None or earned <= 0:
            return None
        deadline = self.deadline + timedelta(hours=said.extension if said else 0.0)
        seconds = time - deadline.timestamp()
        if seconds <= self.grace * 60:
            return None
        label = f"Handed in {_span(seconds)} after the deadline ({_written(deadline)})"
        days = math.ceil(seconds / 86400)
        if seconds > self.closes_after * 86400:
            return Part(f"{label}: too late to earn points", -earned)
        taken = min(days * self.per_day, self.cap)
        whole = {"percent of earned": earned, "percent of possible": possible}.get(self.unit)
        points = taken if whole is None else taken / 100 * whole
        points = round(min(points, earned), 2)
        if not points:
            return None
        what = {"percent of earned": " % of the points earned", "percent of possible": " % of all"}
        capped = ", the most that is taken" if days * self.per_day > self.cap else ""
        return Part(f"{label}: {taken:g}{what.get(self.unit, ' points')}{capped}", -points)


def read_late(path: Path) -> LateRule | None:
    """Read a rule; None if there is no file.

    Raises:
        UserError: It is wrong; the message says how.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} can't be read: {error}.") from error
    try:
        if odd := table.keys() - set(FIELDS):
            raise ValueError(f"there is no {', '.join(sorted(odd))}, only {', '.join(FIELDS)}")
        deadline, unit = table.get("deadline"), table.get("unit", UNITS[0])
        if not isinstance(deadline, datetime):
            raise ValueError("deadline should be a time like 2026-11-20T23:59:00+01:00")
        if unit not in UNITS:
            raise ValueError(f"unit should be one of {', '.join(map(repr, UNITS))}")
        return LateRule(
            deadline.astimezone() if deadline.tzinfo is None else deadline,
            _number(table, "per_day"),
            unit,
            _number(table, "grace", 0.0),
            _number(table, "cap", math.inf),
            _number(table, "closes_after", math.inf),
        )
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from error


def seconds_of(submitted: str | None) -> float | None:
    """Return a platform's time, in ISO 8601, in seconds since 1970; None if it tells none."""
    try:
        return datetime.fromisoformat(submitted).timestamp() if submitted else None
    except (ValueError, OverflowError, OSError):
        return None


def _number(table: dict[str, Any], name: str, default: float | None = None) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{name} should be a number, at least 0")
    return float(value)


def _written(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M %z").strip()


def _span(seconds: float) -> str:
    """Return a span of time in its two largest units, like "1 day 2 h"."""
    minutes = max(1, round(seconds / 60))
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [
        (days, "1 day" if days == 1 else f"{days} days"),
        (hours, f"{hours} h"),
        (minutes, f"{minutes} min"),
    ]
    first = next(place for place, (count, _) in enumerate(parts) if count)
    return " ".join(text for count, text in parts[first : first + 2] if count)
