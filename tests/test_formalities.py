"""The sheet's rules about names, reports and paths are checked, and broken PDFs do no harm."""

import ast
import os
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from grader.core import course
from grader.core.course import EXERCISES
from grader.core.handin_rules import answers, rules_of
from grader.core.spelling import squeeze
from grader.submission import pdf_text
from grader.submission.handin import RULES, Finding, check_formalities
from grader.submission.pdf_text import first_pages
from grader.submission.snapshot import open_submission
from tests.conftest import ROOT
from tests.submission_files import findings_of


def pdf_of(*pages: bytes, compressed: bool = False) -> bytes:
    """Return a PDF with one content stream for each page."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, content in enumerate(pages):
        page = f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * i} 0 R /MediaBox [0 0 600 800]"
        objects.append(f"{page} /Resources << /Font << /F 3 0 R >> >> >>".encode())
        data = zlib.compress(content, 9) if compressed else content
        flate = " /Filter /FlateDecode" if compressed else ""
        head = f"<< /Length {len(data)}{flate} >>\nstream\n".encode()
        objects.append(head + data + b"\nendstream")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (
        len(objects) + 1, table, len(objects) + 1
    ) + b"startxref\n%d\n%%%%EOF\n" % len(body)  # fmt: skip


def line(text: str) -> bytes:
    return b"BT /F 12 Tf 50 700 Td (" + text.encode("cp1252") + b") Tj ET\n"


def test_exercises_name_rules_that_exist() -> None:
    for exercise in EXERCISES.iterdir():
        assert set(rules_of(exercise.name)) <= RULES.keys()


def test_an_exercise_without_rules_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    monkeypatch.setattr(course, "_chosen", replace(course.KITS, exercises=tmp_path))
    assert rules_of("one") == ()


def test_answers_are_what_the_templates_define() -> None:
    defined = {
        squeeze(node.name)
        for path in (ROOT / "student_template").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert {"vanillarnn", "truncatedbptt", "getnumericalgradient"} <= answers() <= defined


def test_everything_in_order(tmp_path: Path) -> None:
    report = pdf_of(line("Exercise 1"), line("Anna Müller, 1234567"))
    found = findings_of(tmp_path, {"lstm.py": b"open('data/x.csv')", "report.pdf": report})
    assert list(found) == ["ZIP name", "code", "relative paths", "PDF", "author in PDF"]
    assert all(finding.ok for finding in found.values())
    assert found["ZIP name"].message == "Müller-1234567.zip is named as it should be."
    assert found["author in PDF"].message == "report.pdf bears surname and matriculation number."


# The ZIP's name


@pytest.mark.parametrize(
    "name",
    ["Doe-1234567", "Müller-12345678", "Garcia-Lopez-1234567", "O'Neil-12345", "von der Au-123456",
     "Doe-1234567_Roe-7654321", "Mu\u0308ller-1234567"],
)  # fmt: skip
def test_name_that_keeps_the_convention(tmp_path: Path, name: str) -> None:
    assert findings_of(tmp_path, {"a.py": b""}, f"{name}.zip")["ZIP name"].ok


@pytest.mark.parametrize(
    "name", ["Doe", "1234567", "Doe_1234567", "Doe-12", "1234567-Doe", "Doe-1234567-final", "Doe-"]
)
def test_name_that_does_not(tmp_path: Path, name: str) -> None:
    finding = findings_of(tmp_path, {"a.py": b""}, f"{name}.zip")["ZIP name"]
    assert not finding.ok
    assert finding.message == (
        f"Hand in one ZIP named Surname-MatriculationNumber.zip; this is {name}.zip."
    )


def test_folder_is_no_hand_in(tmp_path: Path) -> None:
    folder = tmp_path / "Doe-1234567"
    folder.mkdir()
    (folder / "a.py").write_text("")
    with open_submission(folder) as submission:
        assert check_formalities(submission, RULES)[0] == Finding(
            "ZIP name",
            False,
            "Hand in one ZIP named Surname-MatriculationNumber.zip; this is Doe-1234567.",
        )


def test_hostile_name_takes_no_time(tmp_path: Path) -> None:
    start = time.monotonic()
    findings_of(tmp_path, {"a.py": b""}, "a_" * 120 + ".zip")
    assert time.monotonic() - start < 2


# The report


def test_no_pdf(tmp_path: Path) -> None:
    found = findings_of(tmp_path, {"a.py": b""})
    assert found["PDF"] == Finding("PDF", False, "Add your report as a PDF.")
    assert "author in PDF" not in found


def test_author_is_not_looked_for_if_unknown(tmp_path: Path) -> None:
    found = findings_of(tmp_path, {"a.py": b"", "report.pdf": pdf_of(line("x"))}, "final.zip")
    assert found["PDF"].ok
    assert "author in PDF" not in found


@pytest.mark.parametrize(
    ("zip_name", "text"),
    [
        ("Müller-1234567.zip", "Müller 1234567"),
        ("Müller-1234567.zip", "MÜLLER, Nr. 123 4567"),
        ("Müller-1234567.zip", "Mueller 1234567"),
        ("Mueller-1234567.zip", "Müller 1234567"),
        ("Muller-1234567.zip", "Müller 1234567"),
        ("Müller-1234567.zip", "M¨uller 1234567"),  # as some LaTeX fonts come out
        ("Weiß-1234567.zip", "WEISS 1234567"),
        ("Garcia-Lopez-1234567.zip", "García López 1234567"),
        ("Doe-1234567_Roe-7654321.zip", "Doe 1234567 and Roe 7654321"),
    ],
)
def test_spellings_of_an_author(tmp_path: Path, zip_name: str, text: str) -> None:
    report = pdf_of(line(text))
    found = findings_of(tmp_path, {"a.py": b"", "report.pdf": report}, zip_name)
    assert found["author in PDF"].ok


def test_author_in_the_name_of_the_pdf(tmp_path: Path) -> None:
    files = {"a.py": b"", "Müller-1234567.pdf": b"no PDF at all"}
    assert findings_of(tmp_path, files)["author in PDF"].ok


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Anna Müller", "1234567"),
        ("Anna, 1234567", "Müller"),
        ("Anna", "Müller and 1234567"),
    ],
)
def test_author_missing_in_pdf(tmp_path: Path, text: str, missing: str) -> None:
    found = findings_of(tmp_path, {"a.py": b"", "report.pdf": pdf_of(line(text))})
    assert found["author in PDF"] == Finding(
        "author in PDF", False, f"Write {missing} on the first page of report.pdf."
    )


def test_second_member_of_a_group_missing_in_pdf(tmp_path: Path) -> None:
    files = {"a.py": b"", "report.pdf": pdf_of(line("Doe 1234567"))}
    finding = findings_of(tmp_path, files, "Doe-1234567_Roe-7654321.zip")["author in PDF"]
    assert "Write Roe and 7654321 on" in finding.message


def test_author_in_the_second_pdf(tmp_path: Path) -> None:
    files = {"a.py": b"", "a.pdf": pdf_of(line("x")), "b.pdf": pdf_of(line("Müller 1234567"))}
    assert findings_of(tmp_path, files)["author in PDF"].ok


def test_only_the_first_pages_are_read(tmp_path: Path) -> None:
    pages = [line("x")] * pdf_text.MAX_PAGES + [line("Müller 1234567")]
    files = {"a.py": b"", "report.pdf": pdf_of(*pages)}
    assert not findings_of(tmp_path, files)["author in PDF"].ok


@pytest.mark.parametrize(
    "data", [b"", b"%PDF", b"\0" * 1000, pdf_of(line("x"))[:300], pdf_of(b"(" * 100_000)]
)
def test_broken_pdf(tmp_path: Path, data: bytes) -> None:
    finding = findings_of(tmp_path, {"a.py": b"", "report.pdf": data})["author in PDF"]
    assert not finding.ok
    assert finding.message == (
        "Write Müller and 1234567 on the first page of report.pdf. "
        "Not all of it can be read as text."
    )


def test_pages_before_a_broken_one_count(tmp_path: Path) -> None:
    report = pdf_of(line("Müller 1234567"), line("x"), line("y"))
    report = report.replace(b"7 0 obj\n<<", b"7 0 obj\n<< /Filter /Unknown")
    (tmp_path / "report.pdf").write_bytes(report)
    assert first_pages(tmp_path / "report.pdf") == "Müller 1234567"


def test_pdf_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_SECONDS", 0.01)
    (tmp_path / "report.pdf").write_bytes(pdf_of(line("x")))
    assert first_pages(tmp_path / "report.pdf") == ""


@pytest.mark.slow
def test_bomb_in_a_pdf(tmp_path: Path) -> None:
    bomb = pdf_of(line("x") * 5_000_000, compressed=True)
    assert len(bomb) < 2**20
    (tmp_path / "report.pdf").write_bytes(bomb)
    start = time.monotonic()
    first_pages(tmp_path / "report.pdf")
    assert time.monotonic() - start < pdf_text.MAX_SECONDS + 5


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory has no limit")
def test_memory_is_limited(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(pdf_of(line("x")))
    script = (
        "import sys; from grader import pdftext; pdf_text.MAX_MEMORY = 2**24; "
        "pdftext._print_first_pages(sys.argv[1])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "report.pdf")],
        env=os.environ | {"PYTHONPATH": str(Path(pdf_text.__file__).parents[1])},
        capture_output=True,
    )
    assert run.returncode != 0
    assert run.stdout == b""
