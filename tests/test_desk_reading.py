"""Documents are strangers' files: read in a locked process, within limits, and cleaned."""

from __future__ import annotations

import base64
import functools
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from grader.desk import jobs as jobs_module
from grader.desk.cleaning import cleaned
from grader.desk.jobs import Jobs, Outcome
from grader.sandbox.isolation import available
from tests.desk_course import notebook, pdf, png, report, scanned

pytestmark = pytest.mark.sandbox


@functools.cache
def jobs() -> Jobs:
    return Jobs(available())


def run(kind: str, data: bytes, **options: Any) -> Outcome:
    return jobs().run(kind, data, **options)


def size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def darkness(data: bytes) -> float:
    with Image.open(io.BytesIO(data)) as image:
        grey = image.convert("L").tobytes()
    return sum(value < 128 for value in grey) / len(grey)


def test_a_pdf_has_pages_lines_and_places() -> None:
    outline = run("pdf", pdf([["Title"], ["1.4 Momentum", "It helps."]])).result
    assert outline["count"] == 2
    lines = outline["pages"][1]["lines"]
    assert [text for _, text in lines] == ["1.4 Momentum", "It helps."]
    assert 0.05 < lines[0][0] < lines[1][0] < 0.12


def test_pages_become_pictures() -> None:
    outcome = run("pages", report(1), pages=[0, 2])
    assert sorted(outcome.pictures) == ["0.webp", "2.webp"]
    assert size(outcome.pictures["0.webp"])[0] == 1400
    assert darkness(run("pages", scanned(), pages=[0]).pictures["0.webp"]) > 0.02


def test_names_are_covered_on_pages() -> None:
    document = pdf([["Report by Lee, 123456", "Sleeping is no name."]])
    shown = run("pages", document, pages=[0]).pictures["0.webp"]
    hidden = run("pages", document, pages=[0], hidden=["Lee", "123456"]).pictures["0.webp"]
    other = run("pages", document, pages=[0], hidden=["Kim"]).pictures["0.webp"]
    assert shown == other
    assert 0.4 < darkness(hidden) / darkness(shown) < 0.9  # some letters have gone, others not


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "It is broken, or no PDF."),
        (b"%PDF-1.7\n" + b"1 0 obj\n" * 1000, "It is broken, or no PDF."),
        (report(1)[:500], "It is broken, or no PDF."),
        (report(1, password="secret"), "It is protected by a password."),
        (b"<html><script>alert(1)</script>", "It is broken, or no PDF."),
    ],
)
def test_a_pdf_that_can_not_be_read_says_why(data: bytes, said: str) -> None:
    assert run("pdf", data).problem == said


def huge_page() -> bytes:
    """Return a PDF whose page is 200 inches wide and high."""
    return pdf([["x"]]).replace(b"0 0 595 842", b"0 0 14400 14400")


def long_thin_page() -> bytes:
    return pdf([["x"]]).replace(b"0 0 595 842", b"0 0 1 14400")


def image_bomb() -> bytes:
    """Return a PDF with a picture of 60,000 x 60,000 pixels, packed into some kilobytes."""
    packed = zlib.compress(bytes(60_000 * 60_000 // 800))
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB "
        b"/BitsPerComponent 8 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
    ) % (len(packed), packed)
    content = b"q 500 0 0 700 0 0 cm /I Do Q"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        image,
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, part) for n, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n"


def nested_forms() -> bytes:
    """Return a PDF in which 30 forms each draw the next one ten times: 10^30 in all."""
    depth = 30
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /F 5 0 R >> >> >>",
        b"<< /Length 5 >>\nstream\n/F Do\nendstream",
    ]
    for level in range(depth):
        content = b"/F Do " * 10 if level < depth - 1 else b"0 0 m 9 9 l S"
        parts.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F "
            b"%d 0 R >> >> /Length %d >>\nstream\n%s\nendstream"
            % (level + 6, len(content), content)
        )
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, part) for n, part in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n"


def deep_tree() -> bytes:
    """Return a PDF whose tree of pages contains itself."""
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 999999 >>\nendobj\n"
        b"trailer << /Root 1 0 R >>\n"
    )


@pytest.mark.parametrize("bomb", [huge_page, long_thin_page, image_bomb, nested_forms, deep_tree])
def test_a_bomb_costs_little(bomb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "SECONDS", 6.0)
    data = bomb()
    outline = run("pdf", data)
    assert len(outline.result.get("pages", [])) <= 200
    outcome = run("pages", data, pages=[0])
    for picture in outcome.pictures.values():
        width, height = size(picture)
        assert width * height <= 5_100_000
    assert outcome.pictures or outcome.problem or outcome.result["failed"] == [0]


def test_a_job_that_is_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "SECONDS", 0.0)
    outcome = run("pdf", report(1, pages=60))
    assert outcome.problem == jobs_module.GAVE_UP


def test_the_lock_holds_while_a_document_is_read(tmp_path: Path) -> None:
    """A reader can do nothing else: the code of a document's reader is tried as the reader."""
    secret = tmp_path / "secret"
    secret.write_text("the grades")
    for path in (str(secret), "/etc/passwd", "/proc/self/environ", __file__):
        found = _probe(path)
        assert found["read"] == "PermissionError", path
    assert found["socket"] == "PermissionError"
    assert found["fork"] == "PermissionError"
    assert "SECRET_OF_THE_SERVER" not in found["environment"]


def _probe(path: str) -> dict[str, Any]:
    """Run a reader that tries to get out, in the place of one that reads."""
    lines = [
        "import os, socket",
        "def attempt(function):",
        "    try:",
        "        return str(function())",
        "    except Exception as error:",
        "        return type(error).__name__",
        "def read(document, scratch):",
        f"    return dict(read=attempt(lambda: open({path!r}).read()),",
        "        socket=attempt(socket.socket), fork=attempt(os.fork),",
        "        environment=sorted(os.environ))",
    ]
    code = "\n".join(
        [
            *lines,
            "from pathlib import Path",
            "from grader.desk.reading import run",
            "from grader.sandbox import isolation",
            "import sys, types",
            "module = types.ModuleType('attack')",
            "module.read = read",
            "sys.modules['grader.desk.reading.attack'] = module",
            "run.JOBS['attack'] = ('attack', 'read')",
            "lock = isolation.Lock(isolation.available()).as_dict()",
            "run.perform('attack', sys.argv[1], sys.argv[2], lock, {})",
        ]
    )
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as scratch:
        Path(root, "document").write_bytes(b"")
        command = [sys.executable, "-c", code, root, scratch]
        environment = os.environ | {"SECRET_OF_THE_SERVER": "1"}
        subprocess.run(command, check=True, cwd=Path(__file__).parents[1], env=environment)
        found: dict[str, Any] = json.loads(Path(scratch, "result.json").read_bytes())
    return found


def test_a_notebook_becomes_blocks() -> None:
    outcome = run("notebook", notebook(1))
    blocks = outcome.result["blocks"]
    html = "".join(cleaned(block["html"]) for block in blocks)
    assert "<script" not in html
    assert not re.search(r"<[^>]*(onerror|javascript:)", html)
    assert "<math" in html
    assert '<img src="/picture/0"' in html
    assert size(outcome.pictures["0.webp"]) == (320, 200)
    assert any("1.4 Momentum" in block["text"] for block in blocks)


def test_a_picture_pasted_into_a_notebook_is_shown() -> None:
    """As a photograph of paper is, attached to a cell."""
    image = {"image/png": base64.b64encode(png()).decode()}
    cell = {
        "cell_type": "markdown",
        "source": "![p](attachment:p.png)",
        "attachments": {"p.png": image},
    }
    outcome = run("notebook", json.dumps({"cells": [cell], "nbformat": 4}).encode())
    assert "/picture/0" in outcome.result["blocks"][0]["html"]
    assert list(outcome.pictures) == ["0.webp"]


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[" * 100_000, b'{"cells": 1}', b'{"cells": [{}]}', b"\xff\xfe", b"null"],
)
def test_what_is_no_notebook_says_so(data: bytes) -> None:
    assert run("notebook", data).problem == "It is not a notebook that Jupyter can open."


def test_a_large_notebook_is_cut() -> None:
    cells = [{"cell_type": "code", "source": "x = 1\n" * 100, "outputs": []}] * 3000
    outcome = run("notebook", json.dumps({"cells": cells, "nbformat": 4}).encode())
    assert outcome.result["cut"]
    assert len(outcome.result["blocks"]) <= 800


def test_a_picture_is_drawn_anew() -> None:
    outcome = run("picture", png() + b"<script>alert(1)</script>")
    assert size(outcome.pictures["0.webp"]) == (320, 200)
    assert b"script" not in outcome.pictures["0.webp"]
    assert run("picture", b"\x89PNG\r\n\x1a\n broken").problem == "It is broken, or no picture."


def test_nothing_is_left_behind() -> None:
    before = set(os.listdir("/tmp"))
    run("pages", report(1), pages=[0])
    new = {name for name in os.listdir("/tmp") if "rnn-autograder-desk" in name} - before
    assert new == set()
