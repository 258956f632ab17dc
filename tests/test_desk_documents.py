"""Keep what was read of documents as a whole."""

from __future__ import annotations

import threading
from pathlib import Path

from grader.desk.documents import _keep


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
