"""Answer what the page of a question asks for: the list of students, one answer, who is there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from grader.desk.course import Course
from grader.desk.documents import Document
from grader.desk.fair import covered, file_label
from grader.desk.places import Place
from grader.desk.rendering import rendered, safe, shows_names
from grader.marking.data import Item, Mark, SecondMark

OWN_PICTURE = re.compile(r'src="/picture/(\d+)"')


def question(request: Request, course: Course) -> Response:
    """Return all that is the same for every answer to a question, and the state of each."""
    course.refresh()
    id = request.path_params["question"]
    return JSONResponse(
        {
            "question": about(course, id),
            "items": items_of(course, id),
            "students": students(request, course, id),
            "groups": course.alike(id),
            "read": course.progress(),
            "me": request.state.person,
            "comments": course.marking.marks.comments(id),
        }
    )


def answer(request: Request, course: Course) -> Response:
    """Return what a student answered to a question, and the mark."""
    id, key = request.path_params["question"], request.path_params["key"]
    is_second = request.query_params.get("second") == "1"
    return JSONResponse(
        {
            "html": _html(request, course, id, key),
            "mark": mark_of(request, course, id, key, is_second=is_second),
            "override": override_of(course, id, key),
        }
    )


def look(request: Request, course: Course) -> Response:
    """Note that a person looks at an answer; return who else does, and the mark's version."""
    id, key = request.path_params["question"], request.path_params["key"]
    course.question(id)
    student = course.row(key).student
    others = course.marking.presence.look(request.state.person, student, id)
    return JSONResponse(
        {
            "others": sorted({one.author for one in others}),
            "version": course.marking.marks.get(student, id).version,
        }
    )


def progress(request: Request, course: Course) -> Response:
    """Return of how many students the documents have been read."""
    del request
    return JSONResponse({"read": course.progress()})


def about(course: Course, id: str) -> dict[str, Any]:
    """Return a question as data."""
    known, scheme = course.question(id), course.marking.schemes[id]
    order = list(course.questions)
    return {
        "id": id,
        "title": known.title,
        "points": known.possible,
        "start": scheme.start,
        "lower": scheme.lower,
        "upper": scheme.upper,
        "person": known.by_person,
        "questions": order,
    }


def items_of(course: Course, id: str) -> list[dict[str, Any]]:
    """Return a question's items as data, with how many marks have each."""
    marks = course.marking.marks.of_question(id).values()
    uses = course.marking.items.uses(marks)
    return [item_data(item) | {"uses": uses[item.id]} for item in course.marking.items.of(id)]


def item_data(item: Item) -> dict[str, Any]:
    """Return an item as data."""
    return {
        "id": item.id,
        "label": item.label,
        "points": item.points,
        "group": item.group,
        "version": item.version,
    }


def students(request: Request, course: Course, id: str) -> list[dict[str, Any]]:
    """Return the students in the order of a question, with the state of each answer."""
    names, order = shows_names(request), course.order(id)
    marks, items = course.marking.marks.of_question(id), course.marking.items.of(id)
    markers = course.marking.work.markers(id, [course.row(key).student for key in order])
    second = course.marking.second
    todo, sample = set(second.todo(id, request.state.person)), set(second.students(id))
    found = []
    for key in order:
        row, known = course.row(key), course.mark(key, id)
        mark = marks.get(row.student)
        upper = known.open if known.by_person else None
        found.append(
            {
                "key": key,
                "label": course.label(key, names=names),
                "points": course.marking.marks.points(mark, upper, items) if mark else None,
                "auto": None if known.by_person else known.earned,
                "pending": known.by_person,
                "version": mark.version if mark else 0,
                "author": mark.author if mark else "",
                "marker": markers[row.student],
                "second": row.student in todo,
                "sampled": row.student in sample,
            }
        )
    return found


def mark_of(
    request: Request, course: Course, id: str, key: str, *, is_second: bool = False
) -> dict[str, Any]:
    """Return a mark as data; of a second mark only the person's own."""
    student, person = course.row(key).student, request.state.person
    mark = (
        course.marking.second.get(student, id, person)
        if is_second
        else course.marking.marks.get(student, id)
    )
    return mark_data(course, key, mark)


def mark_data(course: Course, key: str, mark: Mark) -> dict[str, Any]:
    """Return a mark as data, with its points."""
    known = course.mark(key, mark.question)
    upper = known.open if known.by_person else None
    return {
        "key": key,
        "question": mark.question,
        "items": list(mark.items),
        "adjustment": mark.adjustment,
        "comment": mark.comment,
        "decided": mark.decided,
        "version": mark.version,
        "author": mark.author,
        "time": mark.time,
        "points": course.marking.marks.points(mark, upper),
        "upper": upper,
        "tests": known.by_tests if known.by_person and known.open < known.possible else None,
        "second": isinstance(mark, SecondMark),
    }


def override_of(course: Course, id: str, key: str) -> dict[str, Any] | None:
    """Return the points that a person gave in place of those of the tests."""
    override = course.marking.overrides.get(course.row(key).student, id)
    if override is None:
        return None
    return {
        "points": override.points,
        "reason": override.reason,
        "author": override.author,
        "version": override.version,
    }


def _html(request: Request, course: Course, id: str, key: str) -> str:
    """Return the left side: documents, code, and what the tests found."""
    names, row = shows_names(request), course.row(key)
    hidden = [] if names else course.hidden(key)
    documents, places = course.of_student(key)
    place = places.get(id)
    remarks = [covered(remark, hidden) for remark in course.remarks(key)]
    return rendered(
        "answer.html",
        key=key,
        question=id,
        row=row,
        message=covered(row.message, hidden),
        doubt=bool(row.doubt),
        documents=[_shown(document, key, hidden, names=names) for document in documents],
        start=_start(documents, place),
        place=place,
        checks=course.checks(key, id),
        cover=lambda text: covered(text, hidden),
        remarks=remarks,
    )


def _start(documents: Sequence[Document], place: Place | None) -> int:
    """Return the number of the document to begin with: where the answer is, or else a text."""
    if place:
        return place.document
    readable = [document.number for document in documents if document.file.kind != "code"]
    return readable[0] if readable else 0


def _shown(
    document: Document, key: str, hidden: Sequence[str], *, names: bool
) -> Mapping[str, Any]:
    """Return a document as the template shows it."""
    file = document.file
    blocks = []
    for block in document.blocks:
        address = rf'src="/picture/{key}/{document.number}/\1" loading="lazy"'
        html = OWN_PICTURE.sub(address, covered(block.html, hidden))
        blocks.append({"kind": block.kind, "html": safe(html), "label": block.label})
    label = str(file.path) if names else file_label(file.kind, document.number)
    if file.earlier:
        label += f" (earlier, does not count{f': {file.earlier}' if names else ''})"
    return {"document": document, "label": label, "blocks": blocks}
