"""A hand-in that was replaced: what was graded is shown first, and the rest is called earlier."""

from __future__ import annotations

import json
import os
from pathlib import Path

from grader.batch.intake import hand_ins
from grader.batch.store import Store
from tests.desk_client import Q, desk
from tests.desk_course import a_result, report, zipped


def replaced(folder: Path) -> Path:
    """Write a student's folder with two ZIPs, and a result; return the folder of results."""
    place = folder / "download" / "Lee"
    place.mkdir(parents=True)
    for number, name in enumerate(("a-new.zip", "b-old.zip")):
        (place / name).write_bytes(zipped({"report.pdf": report(number), "train.py": b"x = 1\n"}))
        os.utime(place / name, (1.7e9 - number * 1e6,) * 2)
    (folder / "download" / "Kim.zip").write_bytes(zipped({"train.py": b"x = 1\n"}))
    store = Store(folder / "out")
    store.create()
    with hand_ins(folder / "download") as (found, _):
        for participant in store.begin(1, found, folder / "download"):
            store.save(participant, "", json.dumps(a_result(0)).encode())
    return folder / "out"


def test_an_earlier_archive_is_shown_apart(tmp_path: Path) -> None:
    with desk(replaced(tmp_path)) as client:
        pages = {key: client.get(f"/api/answer/{Q}/{key}")["html"] for key in client.students()}
        ((key, hidden),) = [
            each for each in pages.items() if "report" in each[1] or "PDF" in each[1]
        ]
        tabs = [line for line in hidden.splitlines() if 'role="tab"' in line]
        assert [("does not count" in tab, 'aria-selected="true"' in tab) for tab in tabs] == [
            (False, True), (True, False), (False, False),
        ]  # fmt: skip
        assert "b-old" not in hidden  # it may give the name away
        assert hidden.count("Go to 1.4") == 1  # of what counts
        client.cookie += "; desk-names=1"
        shown = client.get(f"/api/answer/{Q}/{key}")["html"]
        assert ">report.pdf</button>" in shown
        assert ">report.pdf (earlier, does not count: b-old.zip)</button>" in shown
        assert "train.py (earlier, does not count: b-old.zip)" in shown
        assert "a-new.zip" not in shown.partition("Remarks on the hand-in")[0]
