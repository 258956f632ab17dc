"""Do what a person decides on a student's page: overrides, excuses, bonus, times, requests."""

from __future__ import annotations

import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from grader.core.errors import UserError
from grader.desk.actions import wanted
from grader.desk.course import Course
from grader.marking import data
from grader.marking.store import new_id

DONE = {"message": "Saved"}


def _student(body: dict[str, Any], course: Course) -> str:
    return course.row(wanted(body, "key", str)).student


def override(request: Request, course: Course) -> Response:
    """Give points in place of those of the tests, or take that back."""
    body, person, kept = request.state.body, request.state.person, course.marking.overrides
    student, id = _student(body, course), wanted(body, "question", str)
    known = course.mark(wanted(body, "key", str), id)
    version = wanted(body, "version", int)
    if wanted(body, "remove", bool, default=False):
        present = kept.get(student, id)
        if present is None:
            raise UserError("there is nothing to take back")
        kept.remove(present, person)
        return JSONResponse(DONE)
    version = version or kept.version(student, id) if kept.get(student, id) is None else version
    new = data.Override(
        student,
        id,
        wanted(body, "points", float),
        wanted(body, "reason", str),
        known.earned,
        version=version,
    )
    kept.save(new, person)
    return JSONResponse(DONE)


def excuse(request: Request, course: Course) -> Response:
    """Excuse a student from a question, or from all; or take that back."""
    body, person, kept = request.state.body, request.state.person, course.marking.excuses
    student, id = _student(body, course), wanted(body, "question", str, "")
    present = kept.get(student, id)
    if wanted(body, "remove", bool, default=False):
        if present is None:
            raise UserError("there is nothing to take back")
        kept.remove(present, person)
        return JSONResponse(DONE)
    if id:
        course.question(id)
    version = kept.version(student, id)
    kept.save(data.Excuse(student, id, wanted(body, "reason", str), version=version), person)
    return JSONResponse(DONE)


def adjust(request: Request, course: Course) -> Response:
    """Add points to a student's total or take some, or take that back."""
    body, person, kept = request.state.body, request.state.person, course.marking.adjustments
    student = _student(body, course)
    if wanted(body, "remove", bool, default=False):
        present = kept.get(student, id=wanted(body, "id", str))
        if present is None:
            raise UserError("there is nothing to take back")
        kept.remove(present, person)
        return JSONResponse(DONE)
    points, reason = wanted(body, "points", float), wanted(body, "reason", str)
    kept.save(data.Adjustment(student, new_id(), points, reason), person)
    return JSONResponse(DONE)


def handed_in(request: Request, course: Course) -> Response:
    """Note when something was handed in, or how much longer a student has."""
    body, person, kept = request.state.body, request.state.person, course.marking.times
    student = _student(body, course)
    text = wanted(body, "at", str, "")
    try:
        at = datetime.datetime.fromisoformat(text).astimezone().timestamp() if text else None
    except (ValueError, OverflowError):
        raise UserError("write the time as 2026-11-27 23:59") from None
    new = data.HandedIn(
        student,
        at,
        wanted(body, "extension", float, 0.0),
        wanted(body, "reason", str, ""),
        version=kept.version(student),
    )
    kept.save(new, person)
    return JSONResponse(DONE)


def request(request: Request, course: Course) -> Response:
    """Note a wish to grade again, or answer one."""
    body, person, kept = request.state.body, request.state.person, course.marking.requests
    student, id = _student(body, course), wanted(body, "question", str)
    course.question(id)
    if "id" not in body:
        kept.save(data.Request(student, id, new_id(), wanted(body, "text", str)), person)
        return JSONResponse(DONE)
    present = kept.get(student, id, wanted(body, "id", str))
    state = wanted(body, "state", str)
    if present is None or state not in ("open", "granted", "declined"):
        raise UserError("there is no such request")
    answered = data.Request(
        student,
        id,
        present.id,
        present.text,
        state,  # type: ignore[arg-type]  # one of three, see above
        wanted(body, "note", str, ""),
        version=wanted(body, "version", int),
    )
    kept.save(answered, person)
    return JSONResponse(DONE)
