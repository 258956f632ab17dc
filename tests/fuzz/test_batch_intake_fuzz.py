"""Whatever lies in a folder or download, only rows come out of it, or one line about the whole.

A short run with fixed examples by default; ``FUZZ_EXAMPLES=20000 pytest tests/fuzz`` searches anew.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stub_judges import Judges, batch, grades

pytestmark = pytest.mark.slow

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
fuzz = settings(
    max_examples=int(EXAMPLES or 50),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PARTS = st.sampled_from(
    ["Anna_1", "_assignsubmission_file", "_assignsubmission_onlinetext", "_", "Lee-12345", "-", "7",
     " (1)", " - Kopie", "x", ".zip", ".py", ".PY", ".rar", ".tar.gz", ".", "..", " ", "\n",
     "a_4023_99810_", "_LATE", "HW_s1_attempt_2026-01-01-00-00-00", "submission_12", "12-34 - A",
     " - Sep 24, 2026 926 PM", "Lee_Bo_x_4711", "\x1b[2J", "=1+1", ";", '"', "ü",
     "u\u0308", "\u202e", "\u200b", "CON", "9" * 60, "|", "<b>"]
)  # fmt: skip
NAMES = st.one_of(st.lists(PARTS, min_size=1, max_size=6).map("".join), st.text(max_size=20))
RAW = st.one_of(NAMES.map(lambda name: name.encode(errors="replace")), st.binary(max_size=12))
CONTENTS = st.sampled_from([b"", b"x = 1\n", b"PK\x03\x04", b"\xff\xfe", b"0" * 9999])
KINDS = st.sampled_from(["file", "folder", "nested", "link", "loop", "fifo", "sparse", "zip"])
TREES = st.lists(st.tuples(RAW, KINDS, RAW, CONTENTS), max_size=6)
ENTRIES = st.lists(
    st.tuples(st.lists(NAMES, min_size=1, max_size=3).map("/".join), CONTENTS, st.booleans()),
    max_size=8,
)


def place_of(folder: bytes, name: bytes) -> bytes | None:
    """Return a path for this name, if the file system takes it."""
    name = name.replace(b"/", b"").replace(b"\0", b"")[:250]
    return None if name in (b"", b".", b"..") else os.path.join(folder, name)


def grow(source: Path, tree: list[tuple[bytes, str, bytes, bytes]]) -> None:
    """Make a folder of such items; names that the system refuses are left out."""
    for name, kind, inner, content in tree:
        place = place_of(os.fsencode(source), name)
        if place is None or os.path.lexists(place):
            continue
        with suppress(OSError, ValueError):
            add(place, kind, inner, content)


def add(place: bytes, kind: str, inner: bytes, content: bytes) -> None:
    if kind in ("folder", "nested"):
        os.mkdir(place)
        below = os.path.join(place, b"deep") if kind == "nested" else place
        os.makedirs(below, exist_ok=True)
        if path := place_of(below, inner):
            Path(os.fsdecode(path)).write_bytes(content)
    elif kind == "link":
        os.symlink(b"/etc/passwd", place)
    elif kind == "loop":
        os.mkdir(place)
        os.symlink(place, os.path.join(place, b"self"))
    elif kind == "fifo":
        os.mkfifo(place)
    elif kind == "zip":
        with zipfile.ZipFile(os.fsdecode(place), "w") as archive:
            archive.writestr("lstm.py", content)
    else:
        Path(os.fsdecode(place)).write_bytes(content)
        if kind == "sparse":
            os.truncate(place, 2**40)


def check(source: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Grade twice: only rows come out, each under a name of its own, and the same again."""
    status = batch(source, out)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    if status == 2:
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        return
    assert said.err == ""
    rows = grades(out)
    names = [row["student"] for row in rows]
    assert len(set(names)) == len(names) > 0
    assert all(name.isprintable() for name in names)
    assert len(list((out / "results").iterdir())) == len(rows)
    assert len(list((out / "feedback").glob("*.html"))) == len(rows)
    assert not {*said.out} & {"\x1b", "\u202e"}
    before = (out / "grades.csv").read_bytes()
    assert batch(source, out) == status
    assert (out / "grades.csv").read_bytes() == before
    capsys.readouterr()
    students = json.loads((out / "run.json").read_text(encoding="utf-8"))["students"]
    assert len({student["file"].casefold() for student in students}) == len(rows)


@pytest.mark.skipif(sys.platform == "win32", reason="names are bytes elsewhere")
@fuzz
@given(TREES)
def test_any_folder(
    judges: Judges, capsys: pytest.CaptureFixture[str], tree: list[tuple[bytes, str, bytes, bytes]]
) -> None:
    place = Path(tempfile.mkdtemp())
    try:
        (place / "in").mkdir()
        grow(place / "in", tree)
        check(place / "in", place / "out", capsys)
    finally:
        shutil.rmtree(place)
    assert all(task.archive_name for task in judges.tasks)


@fuzz
@given(ENTRIES, st.binary(max_size=3), st.integers(0, 400))
def test_any_download(
    judges: Judges,
    capsys: pytest.CaptureFixture[str],
    entries: list[tuple[str, bytes, bool]],
    damage: bytes,
    where: int,
) -> None:
    place = Path(tempfile.mkdtemp())
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(place / "all.zip", "w") as archive:
            warnings.simplefilter("ignore")  # of names that are there twice
            for name, content, packed in entries:
                info = zipfile.ZipInfo("x")
                info.filename = name.encode(errors="replace").decode()
                info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
                archive.writestr(info, content)
        data = bytearray((place / "all.zip").read_bytes())
        data[where : where + len(damage)] = damage
        (place / "all.zip").write_bytes(data)
        check(place / "all.zip", place / "out", capsys)
    finally:
        shutil.rmtree(place)
    assert all(task.archive_name for task in judges.tasks)
