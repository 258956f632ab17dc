"""Keep what was read of documents as a whole."""

from __future__ import annotations

import threading
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from grader.desk import documents
from grader.desk.documents import Documents, _keep
from grader.desk.handins import DeskFile
from grader.desk.jobs import GAVE_UP, Outcome


def test_desks_that_read_the_same_documents_at_once(tmp_path: Path) -> None:
    """And a batch that clears up meanwhile."""
    path = tmp_path / "cache" / "result.json"
    errors: list[Exception] = []

    def keep(number: int) -> None:
        try:
            for _ in range(100):
                _keep(path, b"%d" % number * 1000)
                assert len(set(path.read_bytes())) == 1
                for left in tmp_path.rglob("*.partial"):
                    left.unlink()
        except Exception as error:  # noqa: BLE001 (of any kind: it fails the test)
            errors.append(error)

    threads = [threading.Thread(target=keep, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [file.name for file in path.parent.iterdir()] == ["result.json"]


class Slow:
    """Both the hand-ins and the jobs of a desk: 60 documents, each of which takes its time."""

    def files(self, student: str) -> list[DeskFile]:
        del student
        paths = [PurePosixPath(f"{number}.pdf") for number in range(60)]
        return [DeskFile(path, "pdf", 1, str(path).encode) for path in paths]

    def run(self, kind: str, document: bytes, **options: Any) -> Outcome:
        del kind, document, options
        time.sleep(0.02)
        return Outcome({"pages": []}, {}, "")


def test_many_slow_documents_of_one_student_hold_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "PATIENCE", 0.1)
    slow: Any = Slow()
    found = Documents(slow, slow, tmp_path).of("student")
    assert len(found) == 60  # each can be downloaded
    assert [one.problem for one in found[:1]] == [""]
    assert {one.problem for one in found[20:]} == {GAVE_UP}
