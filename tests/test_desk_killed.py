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
from tests.desk_client import Process, Q
from tests.desk_course import a_course

TRIES, QUICK_TRIES = 30, 8  # with --all and without
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


@pytest.mark.slow
def test_a_browser_goes_on_after_each_kill(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """The desk is killed between two clicks; the second is saved once a desk is back."""
    pytest.importorskip("playwright", reason="pip install playwright")
    from playwright.sync_api import expect

    from tests.desk_browser import chromium, pages, settled

    tries = 10 if pytestconfig.option.all else 3
    desk = Process(a_course(tmp_path, tries))
    out, port = tmp_path / "out", desk.client.port
    with chromium() as browser, pages(browser, desk.client) as opened:
        page = settled(opened(f"/question/{Q}"))
        for number in range(tries):
            page.keyboard.press("f")
            expect(page.locator("#status")).to_contain_text("Saved · Ann")
            desk.kill()
            page.keyboard.press("1")
            expect(page.locator("#status")).to_contain_text("can't be reached")
            desk = Process(out, port)
            expect(page.locator("#status")).to_contain_text("Saved · Ann")
            if number < tries - 1:
                page.keyboard.press("j")
                expect(page.locator("#status")).to_have_text("Not marked yet")
        page.close()
    with MarkingStore(out / FILE) as store:
        marks = store.marks.of_question(Q).values()
        assert len(marks) == tries
        assert {(len(mark.items), mark.decided) for mark in marks} == {(1, True)}
    desk.kill()
