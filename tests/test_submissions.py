"""Faulty submissions: each folder of tests/submissions/ is named after its fault.

Its ``fault.toml`` says what it is and what grading it must give:

    base = "reference"        the files it starts from (left out: the folder's own alone)
    select = "lstm"           pytest's -k, so that only what the fault concerns is run
    arguments = ["--time-scale", "0.1"]    further ones
    [[edit]]                  file, old, new: an edit of the base; ``old`` stands there once
    [expect."1.6"]            earned, status of a question
    [[says]]                  test, text: a failing test and what its message must contain

Other files in the folder are laid over the base.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Grade

FOLDER = Path(__file__).parent / "submissions"
FAULTS = sorted(path.parent for path in FOLDER.glob("*/*/fault.toml"))


def build(fault: Path, rules: dict[str, Any], target: Path) -> None:
    """The submission of that fault, in ``target``."""
    if "base" in rules:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / rules["base"], target, ignore=ignored)
    shutil.copytree(
        fault,
        target,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("fault.toml", "__pycache__"),
    )
    for edit in rules.get("edit", []):
        file = target / edit["file"]
        text = file.read_text(encoding="utf-8")
        assert text.count(edit["old"]) == 1, f"{edit['old']!r} must stand once in {file.name}"
        file.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_fault(fault: Path, grade: Grade, tmp_path: Path) -> None:
    rules = tomllib.loads((fault / "fault.toml").read_text(encoding="utf-8"))
    submission = tmp_path / fault.name
    build(fault, rules, submission)
    arguments = rules.get("arguments", [])
    if "select" in rules:
        arguments = [*arguments, "-k", rules["select"]]
    run = grade(submission, *arguments)
    questions = {row["id"]: row for row in run.report["grade"]["questions"]}
    for question, expected in rules["expect"].items():
        found = {key: questions[question][key] for key in expected}
        assert found == expected, f"question {question}\n{run.text}"
    failures = [
        (test["nodeid"].split("::")[-1], test["metadata"])
        for test in run.report["tests"]
        if test["metadata"]["failure"]
    ]
    assert all(metadata["status"] != "internal" for _, metadata in failures), run.text
    for said in rules.get("says", []):
        messages = [str(m["failure"]) for name, m in failures if name == said["test"]]
        assert any(said["text"] in message for message in messages), run.text


@pytest.mark.parametrize(
    ("file", "select"),
    [
        ("toy_bptt", "test_loss"),
        ("sliding_tbptt", "test_windows"),
        ("bptt_gradients", "test_by_hand"),
        ("numpy_rnn", "test_single_sequence"),
        ("memory_task", "test_generator"),
    ],
)
def test_a_file_may_have_another_name(file: str, select: str, grade: Grade, tmp_path: Path) -> None:
    folder = tmp_path / "Homework"
    folder.mkdir()
    shutil.copy(ROOT / "reference" / f"{file}.py", folder / "my solution (1).py")
    run = grade(folder, "--exercise", file, "-k", select)
    outcomes = [test["metadata"]["status"] for test in run.report["tests"]]
    assert outcomes, run.text
    assert set(outcomes) == {"passed"}, run.text
