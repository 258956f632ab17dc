"""Grade faulty and legal submissions: each file of tests/faults/ is named after its fault.

grader/release/faults.py describes these files.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.release.faults import Fault, read_faults
from tests.conftest import ROOT, Grade

FAULTS = read_faults(Path(__file__).parent / "faults")


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault(fault: Fault, grade: Grade, tmp_path: Path) -> None:
    submission = tmp_path / fault.name
    fault.build(ROOT, submission)
    run = grade(submission, *fault.arguments)
    assert list(fault.differences(run.report)) == [], run.text


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
