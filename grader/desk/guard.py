"""Let only the desk's own pages and people in.

Theory of operation. A desk serves grades on a port that every page in the browser can send requests
to, and on the machine every user. So each request is refused unless

- it is addressed to a name that the desk is known by (against DNS rebinding);
- it bears a cookie that the desk has signed; one gets it by the token in the address that the desk
  prints, or by the password. The cookie is HttpOnly and SameSite=Strict;
- if it changes anything, its Origin is the desk itself, and it is JSON (against forged forms);
- it doesn't come from another site, whatever it asks for (``Sec-Fetch-Site``). Only the address
  with the token may be opened from anywhere, such as a terminal, a chat or a file.

Answers forbid scripts, styles and pictures from anywhere else, frames around the desk, guesses at
the kind of a file, and copies in caches that others share.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.desk.rendering import page
from grader.desk.sessions import Sessions

MAX_BODY = 256 * 1024  # bytes
LONGEST_PATH = 200  # characters
OPEN = ("/login", "/static/")  # what needs no cookie
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}


class Guard:
    """An ASGI application around that of the desk."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Collection[str], port: int) -> None:
        """Protect ``app``.

        Args:
            app: The desk.
            sessions: Its people.
            hosts: The names that it may be addressed by.
            port: Names its cookie, as all ports of a machine share cookies.
        """
        self._app, self._sessions = app, sessions
        self._hosts = {host.lower().strip("[]") for host in hosts}
        self.cookie = f"desk-{port}"
        self._pattern = re.compile(rf'(?:^|;)\s*{self.cookie}="?([\w.=-]+)')

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no websockets
        headers = Headers(scope=scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answer[name] = value
                answer.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope, headers) or self._entrance(scope, headers)
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Return what a request that is not from one of our pages gets."""
        if len(scope["path"]) > LONGEST_PATH:
            return PlainTextResponse("This address is too long.", 414)
        if _name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("This desk is not known by that name.", 421)
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and not self._bears_token(scope, headers):
            return PlainTextResponse("Open the desk by itself.", 403)
        if scope["method"] not in ("GET", "HEAD"):
            origin = headers.get("origin", "")
            if urlsplit(origin).netloc.lower() != headers["host"].lower():
                return PlainTextResponse("This request comes from another page.", 403)
            # Chunks come without a length, or with one that doesn't count.
            is_chunked = "transfer-encoding" in headers
            if is_chunked or int(headers.get("content-length", MAX_BODY + 1)) > MAX_BODY:
                return PlainTextResponse("This request is too long.", 413)
            if scope["path"] != "/login" and not _is_json(headers):
                return PlainTextResponse("Requests are JSON.", 415)
        return None

    def _entrance(self, scope: Scope, headers: Headers) -> Response | None:
        """Note in ``scope`` who asks; return what somebody unknown gets."""
        if self._bears_token(scope, headers):
            # Not a redirect: one that another site has begun would come without the cookie.
            answer = page("enter.html", 200)
            self.admit(answer, self._sessions.person)
            return answer
        person = self._person(headers)
        if person:
            scope.setdefault("state", {})["person"] = person
            return None
        if any(scope["path"].startswith(path) for path in OPEN):
            return None
        if self._sessions.has_password and scope["method"] == "GET":
            return RedirectResponse("/login", 303)
        return PlainTextResponse("Open the address that `review` has printed, with its token.", 401)

    def _bears_token(self, scope: Scope, headers: Headers) -> bool:
        """Return whether somebody opens the address with the token, as a page of its own."""
        if scope["method"] != "GET" or headers.get("sec-fetch-mode", "navigate") != "navigate":
            return False
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return bool(token) and self._sessions.is_token(token)

    def _person(self, headers: Headers) -> str | None:
        found = self._pattern.search(headers.get("cookie", ""))
        try:
            return self._sessions.person_of(found[1]) if found else None
        except ValueError:
            return None

    def admit(self, answer: Response, person: str) -> None:
        """Give a person the cookie."""
        value = self._sessions.cookie(person)
        answer.set_cookie(self.cookie, value, httponly=True, samesite="strict", path="/")


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    try:
        return "" if "@" in host else (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip() == "application/json"
