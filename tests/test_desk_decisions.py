"""Decide at the desk besides marks: other points, excuses, who marks what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desk_client import Client, Q, desk
from tests.desk_course import EVIL


def test_points_of_tests_change_only_with_a_reason(ann: Client) -> None:
    key = ann.students()[0]
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
    key = ann.students()[0]
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
    for key in ann.students():
        ann.mark(key, adjustment=1.0, comment="first")
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


def test_who_did_what_is_kept(ann: Client) -> None:
    key = ann.students()[0]
    ann.mark(key, adjustment=1.0, comment=EVIL)
    ann.mark(key, adjustment=2.0)
    ann.post("/api/undo", {})
    page = ann.ask("GET", f"/student/{key}").text
    assert page.count("mark 1.4") == 3
    assert "(undo)" in page
    assert "<script>document" not in page


def test_the_history_is_told_in_words(ann: Client) -> None:
    key = ann.students()[0]
    item = ann.item("Adam is explained", 0.5)
    ann.mark(key, items=[item["id"]], adjustment=-0.25)
    ann.mark(key, items=[], adjustment=0.0, decided=False)
    ann.post("/api/time", {"key": key, "at": "2026-11-27 23:59", "extension": 0, "reason": "asked"})
    override = {"question": "1.6", "key": key, "points": 0, "reason": "copied", "version": 0}
    ann.post("/api/override", override)
    page = ann.ask("GET", f"/student/{key}").text
    assert "mark 1.4, adjusted by −0.25, “Adam is explained”" in page
    assert "mark 1.4, left open" in page
    assert "handed in, at 2026-11-27 23:59, reason asked" in page
    assert "override 1.6, instead of" in page
    assert "points 0, reason copied" in page
    for dump in ("decided", "True", "False", "[", "1795"):
        assert dump not in page.partition("History")[2].partition("</ul>")[0]


def test_undo_says_what_it_took_back(ann: Client) -> None:
    key = ann.students()[0]
    ann.mark(key, adjustment=1.0)
    (undone,) = ann.post("/api/undo", {})["undone"]
    assert (undone["kind"], undone["question"], undone["key"]) == ("mark", Q, key)
    assert undone["label"].startswith("Student ")


@pytest.mark.parametrize("whole", range(4))
@pytest.mark.parametrize("id", [Q, "1.6"])
def test_who_has_nothing_pending_is_not_unmarked(id: str, whole: int, out: Path) -> None:
    """Tests give a part of the points to some, and all of them to others."""
    for number, path in enumerate(sorted((out / "results").glob("*.json"))):
        result = json.loads(path.read_bytes())
        (own,) = [row for row in result["grade"]["questions"] if row["id"] == id]
        pending = 0.25 if number != whole else 0.0
        own |= {"earned": 1.25, "pending": pending, "status": "partly passed"}
        path.write_text(json.dumps(result))
    with desk(out) as client:
        students = client.get(f"/api/question/{id}")["students"]
        assert sorted((one["pending"], one["auto"]) for one in students)[0] == (False, 1.25)
        assert sum(one["pending"] for one in students) == 3
        for one in students:
            mark = client.get(f"/api/answer/{id}/{one['key']}")["mark"]
            assert mark["tests"] == (1.25 if one["pending"] else None)
            assert mark["upper"] == (0.25 if one["pending"] else None)
        row = client.ask("GET", "/").text.partition(f'href="/question/{id}"')[2]
        assert row.partition(" marked")[0].endswith("0 of 3")
