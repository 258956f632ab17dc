"""Attack the desk: by requests, by texts, and by names. Nothing has an effect or stops it."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from grader.marking.items import MOST
from tests.desk_client import Client, Q, desk
from tests.desk_course import EVIL, a_course

ROOM = 3.0  # seconds in which the desk answers all the same, also on a busy machine
FORM = "application/x-www-form-urlencoded"
SURROGATE = "\ud800"
TURNED = "\u202e"  # turns round the text behind it
BAD_NAMES = [
    "<img src=x onerror=alert(1)>",
    f"Anna{TURNED}gpj.exe",
    "{{ 7*7 }}",
    "\x1b[31mRed",
    "'; DROP TABLE entry; --",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    out = a_course(tmp_path_factory.mktemp("course"), 10, names=BAD_NAMES)
    with desk(out) as client:
        yield client


def state(client: Client) -> list[int]:
    """Return the versions of all marks: what an attack would change."""
    return [one["version"] for one in client.get(f"/api/question/{Q}")["students"]]


def opened(client: Client, head: str, body: bytes = b"") -> socket.socket:
    """Begin a request, byte by byte as an attacker wants it."""
    connection = socket.create_connection((client.host, client.port), timeout=30)
    host = f"{client.host}:{client.port}"
    lines = f"{head}\r\nHost: {host}\r\nOrigin: http://{host}\r\n\r\n"
    connection.sendall(lines.encode() + body)
    return connection


def status_of(connection: socket.socket) -> int:
    with connection:
        return int(connection.recv(1000).split()[1])


@pytest.mark.parametrize("path", ["/login", "/api/mark"])
@pytest.mark.parametrize("length", ["", "Content-Length: 2\r\n"])
def test_chunks_that_would_hide_their_length_are_refused(
    client: Client, path: str, length: str
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\n{length}Transfer-Encoding: chunked\r\n"
        f"Cookie: {client.cookie}\r\nContent-Type: application/json"
    )
    assert status_of(opened(client, head, b"2\r\n{}\r\n0\r\n\r\n")) == 413


def test_slow_requests_hold_nobody_up(client: Client) -> None:
    slow = [
        *(opened(client, "POST /login HTTP/1.1\r\nContent-Length: 900") for _ in range(60)),
        *(socket.create_connection((client.host, client.port)) for _ in range(60)),
    ]
    start = time.monotonic()
    state(client)
    assert time.monotonic() - start < ROOM
    for connection in slow:
        connection.close()


def test_a_cookie_made_to_be_slow_costs_nothing(client: Client) -> None:
    cookie = f'{client.cookie.partition("=")[0]}="' + "\\\\" * 15_000 + '"'
    start = time.monotonic()
    assert client.ask("GET", "/", headers={"Cookie": cookie}).status == 401
    assert client.ask("GET", "/", headers={"Cookie": "; " * 20_000}).status == 401
    assert time.monotonic() - start < ROOM


def test_the_token_stands_in_no_page_and_in_no_referer(client: Client) -> None:
    first = client.ask("GET", f"/?token={client.token}")
    assert first.headers["referrer-policy"] == "no-referrer"
    key = client.students()[0]
    for page in ("/", f"/question/{Q}", f"/student/{key}", f"/api/answer/{Q}/{key}"):
        assert client.token not in client.ask("GET", page).text


@pytest.mark.parametrize("host", ["evil.org@{}", "{}@evil.org", "evil.org#{}", ".", "[::1", ""])
def test_a_host_that_only_holds_the_right_name_is_refused(client: Client, host: str) -> None:
    headers = {"Host": host.format(f"127.0.0.1:{client.port}")}
    assert client.ask("GET", f"/api/question/{Q}", headers=headers).status in (400, 421)


@pytest.mark.parametrize("kind", ["text/plain", FORM, "multipart/form-data; boundary=x", ""])
def test_what_a_page_can_send_without_asking_changes_nothing(client: Client, kind: str) -> None:
    """A form, or fetch with no-cors: such a request bears the cookie where SameSite is unknown."""
    before = state(client)
    body = {"question": Q, "key": client.students()[0], "items": [], "version": 0}
    for origin in ("http://evil.org", "null", f"http://127.0.0.1:{client.port + 1}", client.url):
        headers = {"Origin": origin, "Content-Type": kind, "Sec-Fetch-Mode": "no-cors"}
        assert client.ask("POST", "/api/mark", body, headers).status in (403, 415)
    assert client.ask("OPTIONS", "/api/mark", b"", {"Origin": "http://evil.org"}).status == 403
    assert state(client) == before


BAD = ["x", "..", "%2e%2e%2f%2e%2e%2frun.json", "%00", "%ed%a0%80", "-1", "9" * 900, "9" * 5000]
PLACES = [
    "/question/{}", "/student/{}", "/api/question/{}", "/api/answer/{}/{key}", "/api/answer/1.4/{}",
    "/api/look/{}/{key}", "/api/look/1.4/{}", "/page/{}/0/0", "/page/{key}/{}/0",
    "/page/{key}/0/{}",
    "/picture/{}/0/0", "/picture/{key}/{}/0", "/picture/{key}/0/{}", "/figure/{}/{key}/0/0",
    "/figure/1.6/{}/0/0", "/figure/1.6/{key}/{}/0", "/figure/1.6/{key}/0/{}", "/download/{}/0",
    "/download/{key}/{}", "/static/{}",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_nothing_odd_in_a_path_leads_anywhere(client: Client, place: str) -> None:
    key = client.students()[0]
    for bad in BAD:
        answer = client.ask("GET", place.format(bad, key=key))
        assert answer.status in (400, 404, 414), bad
        assert b"seed" not in answer.body


RAW = ["[" * 100_000, '{"a":' * 40_000, "null", '"x"', f'{{"a": {"9" * 5000}}}', "\xff"]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    float("nan"),
    float("inf"),
    "",
    SURROGATE,
    [],
    {},
    [[]],
]
FIELDS: dict[str, dict[str, Any]] = {
    "/api/mark": {"question": Q, "key": "", "items": [], "version": 0, "adjustment": 0.0},
    "/api/marks": {"question": Q, "students": [], "items": []},
    "/api/item": {"question": Q, "label": "x", "points": 1.0, "id": "x", "version": 0},
    "/api/override": {"question": "1.6", "key": "", "points": 1.0, "reason": "", "version": 0},
    "/api/excuse": {"key": "", "question": "", "remove": True},
    "/api/adjust": {"key": "", "id": "x", "remove": True},
    "/api/time": {"key": "", "at": "0001-01-01", "extension": 1e12, "reason": ""},
    "/api/request": {"key": "", "question": Q, "id": "x", "state": "open", "note": ""},
    "/api/assign": {"question": "x", "people": ""},
    "/api/sample": {"question": "x", "share": 1e300},
}


@pytest.mark.parametrize("path", FIELDS)
def test_nothing_odd_in_a_body_has_an_effect(client: Client, path: str) -> None:
    before = state(client)
    for raw in RAW:
        assert client.ask("POST", path, raw.encode("latin-1")).status == 400
    fields = FIELDS[path] | ({"key": client.students()[0]} if "key" in FIELDS[path] else {})
    for name in fields:
        for value in VALUES:
            answer = client.ask("POST", path, fields | {name: value})
            assert answer.status < 500, (name, value)
    assert [version for version in state(client) if version] == [1] * (path == "/api/mark") or (
        state(client) == before
    )


def test_a_time_or_extension_that_no_calendar_has_is_refused(client: Client) -> None:
    key = client.students()[1]
    for odd in ({"at": "0001-01-01"}, {"at": "9999-12-31"}, {"extension": 1e11}):
        assert client.ask("POST", "/api/time", {"key": key, **odd}).status == 400, odd
    assert "All reports are written" in client.post("/api/reports", {})["message"]


def test_names_and_words_are_only_text(client: Client) -> None:
    """Of students, in comments, items, reasons and requests."""
    shows = client.ask("POST", "/api/names", {"show": True})
    client.cookie += "; " + shows.headers["set-cookie"].partition(";")[0]
    evil = f"{EVIL}{TURNED} {{{{ 7*7 }}}}"
    key = client.students()[2]
    client.mark(key, comment=evil, adjustment=1.0)
    client.item(re.sub(r"\s+", " ", EVIL), 0.5)
    client.post("/api/adjust", {"key": key, "points": 1, "reason": evil})
    client.post("/api/request", {"key": key, "question": Q, "text": evil})
    pages = ["/", f"/question/{Q}", *(f"/student/{one}" for one in client.students())]
    for path in pages:
        text = client.ask("GET", path).text
        assert "<img" not in text
        assert "<script>" not in text
        assert TURNED not in text
        assert "\x1b" not in text
        assert " 49" not in text
    listed = client.get(f"/api/question/{Q}")
    assert TURNED not in json.dumps(listed, ensure_ascii=False)
    client.cookie = client.cookie.partition(";")[0]


def test_an_answer_holds_only_what_was_cleaned(client: Client) -> None:
    for key in client.students():
        html = client.get(f"/api/answer/{Q}/{key}")["html"]
        tags = re.findall(r"<[^<>]*>", html)
        assert not [tag for tag in tags if re.search(r"script|\son\w+=|javascript:|style", tag)]
        for link in re.findall(r'href="([^"]*)"', html):
            assert re.match(r"https?://|mailto:|/download/", link)
        assert TURNED not in html


def test_a_rubric_has_an_end(client: Client) -> None:
    answers = [
        client.ask("POST", "/api/item", {"question": "1.1", "label": f"{n}", "points": 0.1})
        for n in range(MOST + 1)
    ]
    assert answers[-1].status == 400
    assert "200 rubric items at most" in answers[-1].text
    start = time.monotonic()
    assert len(client.get("/api/question/1.1")["items"]) <= MOST
    assert time.monotonic() - start < ROOM


def test_undo_from_many_windows_takes_each_change_back_once(client: Client) -> None:
    keys = client.students()[3:9]
    before = {one["key"]: one["points"] for one in client.get(f"/api/question/{Q}")["students"]}
    for _ in range(3):
        for key in keys:
            client.mark(key, adjustment=1.0)
    undone: list[Any] = []

    def undo() -> None:
        for _ in range(3):
            undone.extend(client.post("/api/undo", {})["undone"])

    threads = [threading.Thread(target=undo) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["key"] for one in undone) == sorted(3 * keys)
    after = {one["key"]: one["points"] for one in client.get(f"/api/question/{Q}")["students"]}
    assert after == before
