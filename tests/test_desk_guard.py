"""The desk lets nobody in but its own people and pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.desk.command import chosen_level, opened_socket
from grader.desk.sessions import LASTS, TRIES, Sessions, folder_key
from tests.desk_client import Client, desk
from tests.desk_course import a_course

MARK = {"question": "1.4", "items": [], "adjustment": 2.0, "comment": "", "version": 0}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_course(tmp_path_factory.mktemp("course"), 3)


@pytest.fixture(scope="module")
def client(course: Path) -> Iterator[Client]:
    with desk(course, allow_host=["desk.example.org"]) as client:
        yield client


def state(client: Client) -> list[int]:
    """Return the versions of all marks: what an attack would change."""
    return [one["version"] for one in client.get("/api/question/1.4")["students"]]


def test_the_token_gives_a_cookie_that_only_the_desk_reads(client: Client) -> None:
    """Also from a link on another site, or from a file."""
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Cookie": None}
    answer = client.ask("GET", f"/?token={client.token}", headers=elsewhere)
    assert answer.status == 200
    assert 'content="0;url=/"' in answer.text
    fetched = elsewhere | {"Sec-Fetch-Mode": "no-cors"}
    assert client.ask("GET", f"/?token={client.token}", headers=fetched).status == 403
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    "path",
    ["/", "/question/1.4", "/api/question/1.4", "/page/x/0/0", "/download/x/0", "/student/x"],
)
def test_without_cookie_nothing_is_told(client: Client, path: str) -> None:
    for cookie in (None, f"desk-{client.port}=", f"desk-{client.port}=QW5u.99999999999.00"):
        answer = client.ask("GET", path, headers={"Cookie": cookie})
        assert answer.status == 401
        assert b"Student" not in answer.body
    assert client.ask("GET", f"{path}?token=wrong", headers={"Cookie": None}).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example.org"}, 421),  # DNS rebinding
        ({"Host": "evil.example.org", "Origin": "http://evil.example.org"}, 421),
        ({"Host": "127.0.0.1.evil.org"}, 421),
        ({"Origin": "http://evil.example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),  # another port of this machine
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Cookie": None}, 401),
    ],
)
def test_a_change_from_elsewhere_has_no_effect(
    client: Client, headers: dict[str, str | None], status: int
) -> None:
    before = state(client)
    key = client.get("/api/question/1.4")["students"][0]["key"]
    answer = client.ask("POST", "/api/mark", MARK | {"key": key}, headers)
    assert answer.status == status
    assert state(client) == before


@pytest.mark.parametrize("headers", [{"Host": "evil.org"}, {"Sec-Fetch-Site": "cross-site"}])
def test_nothing_is_read_from_elsewhere(client: Client, headers: dict[str, str]) -> None:
    assert client.ask("GET", "/api/question/1.4", headers=headers).status in (403, 421)


def test_a_tunnel_has_a_name(client: Client) -> None:
    assert client.ask("GET", "/", headers={"Host": "desk.example.org"}).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../command.py",
        "/static/..%2fcommand.py",
        "/static/%2e%2e%2fcommand.py",
        "/static//etc/passwd",
        "/static/desk.css%00.js",
        "/download/../../run.json/0",
        "/download/{key}/..%2f..%2frun.json",
        "/download/{key}/99",
        "/page/{key}/0/-1",
        "/page/{key}/0/99999",
        "/picture/{key}/0/99999",
        "/figure/1.6/{key}/9/9",
        "/student/../../etc/passwd",
        "/student/%2e%2e",
        "/question/..%2f..%2frun.json",
        "/api/answer/1.4/..%2f..",
    ],
)
def test_no_path_leads_out(client: Client, path: str) -> None:
    key = client.get("/api/question/1.4")["students"][0]["key"]
    answer = client.ask("GET", path.format(key=key))
    assert answer.status in (400, 404)
    assert b"seed" not in answer.body
    assert b"import" not in answer.body


@pytest.mark.parametrize("path", ["/", "/question/1.4", "/static/desk.css", "/nothing", "/api/x"])
def test_every_answer_forbids_what_is_not_the_desks(client: Client, path: str) -> None:
    headers = client.ask("GET", path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_grades_stay_in_no_cache(client: Client) -> None:
    assert client.ask("GET", "/").headers["cache-control"] == "no-store"


def test_pages_hold_no_script_of_their_own(client: Client) -> None:
    for path in ("/", "/question/1.4"):
        text = client.ask("GET", path).text
        assert "<script>" not in text
        assert " onclick=" not in text
        assert " style=" not in text


def test_what_is_no_json_or_too_long_is_refused(client: Client) -> None:
    assert client.ask("POST", "/api/mark", b"{").status == 400
    assert client.ask("POST", "/api/mark", b"[]").status == 400
    assert client.ask("POST", "/api/mark", b" " * 300_000).status == 413
    assert client.ask("POST", "/api/mark", {"question": 1}).status == 400
    assert client.ask("PUT", "/api/mark", {}).status == 405


def test_a_team_logs_in_by_password(course: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    with desk(course, password_file=file) as client:
        assert client.ask("GET", "/", headers={"Cookie": None}).headers["location"] == "/login"
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": None}
        wrong = client.ask("POST", "/login", b"person=Ben&password=battery", form)
        assert (wrong.status, wrong.headers["set-cookie"]) == (403, None)
        forged = form | {"Origin": "http://evil.org"}
        assert (
            client.ask("POST", "/login", b"person=B&password=correct+horse", forged).status == 403
        )
        right = client.ask("POST", "/login", b"person=Ben&password=correct+horse", form)
        assert right.status == 303
        client.cookie = right.headers["set-cookie"].partition(";")[0]
        assert client.get("/api/question/1.4")["me"] == "Ben"


def test_passwords_can_not_be_tried_without_end() -> None:
    sessions = Sessions(b"key", "Ann", "correct horse")
    assert not any(sessions.is_password(str(number)) for number in range(TRIES))
    assert not sessions.is_password("correct horse")


def test_cookies_are_signed_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(b"key", "Ann")
    cookie = sessions.cookie("Ünal Ç.")
    assert sessions.person_of(cookie) == "Ünal Ç."
    assert Sessions(b"other", "Ann").person_of(cookie) is None
    assert Sessions(b"key", "Ann", "new password").person_of(cookie) is None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LASTS + 2)
    assert sessions.person_of(cookie) is None


def test_the_key_is_for_its_owner(tmp_path: Path) -> None:
    key = folder_key(tmp_path)
    assert folder_key(tmp_path) == key
    assert len(key) == 32
    assert (tmp_path / "desk.key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["desk.key"]


def test_a_short_password_is_refused(course: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("short")
    with pytest.raises(UserError, match="8 characters"), desk(course, password_file=file):
        pass


def test_the_port_is_the_first_that_is_free() -> None:
    with opened_socket("127.0.0.1", None) as one, opened_socket("127.0.0.1", None) as other:
        assert one.getsockname()[1] < other.getsockname()[1]
        with (
            pytest.raises(UserError, match="nothing can listen"),
            opened_socket("127.0.0.1", one.getsockname()[1]),
        ):
            pass


def test_documents_are_read_in_a_full_lock_unless_less_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("grader.desk.command.missing", lambda: ("Landlock",))
    with pytest.raises(UserError, match="lacks Landlock"):
        chosen_level("full")
    assert chosen_level("limits") in ("full", "limits", "process")
