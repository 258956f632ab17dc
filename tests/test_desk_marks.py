"""Each decision at the desk is saved, and nobody's work is overwritten silently."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.batch.store import Store
from grader.core.errors import UserError
from grader.desk.command import private_page
from grader.marking.store import FILE
from tests.desk_client import Client, desk
from tests.desk_course import EVIL, a_course

Q = "1.4"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return a_course(tmp_path, 4)


@pytest.fixture
def ann(out: Path) -> Iterator[Client]:
    with desk(out) as client:
        yield client


@pytest.fixture
def ben(ann: Client, out: Path) -> Iterator[Client]:
    """Somebody else, at a desk of their own on the same folder."""
    del ann
    with desk(out, person="Ben") as client:
        yield client


def keys(client: Client) -> list[str]:
    return [one["key"] for one in client.get(f"/api/question/{Q}")["students"]]


def mark(client: Client, key: str, **changes: Any) -> dict[str, Any]:
    """Save a mark from how it is now, and return how it is then."""
    now = client.get(f"/api/answer/{Q}/{key}")["mark"]
    body = {name: now[name] for name in ("items", "adjustment", "comment", "version")}
    answer: dict[str, Any] = client.post(
        "/api/mark", body | {"question": Q, "key": key, "decided": True} | changes
    )["mark"]
    return answer


def item(client: Client, label: str, points: float, **more: Any) -> dict[str, Any]:
    items = client.post("/api/item", {"question": Q, "label": label, "points": points, **more})[
        "items"
    ]
    return next(one for one in items if one["label"] == label)


def test_a_mark_is_on_the_disk_when_it_is_acknowledged(ann: Client, out: Path) -> None:
    key = keys(ann)[0]
    saved = mark(ann, key, adjustment=1.25, comment="Good <b>idea</b>")
    assert (saved["points"], saved["author"], saved["comment"]) == (1.25, "Ann", "Good <b>idea</b>")
    with sqlite3.connect(out / FILE) as other:
        found = other.execute("SELECT value FROM entry WHERE kind = 'mark'").fetchall()
    other.close()
    assert len(found) == 1
    assert "Good <b>idea</b>" in found[0][0]


def test_points_stay_within_bounds(ann: Client) -> None:
    key = keys(ann)[0]
    assert mark(ann, key, adjustment=7.0)["points"] == 2.0
    assert mark(ann, key, adjustment=-1.0)["points"] == 0.0


def test_changing_an_item_changes_everybody_who_has_it(ann: Client) -> None:
    new = item(ann, "momentum explained", 0.75)
    first, second, third, _ = keys(ann)
    for key in (first, second):
        assert mark(ann, key, items=[new["id"]])["points"] == 0.75
    mark(ann, third)
    changed = item(ann, "momentum and why", 0.5, id=new["id"], version=new["version"])
    assert (changed["points"], changed["uses"]) == (0.5, 2)
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second], points[third]) == (0.5, 0.5, 0.0)


def test_of_a_group_one_item_counts(ann: Client) -> None:
    one, other = (item(ann, label, 0.5, group="rate") for label in ("all of it", "half of it"))
    key = keys(ann)[0]
    body = {"question": Q, "key": key, "items": [one["id"], other["id"]], "version": 0}
    answer = ann.ask("POST", "/api/mark", body)
    assert answer.status == 400
    assert answer.json["message"] == "Choose one of all of it and half of it."


def test_two_people_notice_each_other(ann: Client, ben: Client) -> None:
    key = keys(ann)[0]
    ann.get(f"/api/look/{Q}/{key}")
    assert ben.get(f"/api/look/{Q}/{key}")["others"] == ["Ann"]
    assert ann.get(f"/api/look/{Q}/{key}")["others"] == ["Ben"]
    assert ann.get(f"/api/look/{Q}/{keys(ann)[1]}")["others"] == []


def test_a_mark_of_somebody_else_is_not_overwritten(ann: Client, ben: Client) -> None:
    key = keys(ann)[0]
    mark(ann, key, adjustment=2.0, comment="Ann's")
    stale = {"question": Q, "key": key, "items": [], "adjustment": 0.5, "version": 0}
    answer = ben.ask("POST", "/api/mark", stale)
    assert answer.status == 409
    assert answer.json["message"] == "Ann has changed this meanwhile."  # without the student's name
    assert (answer.json["mark"]["comment"], answer.json["mark"]["author"]) == ("Ann's", "Ann")
    assert ann.get(f"/api/answer/{Q}/{key}")["mark"]["comment"] == "Ann's"
    version = answer.json["mark"]["version"]
    assert ben.post("/api/mark", stale | {"version": version})["mark"]["points"] == 0.5


def test_of_two_changes_of_an_item_the_second_is_told(ann: Client, ben: Client) -> None:
    new = item(ann, "momentum", 0.75)
    item(ann, "momentum, why", 0.5, id=new["id"], version=new["version"])
    body = {"question": Q, "label": "x", "points": 1, "id": new["id"], "version": new["version"]}
    answer = ben.ask("POST", "/api/item", body)
    assert answer.status == 409
    assert answer.json["item"]["label"] == "momentum, why"


def test_a_group_is_marked_at_once_and_undone_at_once(ann: Client) -> None:
    first, second, third, _ = keys(ann)
    mark(ann, third, adjustment=0.25)
    students = [{"key": key, "version": 0} for key in (first, second)]
    body = {"question": Q, "students": students, "items": [], "adjustment": 1.5, "comment": "same"}
    assert [one["points"] for one in ann.post("/api/marks", body)["marks"]] == [1.5, 1.5]
    assert mark(ann, second, adjustment=1.0)["points"] == 1.0  # each can still be changed
    assert ann.post("/api/undo", {})["undone"][0]["key"] == second
    assert {one["key"] for one in ann.post("/api/undo", {})["undone"]} == {first, second}
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second], points[third]) == (None, None, 0.25)


def test_a_group_is_marked_as_a_whole_or_not_at_all(ann: Client, ben: Client) -> None:
    first, second, *_ = keys(ann)
    mark(ben, second, adjustment=0.5)
    students = [{"key": key, "version": 0} for key in (first, second)]
    answer = ann.ask("POST", "/api/marks", {"question": Q, "students": students, "items": []})
    assert answer.status == 409
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second]) == (None, 0.5)


def test_undo_takes_back_only_what_is_ones_own(ann: Client, ben: Client) -> None:
    mark(ben, keys(ann)[0], adjustment=1.0)
    assert ann.post("/api/undo", {}) == {"undone": []}


def test_comments_are_suggested(ann: Client) -> None:
    first, second, third, _ = keys(ann)
    mark(ann, first, comment="Why does it help?")
    mark(ann, second, comment="Why does it help?")
    mark(ann, third, comment="Which rate?")
    assert ann.get(f"/api/question/{Q}")["comments"] == ["Why does it help?", "Which rate?"]


def test_points_of_tests_change_only_with_a_reason(ann: Client) -> None:
    key = keys(ann)[0]
    body = {"question": "1.6", "key": key, "items": [], "version": 0}
    assert "with a reason" in ann.ask("POST", "/api/mark", body).text
    override = {"question": "1.6", "key": key, "points": 3.5, "reason": "", "version": 0}
    assert ann.ask("POST", "/api/override", override).status == 400
    ann.post("/api/override", override | {"reason": f"float32 {EVIL}"})
    now = ann.get(f"/api/answer/1.6/{key}")["override"]
    assert (now["points"], now["author"]) == (3.5, "Ann")
    assert EVIL not in ann.ask("GET", f"/student/{key}").text
    stale = ann.ask("POST", "/api/override", override | {"reason": "again"})
    assert stale.status == 409
    ann.post("/api/override", override | {"remove": True, "version": now["version"]})
    assert ann.get(f"/api/answer/1.6/{key}")["override"] is None
    ann.post("/api/override", override | {"reason": "again"})


def test_decisions_about_a_student_as_a_whole(ann: Client) -> None:
    key = keys(ann)[0]
    ann.post("/api/excuse", {"key": key, "question": Q, "reason": "ill"})
    ann.post("/api/adjust", {"key": key, "points": -1, "reason": "late"})
    time = {"key": key, "at": "2026-11-27 23:59", "extension": 12, "reason": "asked"}
    ann.post("/api/time", time)
    ann.post("/api/request", {"key": key, "question": Q, "text": "Why?"})
    page = ann.ask("GET", f"/student/{key}").text
    for said in ("excused: ill", "-1: late", "2026-11-27 23:59", "Why?"):
        assert said in page
    assert ann.ask("POST", "/api/time", time | {"at": "tomorrow"}).status == 400
    assert "Why?" in ann.ask("GET", "/").text
    ann.post("/api/excuse", {"key": key, "question": Q, "remove": True})
    assert "excused: ill" not in ann.ask("GET", f"/student/{key}").text


def test_work_is_shared_out(ann: Client) -> None:
    ann.post("/api/assign", {"question": Q, "people": "Ann, Ben"})
    markers = [one["marker"] for one in ann.get(f"/api/question/{Q}")["students"]]
    assert markers == ["Ann", "Ann", "Ben", "Ben"]
    ann.post("/api/assign", {"question": Q, "people": "Cem"})
    assert {one["marker"] for one in ann.get(f"/api/question/{Q}")["students"]} == {"Cem"}
    ann.post("/api/assign", {"question": Q, "people": ""})
    assert {one["marker"] for one in ann.get(f"/api/question/{Q}")["students"]} == {""}


def test_a_second_mark_is_blind_and_changes_no_points(ann: Client, ben: Client) -> None:
    for key in keys(ann):
        mark(ann, key, adjustment=1.0, comment="first")
    assert ann.post("/api/sample", {"question": Q, "share": 0.5}) == {"drawn": 2}
    waiting = [one["key"] for one in ben.get(f"/api/question/{Q}")["students"] if one["second"]]
    assert len(waiting) == 2
    assert not any(one["second"] for one in ann.get(f"/api/question/{Q}")["students"])
    blind = ben.get(f"/api/answer/{Q}/{waiting[0]}?second=1")["mark"]
    assert (blind["adjustment"], blind["comment"], blind["author"]) == (0.0, "", "")
    body = {"question": Q, "key": waiting[0], "items": [], "adjustment": 1.5, "version": 0}
    ben.post("/api/mark", body | {"second": True})
    assert ben.get(f"/api/answer/{Q}/{waiting[0]}")["mark"]["points"] == 1.0
    assert "1 pairs, 0 % equal" in ann.ask("GET", "/").text


def test_names_are_hidden_until_they_are_switched_on(ann: Client) -> None:
    pages = ["/", f"/question/{Q}", f"/api/question/{Q}"]
    pages += [f"/student/{key}" for key in keys(ann)]
    pages += [f"/api/answer/{Q}/{key}" for key in keys(ann)]
    for path in pages:
        text = ann.ask("GET", path).text
        for part in ("Müller", "Anna", "100000", "Cem", "Öz", "Lee"):
            assert part not in text, path
    answer = ann.ask("POST", "/api/names", {"show": True})
    ann.cookie += "; " + answer.headers["set-cookie"].partition(";")[0]
    assert "Anna-Müller-100000" in ann.ask("GET", "/").text


def test_downloads_are_attachments_without_names(ann: Client) -> None:
    for key in keys(ann):
        answer = ann.ask("GET", f"/download/{key}/0")
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment; filename*=UTF-8''Student%20")
        assert answer.headers["content-type"] == "application/octet-stream"


def test_the_order_is_shuffled_for_each_question_and_stable(ann: Client, out: Path) -> None:
    orders = {
        id: [one["key"] for one in ann.get(f"/api/question/{id}")["students"]]
        for id in ("1.1", "1.4", "1.5a", "1.6-text")
    }
    assert len({tuple(order) for order in orders.values()}) > 1
    with desk(out) as again:
        assert keys(again) == orders[Q]


def test_who_did_what_is_kept(ann: Client) -> None:
    key = keys(ann)[0]
    mark(ann, key, adjustment=1.0, comment=EVIL)
    mark(ann, key, adjustment=2.0)
    ann.post("/api/undo", {})
    page = ann.ask("GET", f"/student/{key}").text
    assert page.count("mark 1.4") == 3
    assert "(undo)" in page
    assert "<script>document" not in page


def test_a_hand_in_that_has_gone_says_so_without_the_name(ann: Client, out: Path) -> None:
    student = next(key for key in keys(ann) if ann.ask("GET", f"/download/{key}/0").status == 200)
    for path in (out.parent / "download").iterdir():
        path.unlink()
    answer = ann.ask("GET", f"/download/{student}/0")
    assert answer.status == 503
    assert "open it again" in answer.text
    assert [part for part in ("Müller", "Lee", "Öz", "Mai") if part in answer.text] == [], (
        answer.text
    )


def test_an_old_run_says_where_it_needs_help(out: Path) -> None:
    """One that was graded before the desk came, and has not noted where the submissions lie."""
    run = json.loads((out / "run.json").read_bytes())
    del run["source"]
    (out / "run.json").write_text(json.dumps(run))
    with pytest.raises(UserError, match="name them, too"):
        Store(out).source()


def test_the_page_that_opens_the_browser_is_private_and_goes_away(out: Path) -> None:
    with private_page(Store(out), "http://127.0.0.1:1/?token=a&b") as path:
        assert path.stat().st_mode & 0o077 == 0
        assert "url=http://127.0.0.1:1/?token=a&amp;b" in path.read_text()
    assert not path.exists()


def test_reports_are_written_with_the_marks_of_now(ann: Client, out: Path) -> None:
    key = keys(ann)[0]
    mark(ann, key, adjustment=1.75, comment="Half of it.")
    assert "All reports are written" in ann.post("/api/reports", {})["message"]
    assert "1.75" in (out / "grades.csv").read_text(encoding="utf-8-sig")
    pages = [path.read_text() for path in (out / "feedback").glob("*.html")]
    assert sum("Half of it." in page for page in pages) == 1
