"""Whatever bytes are handed in, the worst that comes of it is a `SubmissionError`.

A short run with fixed examples by default; ``FUZZ_EXAMPLES=20000 pytest tests/fuzz`` searches anew.
"""

import io
import json
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.core.errors import UserError
from grader.core.sources import parse
from grader.submission.notebooks import read_notebook
from grader.submission.snapshot import SubmissionError, open_submission

pytestmark = pytest.mark.slow

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
fuzz = settings(
    max_examples=int(EXAMPLES or 100),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NAME_PARTS = st.sampled_from(
    ["..", "/", "\\", ".", "C:", "a.py", "A.PY", "b.ipynb", "part1", "report.pdf", "torch.py",
     "conftest.py", "grader", "__MACOSX", ".git", "x.zip", "\0", "\n", "ü", "u\u0308", "\u202e"]
)  # fmt: skip
NAMES = st.one_of(st.lists(NAME_PARTS, min_size=1, max_size=6).map("".join), st.text(max_size=20))
NAMES = NAMES.filter(lambda name: name and name.encode(errors="ignore").decode() == name)
MODES = st.sampled_from([0, 0o100644, 0o120777, 0o040755, 0o020644, 0o010644, 0o177777])
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"x = 1\n",
            b"\xef\xbb\xbfx = 1",
            b"# coding: rot13\nk = 1",
            b'{"nbformat": 4}',
            b"0" * 9999,
        ]
    ),
)
ENTRIES = st.lists(st.tuples(NAMES, MODES, CONTENTS, st.booleans()), max_size=6)


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for the archive; snapshots go beside it, and nothing else may change."""
    (tmp_path / "snapshots").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "snapshots"))
    return tmp_path


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Draw a ZIP with odd entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, mode, content, deflated in draw(ENTRIES):
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return buffer.getvalue()


@st.composite
def damaged_archives(draw: st.DrawFn) -> bytes:
    """Draw the same data with some bytes exchanged, inserted or cut off."""
    data = bytearray(draw(archives()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.sampled_from([0, 1, 2, 4, 8, len(data)]))
        data[at : at + gone] = draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * gone)))
    return bytes(data)


def everything_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check(area: Path, data: bytes) -> None:
    """Open the archive ``data``, and hold the result against what is promised."""
    path = area / "Doe-1234567.zip"
    path.write_bytes(data)
    submission, message = None, ""
    try:
        submission = open_submission(path)
    except SubmissionError as error:
        message = str(error)
    assert message.isprintable()
    if submission is not None:
        with submission:
            assert submission.root.parent == (area / "snapshots").resolve()
            inside = [found for found in submission.root.rglob("*") if not found.is_dir()]
            assert all(found.is_file() and not found.is_symlink() for found in inside)
            assert {found.relative_to(submission.root) for found in inside} == set(
                map(Path, submission.files)
            )
            for file in submission.files:
                submission.source_of(file)
            submission.find("lstm.py", ["LSTM"])
            assert all(notice.isprintable() for notice in submission.notices)
            outside = [name for name in everything_below(area) if not name.startswith("snap")]
            assert outside == [path.name]
    assert everything_below(area) == {"Doe-1234567.zip", "snapshots"}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@fuzz
@given(data=archives())
def test_odd_archives(area: Path, data: bytes) -> None:
    check(area, data)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@fuzz
@given(data=damaged_archives())
def test_damaged_archives(area: Path, data: bytes) -> None:
    check(area, data)


@fuzz
@given(data=st.binary(max_size=300), zip_like=st.booleans())
def test_random_bytes(area: Path, data: bytes, zip_like: bool) -> None:
    end = b"PK\5\6" + bytes(18)
    check(area, data + end if zip_like else data)


@fuzz
@given(
    data=st.recursive(
        st.one_of(st.none(), st.integers(0, 5), st.text(max_size=30), st.just("code")),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["nbformat", "cells", "metadata", "source", "cell_type", "outputs",
                                 "worksheets", "input"]),
                inner,
            ),
        ),
    )
)  # fmt: skip
def test_odd_notebooks(data: object) -> None:
    for notebook in (data, {"nbformat": 4, "metadata": {}, "cells": data}):
        with suppress(UserError):
            parse(read_notebook(json.dumps(notebook), "a.ipynb").source)


PIECES = st.sampled_from(
    ["x", " = ", "1", "\n", "    ", "def f():", "class A:", "if x:", "%time", "!ls", "%%bash",
     "import os", "from __future__ import annotations", "f'{x}'", "(", ")", "[", "]", ";", "\\",
     "\r", "\x0c", "'''", "#", "lambda: ", "?", "@", "\ud800", "\\ud800", "'",
     "return 1", "pass", ":"]
)  # fmt: skip


@fuzz
@given(cells=st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=3))
def test_odd_cells(cells: list[str]) -> None:
    form = {"cell_type": "code", "metadata": {}, "outputs": []}
    notebook = {"nbformat": 4, "metadata": {}, "cells": [form | {"source": c} for c in cells]}
    source = read_notebook(json.dumps(notebook), "a.ipynb").source
    source.encode()
    parse(source)
