"""A desk that is killed between two clicks, or during one, has lost nothing it acknowledged."""

from __future__ import annotations

import http.client
import itertools
import random
import sqlite3
import threading
from pathlib import Path

import pytest

from grader.marking.store import FILE, MarkingStore
from tests.desk_client import Process
from tests.desk_course import a_course

TRIES, QUICK_TRIES = 30, 8  # with --all and without
Q = "1.4"
BROKEN = (OSError, http.client.HTTPException)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    out = a_course(tmp_path, 6)
    acknowledged: dict[str, float | None] = {}
    sent: dict[str, float] = {}
    count, port = 0, 0
    for number in range(TRIES if pytestconfig.option.all else QUICK_TRIES):
        desk = Process(out, port)
        port = desk.client.port  # where the browser looks for it again
        students = desk.client.get(f"/api/question/{Q}")["students"]
        for one in students:
            key = one["key"]
            assert one["points"] in (acknowledged.get(key), sent.get(key))
            acknowledged[key] = one["points"]
        kill = threading.Timer(random.Random(number).uniform(0.0, 0.03), desk.kill)
        try:
            for turn, one in itertools.cycle(enumerate(students)):
                count += 1
                key, points = one["key"], count % 17 / 8
                sent[key] = points
                body = {"question": Q, "key": key, "items": [], "adjustment": points}
                saved = desk.client.post("/api/mark", body | {"version": one["version"]})["mark"]
                acknowledged[key], one["version"] = saved["points"], saved["version"]
                if turn == 1 and kill.ident is None:
                    kill.start()
        except BROKEN:
            kill.join()
        finally:
            desk.kill()
    assert sum(points is not None for points in acknowledged.values()) >= 2
    with MarkingStore(out / FILE) as store:
        marked = {key for key, points in acknowledged.items() if points is not None}
        assert len(store.marks.of_question(Q)) >= len(marked)
        assert store.problems() == []
    with sqlite3.connect(out / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
