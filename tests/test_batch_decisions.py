"""Decisions of people reach every report: grades, feedback, course report, worksheet, tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.batch.participant import Participant
from grader.batch.store import Store, write
from grader.batch.write_reports import Published, publish
from grader.core.text import plain
from grader.marking.data import Adjustment, Excuse, HandedIn, Mark, Override, Request
from grader.marking.store import FILE, MarkingStore, new_id
from tests.results import EVIL, REFUSED, a_result

DEADLINE = datetime.fromisoformat("2026-11-20T23:59:00+01:00")
LATE = f"""\
deadline = {DEADLINE.isoformat()}
grace = 15
per_day = 10
cap = 50
closes_after = 7
"""
STUDENTS = 40


def name(number: int) -> str:
    return f"Student {number:02}"


def folder(number: int) -> str:
    return f"{name(number)}_{1000 + number}_assignsubmission_file"


class Course:
    """A folder of results of 40 students, without any judge."""

    def __init__(self, out: Path) -> None:
        self.store = Store(out)
        self.store.create()
        people = [
            Participant(name(n), f"student-{n:02}", folder(n), submitted=handed_in(n).isoformat())
            for n in range(STUDENTS)
        ]
        students = [person.__dict__ for person in people]
        write(out / "run.json", json.dumps({"seed": 1, "students": students}))
        for number, person in enumerate(people):
            result = REFUSED if number == 39 else a_result(earned(number))
            self.store.save(person, "key", json.dumps(result).encode())
        write(out / "late.toml", LATE)
        self.out = out

    def publish(self, **options: Any) -> Published:
        published = publish(self.store, **options)
        assert published.failures == []
        return published

    def grades(self) -> dict[str, dict[str, str]]:
        text = (self.out / "grades.csv").read_text(encoding="utf-8-sig")
        return {row["student"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}

    def page(self, number: int, suffix: str = "html") -> str:
        return (self.out / "feedback" / f"student-{number:02}.{suffix}").read_text(encoding="utf-8")


def earned(number: int) -> float:
    """Return the points of the tests for question 1.6, of 4."""
    return number % 5 * 1.0


def handed_in(number: int) -> datetime:
    """Return in time for most, and for every eighth as many days late as the rest says."""
    late = timedelta(days=number // 8, minutes=20) if number % 8 == 7 else timedelta(hours=-1)
    return DEADLINE + late


def late_share(number: int) -> float:
    """Return the share of the points that the rule takes: 10 % for each day that has begun."""
    return 0.1 * (number // 8 + 1) if number % 8 == 7 else 0.0


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path / "out")


@pytest.fixture
def marking(course: Course) -> Iterator[MarkingStore]:
    with MarkingStore(course.out / FILE) as store:
        yield store


def mark_all(marking: MarkingStore) -> dict[int, float]:
    """Mark question 1.4 of everybody, and return the points."""
    given = {}
    for number in range(STUDENTS):
        items = ("momentum", "adaptive")[: number % 3]
        mark = Mark(name(number), "1.4", items, 0.25 * (number % 2), f"comment {number}")
        marking.marks.save(mark, "Ann")
        given[number] = 0.75 * (number % 3) + 0.25 * (number % 2)
    return given


def worksheet(path: Path) -> Path:
    lines = ["Identifier,Full name,Status,Grade,Maximum Grade,Grade can be changed,"
             "Last modified (grade),Feedback comments"]  # fmt: skip
    lines += [f"Participant {1000 + n},{name(n)},,,12.00,Yes,-," for n in range(STUDENTS)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def filled(path: Path) -> dict[str, dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    return {row["Full name"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_all_reports_agree_on_a_course_of_forty(
    course: Course, marking: MarkingStore, tmp_path: Path
) -> None:
    given = mark_all(marking)
    for number in (3, 13):
        change = Override(name(number), "1.6", 4.0, "the figure is right", earned(number))
        marking.overrides.save(change, "Ann")
    marking.excuses.save(Excuse(name(4), "1.6", "ill"), "Ann")
    marking.adjustments.save(Adjustment(name(5), new_id(), 0.5, "a fine figure"), "Ann")
    marking.adjustments.save(Adjustment(name(6), new_id(), -100.0, "copied"), "Ann")
    marking.times.save(HandedIn(name(7), extension=24.0, reason="ill"), "Ann")
    sheet = worksheet(tmp_path / "sheet.csv")
    rows = course.publish(worksheet=sheet).rows

    table = course.grades()
    for number in range(STUDENTS):
        tests = 0.0 if number == 39 else earned(number)
        code = 4.0 if number in (3, 13) else 0.0 if number == 4 else tests
        before = code + given[number]
        share = 0.0 if number == 7 else late_share(number)
        extra = {5: 0.5, 6: -100.0}.get(number, 0.0) - round(share * before, 2)
        total = max(0.0, before + extra)
        possible = 2.0 if number == 4 else 6.0
        line = table[name(number)]
        assert float(line["points"]) == pytest.approx(total), number
        assert (float(line["of"]), float(line["pending"])) == (possible, 0.0)
        assert float(line["extra"]) == pytest.approx(extra)
        assert line["1.6"] == ("" if number == 4 else f"{code:g}")
        assert rows[number].earned == pytest.approx(total)
        entry = filled(sheet)[name(number)]
        assert float(entry["Grade"]) == pytest.approx(total / possible * 12, abs=0.005)
        for text in (course.page(number), course.page(number, "md"), entry["Feedback comments"]):
            assert f"comment {number}" in text
            if number < 39:
                assert f"{total:.6g} of {possible:g} points" in text
            if number % 3:
                assert "+0.75 Momentum: past gradients are accumulated" in text
            if share and before:
                assert f"−{round(share * before, 2):.6g}" in text
                assert "after the deadline (2026-11-20 23:59 +0100)" in text
    for text in (course.page(3), course.page(3, "md"), filled(sheet)[name(3)]["Feedback comments"]):
        assert "4 points instead of 3, changed by a person: the figure is right" in text
    assert "does not count: ill" in course.page(4)
    assert "Bonus: a fine figure" in course.page(5)
    assert "Penalty: copied" in course.page(6)
    report = (course.out / "report.html").read_text(encoding="utf-8")
    assert "Decided by a person" in report
    assert "1.6 (Ann): 4 points instead of 3" in report
    assert "Bonus: a fine figure" in report


def test_a_scaled_grade_is_said(course: Course, marking: MarkingStore, tmp_path: Path) -> None:
    mark_all(marking)
    marking.excuses.save(Excuse(name(3), "", "ill"), "Ann")
    marking.adjustments.save(Adjustment(name(4), new_id(), 9.0, "best of all"), "Ann")
    sheet = worksheet(tmp_path / "sheet.csv")
    remarks = course.publish(worksheet=sheet).remarks
    assert "worksheet: The grade is scaled: 6 points are 12 there." in remarks
    assert f"worksheet: Moodle takes no more than the maximum, so {name(4)} have that" in remarks
    lines = filled(sheet)
    assert "6 points are 12 there" in lines[name(0)]["Feedback comments"]
    assert lines[name(4)]["Grade"] == "12.00"  # Moodle refuses more
    assert lines[name(3)]["Grade"] == ""  # excused from all: no zero
    assert any("excused from all questions" in remark for remark in remarks)


def test_what_is_taken_back_leaves_no_trace_in_reports(
    course: Course, marking: MarkingStore
) -> None:
    mark_all(marking)
    course.publish()
    files = [path for path in course.out.rglob("*") if path.suffix in (".csv", ".html", ".md")]
    before = {path: path.read_bytes() for path in files}
    change = marking.overrides.save(Override(name(1), "1.6", 4.0, "right"), "Ann")
    marking.excuses.save(Excuse(name(2), "", "ill"), "Ann")
    course.publish()
    line = course.grades()[name(2)]
    assert (line["points"], line["of"], line["1.4"]) == ("0", "0", "")
    assert {path: path.read_bytes() for path in files} != before
    marking.undo("Ann")
    marking.overrides.remove(change, "Bo")
    course.publish()
    assert {path: path.read_bytes() for path in files} == before


def test_an_item_that_is_worth_more_raises_all_grades(
    course: Course, marking: MarkingStore
) -> None:
    for number in range(STUDENTS - 1):
        marking.marks.save(Mark(name(number), "1.4", ("momentum-partly",)), "Ann")
    course.publish()
    before = {student: row["1.4"] for student, row in course.grades().items()}
    assert list(before.values()) == ["0.375"] * 39 + [""]
    item = marking.items.get("1.4", "momentum-partly")
    marking.items.change(replace(item, points=0.5), "Bo")
    course.publish()
    assert [row["1.4"] for row in course.grades().values()] == ["0.5"] * 39 + [""]


def test_pending_is_never_zero(course: Course, marking: MarkingStore, tmp_path: Path) -> None:
    marking.marks.save(Mark(name(0), "1.4", ("momentum",)), "Ann")
    marking.marks.save(Mark(name(1), "1.4", decided=False, comment="see me"), "Ann")
    sheet = worksheet(tmp_path / "sheet.csv")
    course.publish(worksheet=sheet)
    grades = {student: row["Grade"] for student, row in filled(sheet).items()}
    assert grades.pop(name(0)) == "1.50"
    assert set(grades.values()) == {""}
    line = course.grades()[name(1)]
    assert (line["1.4"], line["pending"]) == ("", "2")
    assert "see me" in course.page(1)
    course.publish(worksheet=sheet, provisional=True)
    assert filled(sheet)[name(1)]["Grade"] == "2.00"


def test_points_of_tests_that_changed_under_an_override_are_remarked_on(
    course: Course, marking: MarkingStore
) -> None:
    marking.overrides.save(Override(name(1), "1.6", 3.0, "right", 0.0), "Ann")
    (remark,) = course.publish().remarks
    assert remark == f"{name(1)}, 1.6: 3 points are given in place of 0, but it is 1 now"


def test_a_platform_that_says_late_and_not_when_is_remarked_on(
    course: Course, marking: MarkingStore
) -> None:
    manifest = json.loads((course.out / "run.json").read_bytes())
    manifest["students"][7] |= {"submitted": None, "late": True}
    write(course.out / "run.json", json.dumps(manifest))
    (remark,) = course.publish().remarks
    assert remark.startswith(f"{name(7)} is late, says the platform")
    late = (DEADLINE + timedelta(days=1)).timestamp()
    marking.times.save(HandedIn(name(7), at=late), "Ann")
    assert course.publish().remarks == []


def test_a_request_and_its_answer_are_shown(course: Course, marking: MarkingStore) -> None:
    wish = Request(name(2), "1.6", new_id(), f"please {EVIL}", note=f"no {EVIL}", state="declined")
    marking.requests.save(wish, "Ann")
    course.publish()
    assert "asked to be graded again, declined: no" in course.page(2)
    assert EVIL not in course.page(2)
    assert EVIL not in (course.out / "report.html").read_text(encoding="utf-8")


def test_hostile_text_of_markers_and_items_is_harmless(
    course: Course, marking: MarkingStore
) -> None:
    item = marking.items.add("1.4", f"label {EVIL}\x1b[2J", 0.5, f"Ann{EVIL}")
    marking.marks.save(Mark(name(0), "1.4", (item.id,), comment=f"=1+1\n{EVIL}\u202e"), EVIL)
    marking.overrides.save(Override(name(0), "1.6", 1.0, f'" onload="x {EVIL}'), EVIL)
    course.publish()
    for path in course.out.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert EVIL not in text
        assert '" onload="' not in text
        assert plain(text) == text
    assert course.grades()[name(0)]["1.4"] == "0.5"


def test_the_rule_for_late_hand_ins_is_kept_with_the_results(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course.out / "late.toml").unlink()
    assert main(["marks", str(course.out)]) == 0
    assert course.grades()[name(7)]["extra"] == "0"
    rule = tmp_path / "rule.toml"
    assert main(["marks", str(course.out), "--late", str(rule)]) == 2
    assert "check --late" in capsys.readouterr().err
    rule.write_text(LATE.replace("10", "much"), encoding="utf-8")
    assert main(["marks", str(course.out), "--late", str(rule)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    rule.write_text(LATE, encoding="utf-8")
    assert main(["marks", str(course.out), "--late", str(rule)]) == 0
    assert course.grades()[name(7)]["extra"] == "-0.2"
    rule.unlink()
    assert main(["marks", str(course.out)]) == 0
    assert course.grades()[name(7)]["extra"] == "-0.2"


def test_a_damaged_file_of_decisions_stops_reports_with_one_line(
    course: Course, marking: MarkingStore, capsys: pytest.CaptureFixture[str]
) -> None:
    mark_all(marking)
    course.publish()
    marking.close()
    grades = (course.out / "grades.csv").read_bytes()
    (course.out / FILE).write_bytes(b"damaged" * 1000)
    assert main(["marks", str(course.out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"put {FILE}.backup in its place" in said
    assert (course.out / "grades.csv").read_bytes() == grades
    (course.out / f"{FILE}.backup").replace(course.out / FILE)
    assert main(["marks", str(course.out)]) == 0
    assert (course.out / "grades.csv").read_bytes() == grades
