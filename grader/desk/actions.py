"""Do what a person decides on the page of a question: marks, items, sharing out, reports.

Every action returns only when the store has it on the disk.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from grader.core.errors import UserError
from grader.desk import answers
from grader.desk.course import Course
from grader.desk.publishing import Written
from grader.desk.rendering import NAMES, shows_names
from grader.marking.data import Conflict, Item, Mark, SecondMark

LONGEST = 20_000  # characters of a text
MAX_STUDENTS = 5_000  # in one request
V = TypeVar("V", str, int, float, bool, list[Any])


class MissingError(Exception):
    """A request lacks a value, or has one of another type."""


def wanted(body: dict[str, Any], name: str, kind: type[V], default: V | None = None) -> V:
    """Return a value of a request.

    Raises:
        MissingError: It is missing or of another type.
    """
    value = body.get(name, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < sys.maxsize else math.inf
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise MissingError(f"{name} should be a {kind.__name__}")
    if isinstance(value, str | list) and len(value) > LONGEST:
        raise MissingError(f"{name} is too long")
    return value


def mark(request: Request, course: Course) -> Response:
    """Save a mark, or a second mark."""
    body, person = request.state.body, request.state.person
    id, key = wanted(body, "question", str), wanted(body, "key", str)
    new = _mark(course, body, id, key)
    if wanted(body, "second", bool, default=False):
        fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)}
        saved: Mark = course.marking.second.save(SecondMark(**fields, id=person), person)
    else:
        saved = course.marking.marks.save(new, person)
    return JSONResponse({"mark": answers.mark_data(course, key, saved)})


def marks(request: Request, course: Course) -> Response:
    """Save the same mark for several students, as one action."""
    body, person = request.state.body, request.state.person
    id = wanted(body, "question", str)
    versions = {
        wanted(one, "key", str): wanted(one, "version", int)
        for one in wanted(body, "students", list)[:MAX_STUDENTS]
        if isinstance(one, dict)
    }
    new = [_mark(course, body | {"version": v}, id, key) for key, v in versions.items()]
    saved = course.marking.marks.save_all(new, person)
    return JSONResponse(
        {"marks": [answers.mark_data(course, course.key_of[one.student], one) for one in saved]}
    )


def _mark(course: Course, body: dict[str, Any], id: str, key: str) -> Mark:
    """Return the mark that a request describes, with bounds checked by the store."""
    if not course.mark(key, id).by_person:
        raise UserError("tests give the points of this question: change them with a reason")
    return Mark(
        course.row(key).student,
        id,
        tuple(str(item) for item in wanted(body, "items", list)),
        wanted(body, "adjustment", float, 0.0),
        wanted(body, "comment", str, ""),
        wanted(body, "decided", bool, default=True),
        version=wanted(body, "version", int),
    )


def undo(request: Request, course: Course) -> Response:
    """Take back this person's last action, and say where it was."""
    events = course.marking.undo(request.state.person)
    names, keys = shows_names(request), [course.key_of.get(one.student, "") for one in events]
    places = [
        {
            "question": event.question,
            "key": key,
            "kind": event.kind,
            "label": course.label(key, names=names) if key else "",
        }
        for event, key in zip(events, keys, strict=True)
    ]
    return JSONResponse({"undone": places})


def item(request: Request, course: Course) -> Response:
    """Add, reword, re-value or retire a rubric item, for all students who have it."""
    body, person, items = request.state.body, request.state.person, course.marking.items
    id = wanted(body, "question", str)
    label, points = wanted(body, "label", str), wanted(body, "points", float)
    group = wanted(body, "group", str, "")
    if "id" in body:
        present = items.get(id, wanted(body, "id", str))
        retired = wanted(body, "retired", bool, default=False)
        version = wanted(body, "version", int)
        changed = dataclasses.replace(
            present, label=label, points=points, group=group, retired=retired, version=version
        )
        items.change(changed, person)
    else:
        items.add(id, label, points, person, group)
    return JSONResponse({"items": answers.items_of(course, id)})


def names(request: Request, course: Course) -> Response:
    """Show or hide names in this browser."""
    del course
    answer = JSONResponse({})
    if wanted(request.state.body, "show", bool):
        answer.set_cookie(NAMES, "1", samesite="strict", httponly=True)
    else:
        answer.delete_cookie(NAMES)
    return answer


def sample(request: Request, course: Course) -> Response:
    """Draw a sample of a question for second marks."""
    body = request.state.body
    id, share = wanted(body, "question", str), wanted(body, "share", float)
    course.question(id)
    everybody = [row.student for row in course.rows.values()]
    drawn = course.marking.second.draw(id, everybody, share, request.state.person)
    return JSONResponse({"drawn": len(drawn)})


def assign(request: Request, course: Course) -> Response:
    """Share out a question among people, in equal parts; nobody takes the shares back."""
    body = request.state.body
    id = wanted(body, "question", str)
    course.question(id)
    people = [" ".join(name.split()) for name in wanted(body, "people", str).split(",")]
    people = list(dict.fromkeys(name for name in people if name))
    work, person = course.marking.work, request.state.person
    if len(people) < 2:
        work.by_question({id: people[0] if people else ""}, person)
    else:
        order = [course.row(key).student for key in course.order(id)]
        work.by_students(id, order, dict.fromkeys(people, 1.0), person)
    return JSONResponse({"people": people})


def reports(request: Request, course: Course) -> Response:
    """Write all reports now, with the marks as they are."""
    written = course.reports.write()
    return JSONResponse({"message": told(written, names=shows_names(request))})


def told(written: Written, *, names: bool) -> str:
    """Return what came of writing the reports; problems only where names are shown."""
    lines = written.problems
    if lines and not names:
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        lines = (f"{count}: show names to read them.",)
    return " ".join([written.message, *lines])


def current(course: Course, conflict: Conflict) -> dict[str, Any]:
    """Return what somebody else has saved meanwhile, so that it can be shown."""
    now = conflict.current
    if isinstance(now, Mark) and now.student in course.key_of:
        return {"mark": answers.mark_data(course, course.key_of[now.student], now)}
    if isinstance(now, Item):
        return {"item": answers.item_data(now), "items": answers.items_of(course, now.question)}
    return {}
