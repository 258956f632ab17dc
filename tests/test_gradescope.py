"""The autograder, laid out and run as Gradescope does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.__main__ import main
from grader.reports.gradescope import refused, results
from tests.conftest import ROOT

STATUSES = {"passed", "failed"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gradescope's folder /autograder, after setup.sh."""
    root = tmp_path_factory.mktemp("autograder")
    assert main(["gradescope", "-o", str(root / "autograder.zip")]) == 0
    for folder in ("source", "submission", "results"):
        (root / folder).mkdir()
    with zipfile.ZipFile(root / "autograder.zip") as archive:
        archive.extractall(root / "source")
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["run_autograder"] & modes["setup.sh"] & 0o111
    shutil.copy(root / "source" / "run_autograder", root)
    environment = root / "source" / ".venv" / "bin" / "python"
    environment.parent.mkdir(parents=True)
    # In place of setup.sh's installation; a quick selection in place of all tests.
    options = "PYTEST_ADDOPTS='-k test_lstm'"
    environment.write_text(f'#!/bin/sh\n{options} exec {sys.executable} "$@"\n')
    environment.chmod(0o755)
    (root / "submission_metadata.json").write_text("{}")
    return root


def graded(root: Path) -> dict[str, Any]:
    subprocess.run(["bash", str(root / "run_autograder")], check=True, timeout=120, cwd="/")
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return found


def test_setup_is_a_shell_script(autograder: Path) -> None:
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(autograder / "source" / script)], check=True)


def test_a_submission_is_graded(autograder: Path) -> None:
    shutil.copytree(ROOT / "reference" / "palindrome", autograder / "submission" / "palindrome")
    lstm = autograder / "submission" / "palindrome" / "lstm.py"
    lstm.write_text(lstm.read_text().replace("g = torch.tanh(g)", "g = torch.sigmoid(g)"))
    found = graded(autograder)
    assert found["score"] == pytest.approx(sum(test["score"] for test in found["tests"]))
    assert 0 < found["score"] < sum(test["max_score"] for test in found["tests"])
    for test in found["tests"]:
        assert test["status"] in STATUSES
        assert test["visibility"] in VISIBILITIES
        assert {"score", "max_score", "name", "number", "output", "tags"} <= test.keys()
    wrong = next(test for test in found["tests"] if test["status"] == "failed")
    assert "g has a sigmoid" in wrong["output"]
    assert len({test["number"] for test in found["tests"]}) == len(found["tests"])


def test_a_submission_that_is_refused(autograder: Path) -> None:
    shutil.rmtree(autograder / "submission")
    (autograder / "submission").mkdir()
    (autograder / "submission" / "essay.txt").write_text("words")
    found = graded(autograder)
    assert (found["score"], found["tests"]) == (0, [])
    assert "holds no .py" in found["output"]


def test_results_say_what_a_person_gives() -> None:
    grade = {"earned": 1.5, "possible": 2.0, "pending": 1.0}
    found = results({"grade": grade, "notices": ["a"], "tests": [], "seed": 3}, 1.2)
    assert found["output"] == "1.5 of 2 automatic points; 1 more are given by a person\na"
    assert found["extra_data"] == {"seed": 3}
    assert refused("no")["score"] == 0
