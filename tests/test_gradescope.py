"""The autograder, laid out and run as Gradescope does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from grader import api
from grader.__main__ import main
from grader.core.errors import UserError
from grader.core.report import Report
from grader.marking.scheme import STAFF_ONLY
from grader.release import gradescope_run
from grader.reports.gradescope import refused, results
from grader.submission import snapshot
from tests.conftest import ROOT

STATUSES = {"passed", "failed"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gradescope's folder /autograder, after setup.sh."""
    root = tmp_path_factory.mktemp("autograder")
    options = ["--exercise", "palindrome", "--time-scale", "2"]
    assert main(["gradescope", "-o", str(root / "autograder.zip"), *options]) == 0
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
    selection = "PYTEST_ADDOPTS='-k \"test_lstm or test_toy\"'"
    environment.write_text(f'#!/bin/sh\n{selection} exec {sys.executable} "$@"\n')
    environment.chmod(0o755)
    (root / "submission_metadata.json").write_text("{}")
    return root


def test_marking_schemes_are_not_in_it(autograder: Path) -> None:
    assert list((autograder / "source").rglob("rubric.toml"))
    assert not list((autograder / "source").rglob(STAFF_ONLY))


def graded(root: Path) -> dict[str, Any]:
    subprocess.run(["bash", str(root / "run_autograder")], check=True, timeout=120, cwd="/")
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return found


def test_setup_is_a_shell_script(autograder: Path) -> None:
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(autograder / "source" / script)], check=True)


@pytest.mark.parametrize(("available", "chosen"), [("3.11 3.12 3.13", "3.13"), ("3.11", "3.11")])
def test_setup_installs_what_ubuntu_has_and_torch_without_cuda(
    autograder: Path, tmp_path: Path, available: str, chosen: str
) -> None:
    """With stand-ins that note what they are called with."""
    source, tools = tmp_path / "source", tmp_path / "bin"
    shutil.copytree(autograder / "source", source, ignore=shutil.ignore_patterns(".venv"))
    tools.mkdir()
    (source / ".venv" / "bin").mkdir(parents=True)
    note = f'echo "$(basename $0) $*" >> {tmp_path}/log'
    has = f'[ "$1" = update ] || echo "{available}" | grep -q "${{3#python}}"'
    stand_ins = {tools / "apt-get": f"{note}; {has}", source / ".venv/bin/pip": note}
    stand_ins |= {tools / f"python{version}": note for version in available.split()}
    for path, script in stand_ins.items():
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    environment = {"PATH": f"{tools}:/usr/bin:/bin"}
    subprocess.run(["bash", str(source / "setup.sh")], check=True, cwd="/", env=environment)
    log = (tmp_path / "log").read_text().splitlines()
    assert log[-3:] == [
        f"python{chosen} -m venv .venv",
        f"pip install torch=={torch.__version__.partition('+')[0]} "
        "--index-url https://download.pytorch.org/whl/cpu",
        "pip install -c constraints.txt -e .",
    ]


@pytest.mark.grading
def test_a_submission_is_graded(autograder: Path) -> None:
    shutil.copytree(ROOT / "reference" / "palindrome", autograder / "submission" / "palindrome")
    lstm = autograder / "submission" / "palindrome" / "lstm.py"
    lstm.write_text(lstm.read_text().replace("g = torch.tanh(", "g = torch.sigmoid("))
    found = graded(autograder)
    assert found["score"] == pytest.approx(sum(test["score"] for test in found["tests"]))
    assert {test["tags"][0] for test in found["tests"]} == {"1.6"}  # of one exercise only
    assert 0 < found["score"] < sum(test["max_score"] for test in found["tests"])
    for test in found["tests"]:
        assert test["status"] in STATUSES
        assert test["visibility"] in VISIBILITIES
        assert {"score", "max_score", "name", "number", "output", "tags"} <= test.keys()
    wrong = next(test for test in found["tests"] if test["status"] == "failed")
    assert "g has a sigmoid" in wrong["output"]
    assert len({test["number"] for test in found["tests"]}) == len(found["tests"])


@pytest.mark.grading
def test_a_submission_that_is_refused(autograder: Path) -> None:
    shutil.rmtree(autograder / "submission")
    (autograder / "submission").mkdir()
    (autograder / "submission" / "essay.txt").write_text("words")
    found = graded(autograder)
    assert (found["score"], found["tests"]) == (0, [])
    assert "holds no .py" in found["output"]


def test_an_unknown_exercise_is_refused_when_packing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "autograder.zip"
    assert main(["gradescope", "-o", str(archive), "--exercise", "palindrom"]) == 2
    said = capsys.readouterr().err
    assert "There is no exercise 'palindrom' (is it palindrome?): choose from " in said
    assert not archive.exists()


def test_a_place_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("gradescope", "handout"):
        assert main([command, "-o", str(tmp_path / "none" / "a.zip")]) == 2
        assert "a.zip can't be written: No such file or directory" in capsys.readouterr().err


def test_any_failure_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submission, target = tmp_path / "submission", tmp_path / "results.json"
    submission.mkdir()
    (submission / "a.py").write_text("a = 1\n")
    monkeypatch.setattr(api, "run", lambda *_, **__: api.Run({}, "no tests\n", 4))  # as a typo
    gradescope_run.grade(submission, target, ["--exercise=palindrom"])
    found = json.loads(target.read_text())
    assert found["score"] == 0
    assert found["output"].startswith("The grader failed, not your code:")
    assert "no tests" in found["output"]


@pytest.mark.parametrize(
    ("files", "graded"),
    [
        (["hw.ipynb", "data.zip"], "submission"),
        (["sub/hw.IPYNB", "data.zip"], "submission"),
        (["code.zip", "report.pdf"], "code.zip"),
        (["code.tar.gz"], "code.tar.gz"),
        (["a.zip", "b.zip"], "submission"),
        (["code.zip", "__MACOSX/._lstm.py", ".ipynb_checkpoints/hw.ipynb"], "code.zip"),
        (["code.zip", "__pycache__/lstm.py"], "code.zip"),
        (["sub/code.zip"], "submission"),
    ],
)
def test_the_only_zip_is_graded_if_no_code_is_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[str], graded: str
) -> None:
    submission = tmp_path / "submission"
    for name in files:
        (submission / name).parent.mkdir(parents=True, exist_ok=True)
        (submission / name).write_text("")
    opened: list[Path] = []

    def refuse(path: Path) -> None:
        opened.append(path)
        raise UserError("enough")

    monkeypatch.setattr(snapshot, "open_submission", refuse)
    gradescope_run.grade(submission, tmp_path / "results.json", [])
    assert [path.name for path in opened] == [graded]


def test_a_killed_process_leaves_results_too(autograder: Path, tmp_path: Path) -> None:
    root = tmp_path / "autograder"
    shutil.copytree(autograder, root, symlinks=True)
    python = root / "source" / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\nkill -9 $$\n")
    subprocess.run(["bash", str(root / "run_autograder")], check=True, timeout=60, cwd="/")
    found = json.loads((root / "results" / "results.json").read_text())
    assert found["score"] == 0
    assert "The grader failed, not your code" in found["output"]


@pytest.mark.parametrize("options", [["--visibility=never"], ["--no-such-option"]])
def test_a_wrong_option_is_written_too(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "a.py").write_text("a = 1\n")
    gradescope_run.grade(tmp_path / "submission", tmp_path / "results.json", options)
    assert "The grader failed" in json.loads((tmp_path / "results.json").read_text())["output"]


def test_when_students_see_what() -> None:
    grade = {"earned": 1.5, "possible": 2.0, "pending": 0.0}
    report = {"grade": grade, "notices": [], "tests": [], "seed": 3, "duration": 9.87}
    found = results(cast(Report, report), 1.2, "after_published", True)
    assert found["visibility"] == "after_published"
    assert [(c["name"], c["value"], c.get("order")) for c in found["leaderboard"]] == [
        ("Points", 1.5, None), ("Seconds", 9.9, "asc")
    ]  # fmt: skip
    assert "leaderboard" not in results(cast(Report, report), 1.2)


def test_options_are_packed(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    options = ["--visibility", "after_due_date", "--leaderboard"]
    assert main(["gradescope", "-o", str(archive), *options]) == 0
    with zipfile.ZipFile(archive) as opened:
        lines = opened.read("options.txt").decode().splitlines()
    assert lines[-2:] == ["--visibility=after_due_date", "--leaderboard"]


def test_results_say_what_a_person_gives() -> None:
    grade = {"earned": 1.5, "possible": 2.0, "pending": 1.0}
    report = {"grade": grade, "notices": ["a"], "tests": [], "seed": 3}
    found = results(cast(Report, report), 1.2)
    assert found["output"] == "1.5 of 2 automatic points; a person gives 1 more\na"
    assert found["extra_data"] == {"seed": 3}
    assert refused("no")["score"] == 0
