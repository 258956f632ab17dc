"""The engine's fixed sentences in a course's language: all of them, and only those."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import get_args

import pytest

from grader.core import course
from grader.core.errors import UserError
from grader.core.failures import LABELS, Failure, Status
from grader.core.language import COLUMNS, FILE, sentences, total, translated
from grader.core.paths import KIT
from grader.core.report import RowStatus
from grader.marking.data import RequestState
from grader.release.faults import read_faults
from grader.release.handout import kit_files
from grader.reports.pages import TEMPLATES, feedback_html, feedback_md
from grader.reports.rows import read_row
from tests.conftest import ROOT
from tests.results import PIXEL, a_result

EXAMPLE = ROOT / "examples" / "gru"
SHOWN = {  # from variables
    *LABELS,
    *COLUMNS,
    *get_args(Status),
    *get_args(RowStatus),
    *get_args(RequestState),
    "partly passed",  # QuestionGrade.status
    "by a person",  # Mark.status
    "changed by a person",
    "excused",
}


@pytest.fixture(autouse=True)
def kits() -> Iterator[None]:
    """Return to the kit's own course."""
    yield
    course.choose(None)


def in_python(path: Path) -> Iterator[str]:
    """Yield what a module translates, where it is written out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "translated":
            sentence = node.args[0]
            if isinstance(sentence, ast.Constant):
                yield str(sentence.value)


def in_templates(path: Path) -> Iterator[str]:
    """Yield what a template translates, where it is written out."""
    yield from re.findall(r'"([^"]+)"\|translated', path.read_text(encoding="utf-8"))


def test_the_example_translates_every_sentence_and_no_other() -> None:
    used = {text for path in KIT.rglob("*.py") for text in in_python(path)}
    used |= {text for path in TEMPLATES.iterdir() for text in in_templates(path)}
    assert {"What to do next", "traceback", "{count} more stop at this"} <= used
    course.choose(EXAMPLE)
    assert {*sentences()} == used | SHOWN
    for english, own in sentences().items():
        assert set(re.findall(r"\{\w+\}", own)) == set(re.findall(r"\{\w+\}", english)), own


def test_labels_are_aligned_in_any_language(tmp_path: Path) -> None:
    (tmp_path / "exercises" / "a").mkdir(parents=True)
    (tmp_path / "exercises" / "a" / "rubric.toml").touch()
    (tmp_path / "exercises" / FILE).write_text('got = "in Wirklichkeit"\n', encoding="utf-8")
    course.choose(tmp_path)
    assert Failure("x", expected="1\n2", got="3").details() == [
        "expected        1\n                2",
        "in Wirklichkeit 3",
    ]


def test_what_is_not_translated_stays_english(tmp_path: Path) -> None:
    (tmp_path / "exercises" / "a").mkdir(parents=True)
    (tmp_path / "exercises" / "a" / "rubric.toml").touch()
    course.choose(tmp_path)
    assert total(1.5, 3.0, 0.0) == "1.5 of 3 automatic points"
    course.choose(EXAMPLE)
    assert total(1.5, 3.0, 0.0).startswith("1.5 de 3")
    assert translated("A sentence of nobody's") == "A sentence of nobody's"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"got" = "', "is no TOML"),
        ("got = 3", "the translation of 'got' should be a text"),
        ('got = "{count}"', "the translation of 'got' should not have {count}"),
        ('got = "{"', "the translation of 'got': "),
    ],
)
def test_a_wrong_translation_is_named_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "exercises" / "a").mkdir(parents=True)
    (tmp_path / "exercises" / "a" / "rubric.toml").touch()
    (tmp_path / "exercises" / FILE).write_text(text, encoding="utf-8")
    course.choose(tmp_path)
    with pytest.raises(UserError) as caught:
        sentences()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_feedback_page_is_in_the_courses_language() -> None:
    """None of the English sentences is left, whatever a student's result holds."""
    result = a_result(status="failed", hint="the hint", figures=[{"title": "", "png": PIXEL}])
    row = read_row("Kim", "kim.zip", "kim", result)
    course.choose(EXAMPLE)
    page, markdown = feedback_html(row, result), feedback_md(row, result)
    english = {*in_templates(TEMPLATES / "feedback.html"), *in_templates(TEMPLATES / "feedback.md")}
    words = [sentence for sentence in english if "{" not in sentence and sentence != "en"]
    assert '<html lang="es">' in page
    assert "Graded with seed" not in page + markdown
    for word in words:
        for shown in (word, word.capitalize()):
            assert f">{shown}<" not in page
            assert f"## {shown}\n" not in markdown
    assert "Qué hacer ahora" in page
    assert "2 de 6 puntos" in page
    assert "<code>--seed 1</code> repite" in page
    assert "| pregunta | título | puntos | estado |\n|---" in markdown
    assert "esperado:" in markdown


@pytest.mark.grading
def test_a_run_ends_in_the_courses_language(tmp_path: Path) -> None:
    """Labels, statuses, the table, and what was carried forward."""
    (swapped,) = (f for f in read_faults(EXAMPLE / "faults") if f.name == "z_intercambiada")
    swapped.build(EXAMPLE, tmp_path / "work")
    check = ["check", str(tmp_path / "work"), f"--course={EXAMPLE}", "-k", "step or sequence"]
    done = subprocess.run(
        [sys.executable, "-m", "grader", *check], cwd=ROOT, capture_output=True, text=True
    )
    assert "INCORRECTO  G2  Un paso con pesos y entradas al azar\n" in done.stdout
    assert "\n  esperado  " in done.stdout
    assert "pista     Esto coincide con su propia fórmula; el error se contó en G2:" in done.stdout
    first = done.stdout.partition("\nPrimero: pregunta G2: ")[2]
    assert first.startswith("z y 1 − z están intercambiadas"), "its hint"


def test_a_handout_holds_the_translations() -> None:
    course.choose(EXAMPLE)
    assert kit_files()[PurePosixPath("grader/exercises") / FILE] == EXAMPLE / "exercises" / FILE
