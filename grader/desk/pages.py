"""Show the desk's pages: the overview, a question, a student."""

from __future__ import annotations

import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from grader.desk.actions import told
from grader.desk.course import Course
from grader.desk.events import local, told_event
from grader.desk.fair import covered
from grader.desk.model import model_html
from grader.desk.rendering import page, safe, shows_names

HISTORY = 200  # events that are shown


def overview(request: Request, course: Course) -> Response:
    """Show what is to be marked, who does, and how far that is."""
    course.refresh()
    names, marking, ids = shows_names(request), course.marking, course.by_person()
    by_question, by_person = marking.work.progress(course.answers(ids))
    questions = []
    for id in ids:
        students = [row.student for row in course.rows.values()]
        markers = marking.work.markers(id, students).values()
        questions.append(
            {
                "mark": course.question(id),
                "progress": by_question[id],
                "groups": len(course.alike(id)),
                "people": sorted({marker for marker in markers if marker}),
                "agreement": marking.second.agreement(id),
                "sample": len(marking.second.students(id)),
                "todo": len(marking.second.todo(id, request.state.person)),
            }
        )
    return page(
        "overview.html",
        names=names,
        questions=questions,
        automatic=[mark for mark in course.questions.values() if not mark.by_person],
        people=by_person if len(by_person) > 1 or "" not in by_person else {},
        present=marking.presence.all(),
        requests=_requests(course, names=names),
        students=_students(course, names=names),
        read=course.progress(),
        reports=_reports(course, names=names),
    )


def question(request: Request, course: Course) -> Response:
    """Show the page on which a question is marked."""
    course.refresh()
    id = request.path_params["question"]
    known = course.question(id)
    model = safe(model_html(id))
    names = shows_names(request)
    return page(
        "question.html", question=known, questions=course.questions, names=names, model=model
    )


def student(request: Request, course: Course) -> Response:
    """Show all of one student, and what a person can decide about the student as a whole."""
    course.refresh()
    key, names, marking = request.path_params["key"], shows_names(request), course.marking
    row, hidden = course.decided(key), course.hidden(key)
    marks = marking.marks.of_student(row.student)
    questions = [
        {
            "mark": mark,
            "author": marks[mark.id].author if mark.id in marks else "",
            "comment": marks[mark.id].comment if mark.id in marks else "",
            "parts": marking.marks.parts(marks[mark.id]) if mark.id in marks else [],
            "override": marking.overrides.get(row.student, mark.id),
            "excuse": marking.excuses.get(row.student, mark.id),
        }
        for mark in row.marks
    ]
    time = marking.times.get(row.student)
    return page(
        "student.html",
        key=key,
        label=course.label(key, names=names),
        names=names,
        row=row,
        cover=lambda text: covered(text, hidden if not names else []),
        questions=questions,
        adjustments=marking.adjustments.all(student=row.student),
        excuse_all=marking.excuses.get(row.student, ""),
        time=time,
        handed_in=local(time.at) if time and time.at is not None else "",
        requests=marking.requests.all(student=row.student),
        history=[told_event(event, marking) for event in marking.history(row.student)[-HISTORY:]],
    )


def _requests(course: Course, *, names: bool) -> list[dict[str, Any]]:
    """Return the regrade requests, the open ones first."""
    found = [one for one in course.marking.requests.all() if one.student in course.key_of]
    found.sort(key=lambda one: (one.state != "open", one.time))
    keys = [course.key_of[one.student] for one in found]
    return [
        {"request": one, "key": key, "label": course.label(key, names=names)}
        for one, key in zip(found, keys, strict=True)
    ]


def _reports(course: Course, *, names: bool) -> str:
    """Return how far the reports follow the marks, in words."""
    latest = course.reports.latest
    if latest is not None and not latest.is_whole:
        again = " It is tried again." if latest.problems else ""
        return f"{told(latest, names=names)}{again}"
    if latest is None or not course.reports.is_current:
        return "The reports are written again in a few seconds."
    when = datetime.datetime.fromtimestamp(latest.time).strftime("%H:%M")
    return f"{told(latest, names=names)} ({when})"


def _students(course: Course, *, names: bool) -> list[dict[str, Any]]:
    """Return the students by what they are called, with how many answers of each are marked."""
    ids = course.by_person()
    done: dict[str, int] = {}
    for id in ids:
        items = course.marking.items.of(id)
        for student, mark in course.marking.marks.of_question(id).items():
            decided = course.marking.marks.points(mark, items=items) is not None
            done[student] = done.get(student, 0) + decided
    found = [
        {
            "key": key,
            "label": course.label(key, names=names),
            "done": done.get(row.student, 0),
            "all": sum(mark.by_person for mark in row.marks),
        }
        for key, row in course.rows.items()
    ]
    return sorted(found, key=lambda one: str(one["label"]))
