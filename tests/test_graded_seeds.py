"""The record of the seeds with which right solutions were graded."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.flakes import RECORD, Record, Solution, numbers, ranges, solutions_of
from tests.benchmarks.losses import ALL
from tests.conftest import ROOT


def test_ranges_are_read_as_they_were_written() -> None:
    assert ranges([7, 2, 1, 3]) == "1-3 7"
    assert numbers("1-3 7") == {1, 2, 3, 7}
    assert numbers("") == set()


def test_what_lost_a_check_is_graded_again(tmp_path: Path) -> None:
    solution = Solution("toy_bptt", tmp_path / "reference", [])
    for seed, lost in ((1, []), (2, ["test_loss"])):
        Record(tmp_path / "seeds.json").put(solution, seed, lost)
    record = Record(tmp_path / "seeds.json")
    assert [seed for seed in (1, 2, 3) if record.lacks(solution, seed)] == [2, 3]
    rows = list(record.table())
    assert "| toy_bptt | 2 | 0 | 0 | 2 | 1 |" in rows
    assert rows[-1] == "lost: toy_bptt reference 2: test_loss"
    record.put(solution, 2, [])
    assert not Record(tmp_path / "seeds.json").lost


def test_the_record_names_no_other_solutions_than_those_there_are(tmp_path: Path) -> None:
    named = {str(solution) for exercise in ALL for solution in solutions_of(exercise, tmp_path)}
    assert set(Record(RECORD).solutions) <= named


def test_what_was_graded_is_published() -> None:
    published = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in Record(RECORD).table() if row not in published] == []
