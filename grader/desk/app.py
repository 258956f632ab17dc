"""Build the desk's web application: its addresses, their answers, and how errors look."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from grader.core.errors import MachineError, UserError
from grader.desk import actions, answers, decisions, files, pages
from grader.desk.course import Course
from grader.desk.fair import covered
from grader.desk.guard import Guard
from grader.desk.login import Login
from grader.desk.rendering import shows_names
from grader.desk.sessions import Sessions
from grader.marking.data import Conflict
from grader.reports.pages import TEMPLATES as REPORTS

STATIC = Path(__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Answer = Callable[[Request, Course], Response]


def desk(course: Course, sessions: Sessions, hosts: Collection[str], port: int) -> Guard:
    """Return the application, guarded.

    Args:
        course: What it is about.
        sessions: Who may use it.
        hosts: The names that it may be addressed by.
        port: Where it listens.
    """
    login = Login(sessions)

    @contextlib.asynccontextmanager
    async def at_work(app: Starlette) -> AsyncIterator[None]:
        """Read all documents ahead, and keep the reports, while the desk runs."""
        del app
        stop = threading.Event()
        reader = threading.Thread(target=course.read_all, args=[stop], daemon=True)
        writer = threading.Thread(target=course.reports.keep, daemon=True)
        for thread in (reader, writer):
            thread.start()
        yield
        stop.set()
        course.documents.close()
        course.reports.stop()
        for thread in (reader, writer):
            thread.join()

    routes = [
        Route("/login", login.page, methods=["GET"]),
        Route("/login", login.enter, methods=["POST"]),
        Route("/static/{name}", _static),
        *_routes(course, "GET", PAGES),
        *_routes(course, "POST", CHANGES, is_noted=True),
        *_routes(course, "POST", OTHERS),
    ]
    guard = Guard(Starlette(routes=routes, lifespan=at_work), sessions, hosts, port)
    login.admit = guard.admit
    return guard


PAGES: Sequence[tuple[str, Answer]] = (
    ("/", pages.overview),
    ("/question/{question}", pages.question),
    ("/student/{key}", pages.student),
    ("/api/question/{question}", answers.question),
    ("/api/answer/{question}/{key}", answers.answer),
    ("/api/look/{question}/{key}", answers.look),
    ("/api/progress", answers.progress),
    ("/page/{key}/{number:int}/{page:int}", files.page),
    ("/picture/{key}/{number:int}/{picture:int}", files.picture),
    ("/figure/{question}/{key}/{check:int}/{figure:int}", files.figure),
    ("/download/{key}/{number:int}", files.download),
)
CHANGES: Sequence[tuple[str, Answer]] = (  # of what reports show
    ("/api/mark", actions.mark),
    ("/api/marks", actions.marks),
    ("/api/undo", actions.undo),
    ("/api/item", actions.item),
    ("/api/override", decisions.override),
    ("/api/excuse", decisions.excuse),
    ("/api/adjust", decisions.adjust),
    ("/api/time", decisions.handed_in),
    ("/api/request", decisions.request),
)
OTHERS: Sequence[tuple[str, Answer]] = (
    ("/api/names", actions.names),
    ("/api/sample", actions.sample),
    ("/api/assign", actions.assign),
    ("/api/reports", actions.reports),
)


def _routes(
    course: Course, method: str, answers: Sequence[tuple[str, Answer]], *, is_noted: bool = False
) -> list[Route]:
    if is_noted:
        answers = [(path, _noted(answer)) for path, answer in answers]
    return [Route(path, _safe(course, answer), methods=[method]) for path, answer in answers]


def _noted(answer: Answer) -> Answer:
    """Return an answer that has the reports written again once it has changed something."""

    def noted(request: Request, course: Course) -> Response:
        response = answer(request, course)
        course.reports.note()
        return response

    return noted


def _safe(course: Course, answer: Answer) -> Callable[[Request], Any]:
    """Return an endpoint that runs in a thread, and turns errors of users into answers."""

    def prepared(request: Request) -> Response:
        try:
            return answer(request, course)
        except Conflict as conflict:
            # Not the store's words: they hold the student's name.
            who = conflict.author or "Somebody"
            answered = {"message": f"{who} has changed this meanwhile.", "conflict": True}
            return JSONResponse(answered | actions.current(course, conflict), 409)
        except UserError as error:
            return _refused(request, _covered(request, course, str(error)), 400)
        except (MachineError, OSError) as error:
            said = f"This can't be read now, so close the desk and open it again: {error}"
            return _refused(request, _covered(request, course, said), 503)
        except actions.MissingError as error:
            return _refused(request, f"{error}: reload the page", 400)

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            request.state.body = _parsed(await request.body())
            if not isinstance(request.state.body, dict):
                return JSONResponse({"message": "This is no JSON object."}, 400)
        return await run_in_threadpool(prepared, request)

    return endpoint


def _parsed(body: bytes) -> Any:
    """Return what a body says; None if it is no JSON, or holds half characters."""
    try:
        said = json.loads(body)
        json.dumps(said, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return said


def _covered(request: Request, course: Course, message: str) -> str:
    """Return a message without the name of the student whom a request is about."""
    body = getattr(request.state, "body", {})
    key = request.path_params.get("key") or body.get("key")
    if shows_names(request) or not isinstance(key, str) or key not in course.rows:
        return message
    return covered(message, course.hidden(key))


def _refused(request: Request, message: str, status: int) -> Response:
    said = f"{message[:1].upper()}{message[1:].rstrip('.')}."
    if request.url.path.startswith("/api/"):
        return JSONResponse({"message": said}, status)
    return PlainTextResponse(said, status)


async def _static(request: Request) -> Response:
    """Serve one of the desk's own files, or the style of the reports."""
    name = request.path_params["name"]
    place = REPORTS / "style.css" if name == "base.css" else STATIC / name
    known = {path.name for path in STATIC.iterdir()} | {"base.css"}
    if name not in known or place.suffix not in KINDS:
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(
        place, media_type=KINDS[place.suffix], headers={"cache-control": "no-cache"}
    )
