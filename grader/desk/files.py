"""Serve pictures of pages, figures, and the files themselves, as attachments."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from grader.core.errors import UserError
from grader.core.text import plain
from grader.desk.course import Course
from grader.desk.documents import Document
from grader.desk.fair import file_label
from grader.desk.rendering import shows_names

KEEP = {"cache-control": "private, max-age=3600"}
PNG = b"\x89PNG\r\n\x1a\n"


def page(request: Request, course: Course) -> Response:
    """Return the picture of a page of a PDF."""
    document = _document(request, course)
    key = request.path_params["key"]
    hidden = [] if shows_names(request) else course.hidden(key)
    return _webp(course.documents.page(document, request.path_params["page"], hidden))


def picture(request: Request, course: Course) -> Response:
    """Return a picture of a notebook, or one that was handed in."""
    document = _document(request, course)
    return _webp(course.documents.picture(document, request.path_params["picture"]))


def figure(request: Request, course: Course) -> Response:
    """Return a figure that a student's code drew in a test."""
    place = request.path_params
    checks = course.checks(place["key"], place["question"])
    try:
        data = base64.b64decode(
            checks[place["check"]].get("figures", [])[place["figure"]]["png"], validate=True
        )
    except (LookupError, binascii.Error):
        data = b""
    if not data.startswith(PNG):
        return PlainTextResponse("There is no such figure.", 404)
    return Response(data, media_type="image/png", headers=KEEP)


def download(request: Request, course: Course) -> Response:
    """Return a file as it was handed in, to be saved and not to be opened here."""
    document = _document(request, course)
    key, file = request.path_params["key"], document.file
    name = plain(file.path.name)
    if not shows_names(request):
        label = file_label(file.kind, document.number)
        name = f"{course.label(key, names=False)} {label}{file.path.suffix.lower()}"
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        file.read(),
        media_type="application/octet-stream",
        headers={"content-disposition": disposition},
    )


def _document(request: Request, course: Course) -> Document:
    documents, _ = course.of_student(request.path_params["key"])
    number: int = request.path_params["number"]
    if not number < len(documents):
        raise UserError("there is no such document")
    return documents[number]


def _webp(data: bytes | None) -> Response:
    if data is None:
        return PlainTextResponse("This can't be drawn.", 404)
    return Response(data, media_type="image/webp", headers=KEEP)
