"""Which pairs of submissions are shown to a person."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from grader.batch.store import Store
from tests.synthetic import packed, sources

copydetect = pytest.importorskip("copydetect")
from grader.batch import similar  # noqa: E402 (after the check)

SOLVED = sources("reference")


def renamed(old: str, new: str) -> dict[str, str]:
    return {name: text.replace(old, new) for name, text in SOLVED.items()}


def pairs(tmp_path: Path, submissions: dict[str, dict[str, str]]) -> list[list[str]]:
    store = Store(tmp_path)
    archives = [(name, functools.partial(packed, files)) for name, files in submissions.items()]
    similar.find(store, archives)
    return [pair["students"] for pair in json.loads((tmp_path / "similar.json").read_text())]


def test_a_copy_with_other_names_is_found(tmp_path: Path) -> None:
    other = {"lstm.py": "class LSTM:\n" + "".join(f"    x{i} = {i}\n" for i in range(50))}
    submissions = {"Lee": SOLVED, "Kim": renamed("W_hh", "recurrent"), "Ito": other}
    assert pairs(tmp_path, submissions) == [["Kim", "Lee"]]


def test_the_template_does_not_count(tmp_path: Path) -> None:
    template = sources("student_template")
    own = {"mine.py": "".join(f"def f{i}(x):\n    return x ** {i} + x\n\n\n" for i in range(9))}
    assert pairs(tmp_path, {"Lee": template, "Kim": template | own}) == []


def test_what_can_not_be_opened_is_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    similar.find(store, [("Lee", lambda: b"no ZIP"), ("Kim", lambda: packed(SOLVED))])
    assert json.loads((tmp_path / "similar.json").read_text()) == []
