"""Let a team log in with a name and the password."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from grader.core.text import plain
from grader.desk.rendering import page
from grader.desk.sessions import LONGEST_PERSON, Sessions

PAUSE = 0.5  # seconds that a wrong password takes


class Login:
    """The page to log in; ``admit`` gives a person the cookie."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.admit: Callable[[Response, str], None] = _admit_nobody

    async def page(self, request: Request) -> Response:
        """Show the form."""
        del request
        return page("login.html", 200, message="", person="", is_open=self._sessions.has_password)

    async def enter(self, request: Request) -> Response:
        """Let a person in who knows the password."""
        body = (await request.body()).decode("utf-8", errors="replace")
        form = _form(body)
        person = " ".join(plain(form.get("person", "")).split())[:LONGEST_PERSON]
        if person and self._sessions.is_password(form.get("password", "")):
            answer = RedirectResponse("/", 303)
            self.admit(answer, person)
            return answer
        await asyncio.sleep(PAUSE)
        message = "Enter your name." if not person else "This is not the password."
        return page("login.html", 403, message=message, person=person, is_open=True)


def _admit_nobody(answer: Response, person: str) -> None:
    """Give no cookie: the application has not been built yet."""
    del answer, person


def _form(body: str) -> dict[str, str]:
    return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=10))
