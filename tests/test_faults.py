"""Grade faulty and legal submissions: each file of tests/faults/ is named after its fault.

``tests/faults/<exercise>/<fault>.toml`` says what the fault is and what its grading must give:

    base = "reference"        the files it starts from (left out: the folder's own alone)
    select = "lstm"           pytest's -k, so that only what the fault concerns is run
    arguments = ["--time-scale", "0.1"]    further ones
    [[edit]]                  file, old, new: an edit of the base; ``old`` stands there once
    [expect."1.6"]            earned, status of a question
    [[says]]                  test, text: a failing test and what its message must contain

A fault that brings files is a folder ``<fault>/`` with ``fault.toml``; its other files are laid
over the base.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Grade

FOLDER = Path(__file__).parent / "faults"
FAULTS = sorted([*FOLDER.glob("*/*.toml"), *FOLDER.glob("*/*/fault.toml")])


def name_of(fault: Path) -> str:
    """Return the fault's name: that of its file, or of its folder."""
    return fault.parent.name if fault.name == "fault.toml" else fault.stem


def exercise_of(fault: Path) -> str:
    """Return the exercise that the fault belongs to."""
    return fault.relative_to(FOLDER).parts[0]


def build(fault: Path, rules: dict[str, Any], target: Path) -> None:
    """Write the submission that has the fault to ``target``."""
    if "base" in rules:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / rules["base"], target, ignore=ignored)
    if fault.name == "fault.toml":
        ignored = shutil.ignore_patterns("fault.toml", "__pycache__")
        shutil.copytree(fault.parent, target, dirs_exist_ok=True, ignore=ignored)
    for edit in rules.get("edit", []):
        file = target / edit["file"]
        text = file.read_text(encoding="utf-8")
        assert text.count(edit["old"]) == 1, f"{edit['old']!r} must stand once in {file.name}"
        file.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda path: f"{exercise_of(path)}-{name_of(path)}")
def test_fault(fault: Path, grade: Grade, tmp_path: Path) -> None:
    rules = tomllib.loads(fault.read_text(encoding="utf-8"))
    submission = tmp_path / name_of(fault)
    build(fault, rules, submission)
    arguments = rules.get("arguments", [])
    if "select" in rules:
        arguments = [*arguments, "-k", rules["select"]]
    run = grade(submission, *arguments)
    questions: dict[str, dict[str, Any]] = {
        row["id"]: dict(row) for row in run.report["grade"]["questions"]
    }
    for question, expected in rules["expect"].items():
        found = {key: questions[question][key] for key in expected}
        assert found == expected, f"question {question}\n{run.text}"
    failures = [
        (test["nodeid"].split("::")[-1], test["metadata"])
        for test in run.report["tests"]
        if test["metadata"]["failure"]
    ]
    assert all(metadata["status"] != "internal" for _, metadata in failures), run.text
    carried = [m for _, m in failures if m["status"] == "carried"]
    lost = [m["mistake"] for _, m in failures if m["status"] == "failed" and m["points"]]
    counted = {part for mistake in lost for part in mistake.split("+")}
    assert all(set(m["mistake"].split("+")) <= counted for m in carried), run.text
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
    shutil.copy(ROOT / "reference" / "memory_learner.py", folder)
    run = grade(folder, "--exercise", file, "-k", select)
    outcomes = [test["metadata"]["status"] for test in run.report["tests"]]
    assert outcomes, run.text
    assert set(outcomes) == {"passed"}, run.text
