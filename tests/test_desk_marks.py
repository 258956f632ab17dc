"""Each mark is saved, and nobody's work is overwritten silently."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from grader.marking.store import FILE
from tests.desk_client import Client, Q


def test_a_mark_is_on_the_disk_when_it_is_acknowledged(ann: Client, out: Path) -> None:
    key = ann.students()[0]
    saved = ann.mark(key, adjustment=1.25, comment="Good <b>idea</b>")
    assert (saved["points"], saved["author"], saved["comment"]) == (1.25, "Ann", "Good <b>idea</b>")
    with sqlite3.connect(out / FILE) as other:
        found = other.execute("SELECT value FROM entry WHERE kind = 'mark'").fetchall()
    other.close()
    assert len(found) == 1
    assert "Good <b>idea</b>" in found[0][0]


def test_points_stay_within_bounds(ann: Client) -> None:
    key = ann.students()[0]
    assert ann.mark(key, adjustment=7.0)["points"] == 2.0
    assert ann.mark(key, adjustment=-1.0)["points"] == 0.0


def test_changing_an_item_changes_everybody_who_has_it(ann: Client) -> None:
    new = ann.item("momentum explained", 0.75)
    first, second, third, _ = ann.students()
    for key in (first, second):
        assert ann.mark(key, items=[new["id"]])["points"] == 0.75
    ann.mark(third)
    changed = ann.item("momentum and why", 0.5, id=new["id"], version=new["version"])
    assert (changed["points"], changed["uses"]) == (0.5, 2)
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second], points[third]) == (0.5, 0.5, 0.0)


def test_of_a_group_one_item_counts(ann: Client) -> None:
    one, other = (ann.item(label, 0.5, group="rate") for label in ("all of it", "half of it"))
    key = ann.students()[0]
    body = {"question": Q, "key": key, "items": [one["id"], other["id"]], "version": 0}
    answer = ann.ask("POST", "/api/mark", body)
    assert answer.status == 400
    assert answer.json["message"] == "Choose one of all of it and half of it."


def test_two_people_notice_each_other(ann: Client, ben: Client) -> None:
    key = ann.students()[0]
    ann.get(f"/api/look/{Q}/{key}")
    assert ben.get(f"/api/look/{Q}/{key}")["others"] == ["Ann"]
    assert ann.get(f"/api/look/{Q}/{key}")["others"] == ["Ben"]
    assert ann.get(f"/api/look/{Q}/{ann.students()[1]}")["others"] == []


def test_a_mark_of_somebody_else_is_not_overwritten(ann: Client, ben: Client) -> None:
    key = ann.students()[0]
    ann.mark(key, adjustment=2.0, comment="Ann's")
    stale = {"question": Q, "key": key, "items": [], "adjustment": 0.5, "version": 0}
    answer = ben.ask("POST", "/api/mark", stale)
    assert answer.status == 409
    assert answer.json["message"] == "Ann has changed this meanwhile."  # without the student's name
    assert (answer.json["mark"]["comment"], answer.json["mark"]["author"]) == ("Ann's", "Ann")
    assert ann.get(f"/api/answer/{Q}/{key}")["mark"]["comment"] == "Ann's"
    version = answer.json["mark"]["version"]
    assert ben.post("/api/mark", stale | {"version": version})["mark"]["points"] == 0.5


def test_of_two_changes_of_an_item_the_second_is_told(ann: Client, ben: Client) -> None:
    new = ann.item("momentum", 0.75)
    ann.item("momentum, why", 0.5, id=new["id"], version=new["version"])
    body = {"question": Q, "label": "x", "points": 1, "id": new["id"], "version": new["version"]}
    answer = ben.ask("POST", "/api/item", body)
    assert answer.status == 409
    assert answer.json["item"]["label"] == "momentum, why"


def test_a_group_is_marked_at_once_and_undone_at_once(ann: Client) -> None:
    first, second, third, _ = ann.students()
    ann.mark(third, adjustment=0.25)
    students = [{"key": key, "version": 0} for key in (first, second)]
    body = {"question": Q, "students": students, "items": [], "adjustment": 1.5, "comment": "same"}
    assert [one["points"] for one in ann.post("/api/marks", body)["marks"]] == [1.5, 1.5]
    assert ann.mark(second, adjustment=1.0)["points"] == 1.0  # each can still be changed
    assert ann.post("/api/undo", {})["undone"][0]["key"] == second
    assert {one["key"] for one in ann.post("/api/undo", {})["undone"]} == {first, second}
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second], points[third]) == (None, None, 0.25)


def test_a_group_is_marked_as_a_whole_or_not_at_all(ann: Client, ben: Client) -> None:
    first, second, *_ = ann.students()
    ben.mark(second, adjustment=0.5)
    students = [{"key": key, "version": 0} for key in (first, second)]
    answer = ann.ask("POST", "/api/marks", {"question": Q, "students": students, "items": []})
    assert answer.status == 409
    points = {one["key"]: one["points"] for one in ann.get(f"/api/question/{Q}")["students"]}
    assert (points[first], points[second]) == (None, 0.5)


def test_undo_takes_back_only_what_is_ones_own(ann: Client, ben: Client) -> None:
    ben.mark(ann.students()[0], adjustment=1.0)
    assert ann.post("/api/undo", {}) == {"undone": []}


def test_comments_are_suggested(ann: Client) -> None:
    first, second, third, _ = ann.students()
    ann.mark(first, comment="Why does it help?")
    ann.mark(second, comment="Why does it help?")
    ann.mark(third, comment="Which rate?")
    assert ann.get(f"/api/question/{Q}")["comments"] == ["Why does it help?", "Which rate?"]
