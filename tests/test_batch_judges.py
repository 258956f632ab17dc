"""A batch and its judges: they take turns in the cores, and one that dies costs nobody points.

Judge processes are stubs here; tests/test_batch_runs.py has the real ones.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from grader.batch import executors, judge_pool
from grader.core.errors import UserError
from tests.stub_judges import Judges, batch, grades, hand_in


@pytest.mark.usefixtures("judges")
def test_local_judges_take_turns_in_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_pool, "_cores", lambda: [3, 5])

    def cores(pool: judge_pool.JudgePool) -> list[int | None]:
        with pool.judge() as one, pool.judge() as two, pool.judge() as three:
            return [one.core, two.core, three.core]

    assert cores(judge_pool.JudgePool(spread=True)) == [3, 5, 3]
    assert cores(judge_pool.JudgePool()) == [None, None, None]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody has a say in it")
def test_a_judge_keeps_to_its_core() -> None:
    core = max(os.sched_getaffinity(0))
    judge = judge_pool.JudgeProcess(core)
    try:
        assert os.sched_getaffinity(judge.pid) == {core}
    finally:
        judge.close()


def test_a_judge_that_dies_once_costs_nothing(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 1
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 0
    assert all(row["status"] == "graded" for row in grades(tmp_path / "out"))


def test_a_judge_that_dies_twice_gets_another_try_alone(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 2
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 0
    assert judges.graded == ["Kim", "Lee"]


def test_a_judge_that_always_dies_costs_no_points_silently(tmp_path: Path, judges: Judges) -> None:
    judges.lost["Lee"] = 4
    source = hand_in(tmp_path / "in", "Lee", "Kim")
    assert batch(source, tmp_path / "out") == 1
    rows = {row["student"]: row for row in grades(tmp_path / "out")}
    assert rows["Lee"]["status"] == "internal"
    assert rows["Lee"]["points"] == rows["Lee"]["1.6"] == ""
    assert rows["Kim"]["points"] == "3"
    assert batch(source, tmp_path / "out") == 0  # and is tried again next time
    assert judges.graded == ["Kim", "Lee"]


def test_what_a_cluster_gives_up_on_gets_a_row() -> None:
    class Executor(concurrent.futures.Executor):
        def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Any:
            del function
            future: concurrent.futures.Future[bytes] = concurrent.futures.Future()
            future.set_exception(arguments[0])
            return future

    tasks: Any = [("Lee", RuntimeError("workers died"))]
    ((label, _, report),) = executors.grade_all(tasks, Executor(), lambda: 1)
    assert label == "Lee"
    assert json.loads(report)["batch"]["status"] == "internal"
    with pytest.raises(UserError, match="another kit"):
        list(
            executors.grade_all(
                [("Lee", cast(Any, UserError("another kit")))], Executor(), lambda: 1
            )
        )


def test_only_a_few_submissions_are_in_memory_at_a_time() -> None:
    read: list[int] = []
    finished: list[int] = []

    def tasks() -> Iterator[tuple[int, Any]]:
        for number in range(50):
            read.append(number)
            yield number, number

    with (
        concurrent.futures.ThreadPoolExecutor(2) as executor,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(judge_pool, "grade", lambda task: b"%d" % task)
        for number, _, report in executors.grade_all(tasks(), executor, lambda: 5):
            assert report == b"%d" % number
            finished.append(number)
            assert len(read) - len(finished) <= 5
    assert sorted(finished) == list(range(50))
