"""The marking schemes of the exercises fit their rubrics and their model answers."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from grader.batch import task
from grader.core.course import EXERCISES
from grader.core.rubric import read_rubric
from grader.marking.scheme import STAFF_ONLY, Scheme, model_answer, read_schemes

WITH_ITEMS = [scheme for scheme in read_schemes().values() if scheme.items]


def best(scheme: Scheme) -> float:
    """Return the most points that items give, with one item of each group."""
    groups: defaultdict[str, float] = defaultdict(float)
    for item in scheme.items:
        groups[item.group or item.id] = max(groups[item.group or item.id], item.points)
    return scheme.start + sum(groups.values())


def test_each_question_of_a_person_has_items_and_a_model_answer() -> None:
    by_person = {question.id for question in read_rubric() if question.by == "person"}
    assert by_person <= {scheme.question for scheme in WITH_ITEMS}
    assert len(by_person) == 10


@pytest.mark.parametrize("scheme", WITH_ITEMS, ids=lambda scheme: scheme.question)
def test_a_perfect_answer_has_all_points(scheme: Scheme) -> None:
    assert best(scheme) == scheme.upper == scheme.points
    assert scheme.lower == scheme.start == 0


@pytest.mark.parametrize("scheme", WITH_ITEMS, ids=lambda scheme: scheme.question)
def test_items_have_the_points_of_the_written_scheme(scheme: Scheme) -> None:
    answer = model_answer(scheme.question)
    assert "**Marking**" in answer
    assert not answer.startswith("#")
    listed = re.findall(r"^- ([\d.]+):", answer.partition("**Marking**")[2], re.MULTILINE)
    if scheme.question == "1.5a":  # half for the purpose, half for the non-linearity
        listed = [str(float(points) / 2) for points in listed for _ in range(2)]
    tops: defaultdict[str, float] = defaultdict(float)
    for item in scheme.items:
        tops[item.group or item.id] = max(tops[item.group or item.id], item.points)
    assert sorted(tops.values()) == sorted(map(float, listed))


def test_a_question_without_an_answer_has_none() -> None:
    assert model_answer("1.2") == ""
    assert model_answer("1") == ""


def test_a_changed_scheme_grades_nothing_again(tmp_path: Path) -> None:
    kit = tmp_path / "grader"
    shutil.copytree(EXERCISES / "palindrome", kit / "exercises" / "palindrome")
    (kit / "marking").mkdir()
    before = task._fingerprint(kit)
    for path in (kit / "exercises" / "palindrome" / STAFF_ONLY, kit / "marking" / "new.py"):
        path.write_text("# changed", encoding="utf-8")
    assert task._fingerprint(kit) == before
    (kit / "exercises" / "palindrome" / "rubric.toml").write_text("# changed", encoding="utf-8")
    assert task._fingerprint(kit) != before
