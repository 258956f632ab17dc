"""Late hand-ins cost what `late.toml` says."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.marking.data import HandedIn
from grader.marking.late import LateRule, read_late, seconds_of

DEADLINE = datetime.fromisoformat("2026-11-20T23:59:00+01:00")
RULE = LateRule(DEADLINE, per_day=10, grace=15, cap=30, closes_after=5)


def points(rule: LateRule, late: timedelta, said: HandedIn | None = None) -> float:
    """Return what is taken from 20 of 40 points."""
    part = rule.penalty((DEADLINE + late).timestamp(), said, 20.0, 40.0)
    return -part.points if part else 0.0


@pytest.mark.parametrize(
    ("late", "taken"),
    [
        (timedelta(days=-1), 0.0),
        (timedelta(minutes=15), 0.0),  # within the grace
        (timedelta(minutes=15, seconds=1), 2.0),
        (timedelta(hours=24), 2.0),
        (timedelta(hours=24, seconds=1), 4.0),
        (timedelta(days=4), 6.0),  # the cap
        (timedelta(days=5), 6.0),
        (timedelta(days=5, seconds=1), 20.0),  # closed
    ],
)
def test_each_day_that_has_begun_costs(late: timedelta, taken: float) -> None:
    assert points(RULE, late) == pytest.approx(taken)


@pytest.mark.parametrize(
    ("unit", "taken"), [("percent of earned", 4.0), ("percent of possible", 8.0), ("points", 20.0)]
)
def test_units(unit: str, taken: float) -> None:
    assert points(LateRule(DEADLINE, 10, unit), timedelta(days=2)) == taken


def test_never_more_than_was_earned_is_taken() -> None:
    assert points(LateRule(DEADLINE, 90, "points"), timedelta(days=2)) == 20.0
    rule = LateRule(DEADLINE, 10)
    assert rule.penalty(DEADLINE.timestamp() + 1e6, None, 0.0, 40.0) is None


def test_an_extension_moves_the_deadline_and_a_time_by_hand_wins() -> None:
    assert points(RULE, timedelta(days=1), HandedIn("Bo", extension=24)) == 0.0
    part = RULE.penalty(
        (DEADLINE + timedelta(days=3)).timestamp(), HandedIn("Bo", extension=24), 20.0, 40.0
    )
    assert part == (
        "Handed in 2 days after the deadline (2026-11-21 23:59 +0100): 20 % of the points earned",
        -4.0,
    )
    by_hand = HandedIn("Bo", at=DEADLINE.timestamp())
    assert points(RULE, timedelta(days=3), by_hand) == 0.0
    assert RULE.penalty(None, HandedIn("Bo", at=DEADLINE.timestamp() + 3600), 20.0, 40.0)
    assert RULE.penalty(None, None, 20.0, 40.0) is None


def test_the_student_reads_how_late_it_was() -> None:
    part = RULE.penalty((DEADLINE + timedelta(days=3, hours=2)).timestamp(), None, 20.0, 40.0)
    assert part
    assert part.label == (
        "Handed in 3 days 2 h after the deadline (2026-11-20 23:59 +0100): "
        "30 % of the points earned, the most that is taken"
    )


def test_a_rule_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "late.toml"
    assert read_late(path) is None
    path.write_text("deadline = 2026-11-20T23:59:00+01:00\nper_day = 10\n", encoding="utf-8")
    assert read_late(path) == LateRule(DEADLINE, 10.0, cap=math.inf)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:  # a time without a zone is this machine's
        path.write_text("deadline = 2026-07-01T12:00:00\nper_day = 10\n", encoding="utf-8")
        rule = read_late(path)
        assert rule
        assert rule.deadline == datetime.fromisoformat("2026-07-01T16:00:00+00:00")
        assert seconds_of("2026-07-01T12:00:00") == rule.deadline.timestamp()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("per_day = 10", "deadline should be a time like"),
        ("deadline = 2026-11-20\nper_day = 1", "deadline should be a time like"),
        ("deadline = 2026-11-20T23:59:00", "per_day should be a number"),
        ("deadline = 2026-11-20T23:59:00\nper_day = -1", "per_day should be a number, at least 0"),
        ("deadline = 2026-11-20T23:59:00\nper_day = nan", "per_day should be a number"),
        ("deadline = 2026-11-20T23:59:00\nper_day = 1\nunit = '%'", "unit should be one of"),
        ("deadline = 2026-11-20T23:59:00\nper_day = 1\nperday = 2", "there is no perday, only"),
        ("deadline", "can't be read"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "late.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_late(path)


def test_odd_times_of_platforms_count_as_none() -> None:
    assert seconds_of(None) is None
    assert seconds_of("yesterday") is None
    assert seconds_of("2026-11-20T23:59:00+01:00") == DEADLINE.timestamp()
