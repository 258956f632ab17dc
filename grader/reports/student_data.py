"""Pack the students of a course as JSON, from which the page's script draws tables and lists."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from grader.core.text import plain
from grader.reports.reasons import reasons
from grader.reports.rows import Row
from grader.reports.statistics import Course


def student_data(course: Course) -> Markup:
    """Return JSON that can stand in a page: ``students``, and ``lists`` of places among them.

    A list has the id of its ``<details>``: ``lost-N`` for question N, ``mistake-N``.
    """
    places = {id(row): place for place, row in enumerate(course.rows)}

    def listed(rows: Iterable[Row], anchor: str = "") -> dict[str, Any]:
        return {"anchor": anchor, "places": [places[id(row)] for row in rows]}

    lists = {
        f"lost-{number}": listed(question.lost, f"#q{number}")
        for number, question in enumerate(course.questions, start=1)
    } | {
        f"mistake-{number}": listed(found.rows)
        for number, found in enumerate(course.misconceptions, start=1)
    }
    made = {"students": [_student(row) for row in course.rows], "lists": lists}
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # so that nothing in it ends the element


def _student(row: Row) -> dict[str, Any]:
    """Return a student: ``values`` are those of the table's columns from the third on."""
    changed = {
        number: plain("; ".join(reasons(mark)))
        for number, mark in enumerate(row.marks)
        if mark.override or mark.excuse
    }
    return {
        "name": plain(row.student),
        "page": f"feedback/{quote(row.file)}.html",
        "status": row.status,
        "message": plain(row.message),
        "possible": row.possible,
        "values": [row.earned, row.pending, *(mark.earned for mark in row.marks), row.seconds],
        **({"changed": changed} if changed else {}),
    }
