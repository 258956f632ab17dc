"""Read how written questions are marked: an exercise's `marking.toml`, and the model answers.

`marking.toml` lists, for each question that a person marks, the rubric items to begin with; at the
desk they can be changed for a course. Only the staff's copy of the kit has these files, and the
model answers: see `STAFF_ONLY`.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.core.course import course
from grader.core.errors import UserError
from grader.core.rubric import read_rubric
from grader.core.text import shown
from grader.marking.data import Item

STAFF_ONLY = "marking.toml"  # in an exercise's folder; no hand-out has it
ANSWERS = "answers.md"
FIELDS = {"id", "label", "points", "group"}


@dataclass(frozen=True)
class Scheme:
    """How a question is marked.

    Attributes:
        question: Its id.
        title: Its title.
        points: Its points, those of tests included.
        start: The points before any item counts.
        lower: The least points of a mark.
        upper: The most.
        items: The rubric items that the exercise brings.
    """

    question: str
    title: str
    points: float
    start: float
    lower: float
    upper: float
    items: tuple[Item, ...] = ()


def read_schemes(exercises: Path | None = None) -> dict[str, Scheme]:
    """Return the scheme of each question of the rubrics, in their order.

    A question without one has no items, and any points up to its own.

    Raises:
        UserError: A `marking.toml` is wrong; the message says where.
    """
    return _read_schemes(exercises or course().exercises)


@functools.cache
def _read_schemes(exercises: Path) -> dict[str, Scheme]:
    tables: dict[str, dict[str, Any]] = {}
    for path in sorted(exercises.glob(f"*/{STAFF_ONLY}")):
        try:
            listed = tomllib.loads(path.read_text(encoding="utf-8")).get("question", [])
            tables |= {str(table["id"]): {**table, "path": path} for table in listed}
        except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is no list of marking schemes: {error}.") from error
    schemes = {}
    for question in read_rubric(exercises):
        table = tables.pop(question.id, {})
        schemes[question.id] = _scheme(question.id, question.title, question.points, table)
    for id, table in tables.items():
        raise UserError(f"{table['path']}: no rubric has a question {shown(id)}.")
    return schemes


def _scheme(id: str, title: str, points: float, table: dict[str, Any]) -> Scheme:
    try:
        items = tuple(_item(id, row) for row in table.get("item", []))
        start, lower, upper = (
            _finite(table.get(name, default))
            for name, default in (("start", 0.0), ("lower", 0.0), ("upper", points))
        )
        if lower > upper:
            raise ValueError(f"lower ({lower:g}) is more than upper ({upper:g})")
        if len({item.id for item in items}) < len(items):
            raise ValueError("two items have the same id")
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{table['path']}: question {shown(id)}: {error}.") from error
    return Scheme(id, title, points, start, lower, upper, items)


def _item(question: str, row: dict[str, Any]) -> Item:
    if odd := row.keys() - FIELDS:
        raise ValueError(f"an item has no {', '.join(sorted(odd))}")
    if missing := {"id", "label", "points"} - row.keys():
        raise ValueError(f"an item lacks {', '.join(sorted(missing))}")
    group = str(row.get("group", ""))
    return Item(question, str(row["id"]), str(row["label"]), _finite(row["points"]), group)


def _finite(value: Any) -> float:
    """Return a number of points.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{shown(str(value))} is no number of points")
    return float(value)


def model_answer(question: str, reference: Path | None = None) -> str:
    """Return the model answer to a question as Markdown; empty where this copy of the kit has none.

    It is the section of ``reference/answers.md`` whose heading begins with the question's id, with
    the advice on marking, without the heading.
    """
    path = (reference or course().reference) / ANSWERS
    if not path.is_file():
        return ""
    parts = re.split(r"^## (.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = zip(parts[1::2], parts[2::2], strict=True)
    return next((text.strip() for head, text in sections if head.split()[:1] == [question]), "")
