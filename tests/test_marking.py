"""Decisions of people are kept, computed from rubric items, and never overwritten in silence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.marking.data import Adjustment, Conflict, Excuse, Item, Mark, Override, Request
from grader.marking.store import FILE, MarkingStore, new_id

EXERCISE = """\
sheet = "s"
place = 1

[[question]]
id = "Q"
title = "Words"
points = 2.0
by = "person"

[[question]]
id = "R"
title = "Code"
points = 3.0
by = "tests"
"""
SCHEME = """\
[[question]]
id = "Q"

[[question.item]]
id = "formula"
label = "The formula"
points = 1.5

[[question.item]]
id = "reason"
label = "A reason"
points = 1.0

[[question.item]]
id = "half"
label = "Half of a reason"
points = 0.5
group = "reason"

[[question.item]]
id = "none"
label = "No reason"
points = -1.0
group = "reason"
"""


@pytest.fixture
def exercises(tmp_path: Path) -> Path:
    folder = tmp_path / "exercises" / "one"
    folder.mkdir(parents=True)
    (folder / "rubric.toml").write_text(EXERCISE, encoding="utf-8")
    (folder / "marking.toml").write_text(SCHEME, encoding="utf-8")
    return folder.parent


@pytest.fixture
def store(tmp_path: Path, exercises: Path) -> Iterator[MarkingStore]:
    with MarkingStore(tmp_path / FILE, exercises) as opened:
        yield opened


def give(store: MarkingStore, student: str, *items: str, by: str = "Ann") -> Mark:
    present = store.marks.get(student, "Q")
    return store.marks.save(replace(present, items=items, decided=True), by)


def test_points_are_those_of_the_items_and_the_adjustment_within_bounds(
    store: MarkingStore,
) -> None:
    assert store.marks.points(store.marks.get("Bo", "Q")) is None
    mark = give(store, "Bo", "formula")
    assert store.marks.points(mark) == 1.5
    assert store.marks.points(replace(mark, adjustment=-0.25)) == 1.25
    assert store.marks.points(give(store, "Bo", "formula", "reason")) == 2.0  # not 2.5
    assert store.marks.points(give(store, "Bo", "none")) == 0.0  # not -1
    assert store.marks.points(give(store, "Bo")) == 0.0  # nothing right, and that is decided
    assert store.marks.points(give(store, "Bo", "formula"), upper=1.0) == 1.0


def test_a_changed_item_changes_the_points_of_all_who_have_it(store: MarkingStore) -> None:
    marks = [give(store, f"student {number}", "half") for number in range(40)]
    other = give(store, "other", "formula")
    item = store.items.get("Q", "half")
    item = store.items.change(replace(item, points=0.75, label="Most of a reason"), "Ann")
    assert {store.marks.points(mark) for mark in marks} == {0.75}
    assert {store.marks.parts(mark)[0].label for mark in marks} == {"Most of a reason"}
    assert store.marks.points(other) == 1.5
    item = store.items.change(replace(item, retired=True), "Ann")
    assert {store.marks.points(mark) for mark in marks} == {None}  # pending, not zero
    assert "half" not in [one.id for one in store.items.of("Q")]
    store.undo("Ann")
    assert {store.marks.points(mark) for mark in marks} == {0.75}


def test_of_a_group_there_is_one_item_at_most(store: MarkingStore) -> None:
    assert store.items.chosen("Q", ("formula", "half"), "none") == ("formula", "none")
    assert store.items.chosen("Q", ("formula", "none"), "none") == ("formula",)
    with pytest.raises(UserError, match="choose one of Half of a reason and No reason"):
        give(store, "Bo", "half", "none")


@pytest.mark.parametrize("change", [{"label": " "}, {"points": float("nan")}, {"label": "x" * 501}])
def test_an_item_that_makes_no_sense_is_refused(
    store: MarkingStore, change: dict[str, object]
) -> None:
    item = store.items.add("Q", "Right", 1.0, "Ann")
    with pytest.raises(UserError):
        store.items.change(replace(item, **change), "Ann")  # type: ignore[arg-type]
    assert store.items.get("Q", item.id) == item


def test_nobody_overwrites_what_they_have_not_seen(
    store: MarkingStore, tmp_path: Path, exercises: Path
) -> None:
    seen = give(store, "Bo", "formula")
    with MarkingStore(tmp_path / FILE, exercises) as other:
        theirs = other.marks.save(replace(seen, items=("reason",)), "Cy")
    with pytest.raises(Conflict, match="the mark of Bo Q was changed by Cy meanwhile") as raised:
        store.marks.save(replace(seen, comment="mine"), "Ann")
    assert raised.value.current == theirs == store.marks.get("Bo", "Q")
    fresh = [Mark("Di", "Q", ("formula",)), replace(seen, comment="mine")]
    with pytest.raises(Conflict):
        store.marks.save_all(fresh, "Ann")
    assert store.marks.get("Di", "Q").version == 0  # all or none
    item = store.items.get("Q", "half")
    store.items.change(replace(item, points=1), "Cy")
    with pytest.raises(Conflict, match="the item Half of a reason was changed by Cy"):
        store.items.change(replace(item, points=2), "Ann")


def test_undo_takes_back_my_last_action_and_no_more(store: MarkingStore) -> None:
    give(store, "Bo", "formula")
    give(store, "Di", "reason", by="Cy")
    store.marks.save_all([Mark(name, "Q", ("half",)) for name in "xyz"], "Ann")
    assert [event.student for event in store.undo("Ann")] == ["z", "y", "x"]
    assert not store.marks.get("x", "Q").decided
    give(store, "Bo", "reason", by="Cy")
    with pytest.raises(Conflict, match="Cy"):
        store.undo("Ann")  # Cy has changed it since
    store.undo("Cy")
    assert store.marks.get("Bo", "Q").items == ("formula",)
    store.undo("Cy")
    assert store.undo("Cy") == []


def test_the_history_says_who_gave_what_and_when(store: MarkingStore) -> None:
    give(store, "Bo", "formula")
    give(store, "Bo", "reason", by="Cy")
    store.undo("Cy")
    events = store.history("Bo", "Q")
    said = [
        (e.author, e.before and e.before["items"], e.after and e.after["items"]) for e in events
    ]
    assert said == [
        ("Ann", None, ["formula"]),
        ("Cy", ["formula"], ["reason"]),
        ("Cy", ["reason"], ["formula"]),
    ]
    assert [event.undoes for event in events] == [None, None, events[1].id]
    assert sorted(event.time for event in events) == [event.time for event in events]


def test_comments_that_were_given_are_suggested(store: MarkingStore) -> None:
    for student, comment in {"a": "Which h?", "b": "Shapes!", "c": "Shapes!", "d": ""}.items():
        store.marks.save(Mark(student, "Q", comment=comment), "Ann")
    assert store.marks.comments("Q") == ["Shapes!", "Which h?"]
    assert store.marks.comments("Q", "H?") == ["Which h?"]


def test_work_is_shared_out_and_progress_counted(store: MarkingStore) -> None:
    students = [f"s{number}" for number in range(9)]
    store.work.by_students("Q", students, {"Ann": 2, "Bo": 1}, "Ann")
    assert list(store.work.markers("Q", students).values()) == ["Ann"] * 6 + ["Bo"] * 3
    give(store, "s0", "formula")
    give(store, "s8", "formula", by="Bo")
    answers = [(student, "Q") for student in students]
    by_question, by_person = store.work.progress(answers)
    assert by_question == {"Q": (2, 9)}
    assert by_person == {"Ann": (1, 6), "Bo": (1, 3)}
    store.work.by_question({"Q": "Cy"}, "Ann")
    assert set(store.work.markers("Q", students).values()) == {"Cy"}
    store.undo("Ann")
    assert store.work.marker("s8", "Q") == "Bo"


def test_people_see_each_other(store: MarkingStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.presence.look("Ann", "Bo", "Q") == []
    assert store.presence.look("Cy", "Bo", "Q") == [("Ann", "Bo", "Q")]
    assert store.presence.look("Cy", "Bo", "R") == []
    store.presence.leave("Cy")
    assert [one.author for one in store.presence.all()] == ["Ann"]
    monkeypatch.setattr("grader.marking.work.SEEN", -1.0)
    assert store.presence.all() == []


def test_a_second_person_marks_a_sample_without_seeing_the_first(store: MarkingStore) -> None:
    students = [f"s{number}" for number in range(20)]
    for number, student in enumerate(students):
        store.marks.save(Mark(student, "Q", adjustment=0.25 * (number % 5)), "Ann")
    drawn = store.second.draw("Q", students, 0.25, "Ann")
    assert len(drawn) == 5
    assert drawn == store.second.draw("Q", students, 0.25, "Ann")  # it stays
    assert set(drawn) < set(store.second.draw("Q", students, 0.5, "Ann"))
    assert store.second.todo("Q", "Ann") == []  # the first person's own
    todo = store.second.todo("Q", "Bo")
    assert len(todo) == 10
    for student in todo:
        blank = store.second.get(student, "Q", "Bo")
        assert not blank.decided
        first = store.marks.get(student, "Q")
        shift = 0.25 if student == todo[0] else 0.0
        given = replace(blank, adjustment=first.adjustment + shift, decided=True)
        store.second.save(given, "Bo")
        assert store.marks.get(student, "Q") == first  # no points change
    with pytest.raises(UserError, match="another person"):
        store.second.save(replace(store.second.get(todo[0], "Q", "Ann"), decided=True), "Ann")
    agreement = store.second.agreement("Q")
    assert agreement is not None
    assert (agreement.equal, agreement.close) == (0.9, 1.0)
    assert agreement.difference == pytest.approx(0.025)
    assert agreement.pairs[0][0] == todo[0]
    assert agreement.concordance is not None
    assert 0.9 < agreement.concordance < 1


def test_decisions_on_points_need_a_reason(store: MarkingStore) -> None:
    store.overrides.save(Override("Bo", "R", 2.5, "the figure is right", 2.0), "Ann")
    with pytest.raises(UserError, match="reason"):
        store.excuses.save(Excuse("Bo", "R", " "), "Ann")
    with pytest.raises(UserError, match="reason"):
        store.adjustments.save(Adjustment("Bo", new_id(), 1.0, ""), "Ann")
    with pytest.raises(UserError, match="4 points for R, which has 3"):
        store.overrides.save(Override("Cy", "R", 4.0, "bonus"), "Ann")
    (override,) = store.overrides.all(student="Bo")
    store.overrides.remove(override, "Ann")
    assert store.overrides.all() == []
    store.undo("Ann")
    assert store.overrides.get("Bo", "R") is not None


def test_a_request_is_answered(store: MarkingStore) -> None:
    request = store.requests.save(Request("Bo", "R", new_id(), "My h is right"), "Bo")
    answered = replace(request, state="granted", note="It is.")
    assert store.requests.save(answered, "Ann").state == "granted"
    with pytest.raises(UserError, match="open, granted or declined"):
        store.requests.save(replace(request, state="odd"), "Ann")  # type: ignore[arg-type]


def test_an_entry_that_fits_nothing_is_named_and_stays(store: MarkingStore, tmp_path: Path) -> None:
    give(store, "Bo", "formula")
    give(store, "Di", "reason")
    with sqlite3.connect(tmp_path / FILE) as connection:
        odd = '{"items": 7}'
        connection.execute("UPDATE entry SET value = ? WHERE student = 'Bo'", (odd,))
    assert list(store.marks.of_question("Q")) == ["Di"]
    (line,) = store.problems()
    assert line.startswith(f"{FILE}: the entry mark Bo Q doesn't fit")
    present = store.marks.get("Bo", "Q")
    assert not present.decided
    store.marks.save(replace(present, items=("half",), decided=True), "Ann")
    assert store.problems() == []
    with sqlite3.connect(tmp_path / FILE) as connection:
        kept = connection.execute("SELECT before FROM event ORDER BY id DESC").fetchone()
    assert kept == (odd,)  # the history has it


def test_a_damaged_file_gives_one_line_and_is_left_alone(tmp_path: Path, exercises: Path) -> None:
    path = tmp_path / FILE
    with MarkingStore(path, exercises) as store:
        give(store, "Bo", "formula")
        store.back_up()
    whole = path.read_bytes()
    for damaged in (b"no database at all" * 100, whole[:4096] + b"?" * (len(whole) - 4096)):
        path.write_bytes(damaged)
        with (
            pytest.raises(UserError, match=r"marking\.sqlite can't be used .*\.backup") as raised,
            MarkingStore(path, exercises) as store,
        ):
            store.back_up()
        assert "\n" not in str(raised.value)
        assert path.read_bytes() == damaged
    path.write_bytes(path.with_name(f"{FILE}.backup").read_bytes())
    with MarkingStore(path, exercises) as store:
        assert store.marks.get("Bo", "Q").items == ("formula",)


def test_a_lost_file_is_no_empty_one(tmp_path: Path, exercises: Path) -> None:
    path = tmp_path / FILE
    with MarkingStore(path, exercises) as store:
        give(store, "Bo", "formula")
        store.back_up()
    path.unlink()
    with pytest.raises(UserError, match=r"is missing, but marking\.sqlite\.backup is there"):
        MarkingStore(path, exercises)
    path.with_name(f"{FILE}.backup").replace(path)
    with MarkingStore(path, exercises) as store:
        assert store.marks.get("Bo", "Q").items == ("formula",)


def test_a_full_disk_gives_one_line_and_loses_nothing(store: MarkingStore) -> None:
    give(store, "Bo", "formula")
    with store._database.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 2}")
    long = Mark("Di", "Q", comment="x" * 9000)
    with pytest.raises(UserError, match=r"disk is full.* make sure that the disk has space"):
        store.marks.save_all([long, replace(long, student="Cy")], "Ann")
    assert list(store.marks.of_question("Q")) == ["Bo"]
    with store._database.reading() as connection:
        connection.execute(f"PRAGMA max_page_count={10 * pages}")
    store.marks.save(long, "Ann")
    assert len(store.marks.all()) == 2


def test_a_file_of_a_newer_kit_is_not_touched(tmp_path: Path, exercises: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(UserError, match="newer version"):
        MarkingStore(tmp_path / FILE, exercises)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points = 1.5", 'points = "much"', "question Q: much is no number of points"),
        ('id = "reason"', 'id = "formula"', "two items have the same id"),
        ('label = "The formula"\n', "", "an item lacks label"),
        ('label = "The formula"', 'label = "x"\ncolour = 1', "an item has no colour"),
        ('id = "Q"', 'id = "Z"', "no rubric has a question Z"),
        ('id = "Q"', 'id = "Q"\nlower = 9', "lower .* is more than upper"),
        ("[[question]]", "[[question", "is no list of marking schemes"),
    ],
)
def test_a_wrong_scheme_is_named(
    tmp_path: Path, exercises: Path, old: str, new: str, said: str
) -> None:
    (exercises / "one" / "marking.toml").write_text(SCHEME.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=said):
        MarkingStore(tmp_path / FILE, exercises)


def test_an_item_whose_making_is_undone_leaves_no_mark_stuck(store: MarkingStore) -> None:
    item: Item = store.items.add("Q", "Right", 1.0, "Cy")
    mark = give(store, "Bo", item.id)
    store.undo("Cy")
    assert store.marks.points(mark) is None
    assert store.marks.save(replace(mark, comment="again"), "Ann").items == ()
