"""The wheel and the sdist, installed in an environment that has only their dependencies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from grader.__main__ import main
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.grading]
QUICK = ["--exercise", "toy_bptt", "-k", "test_loss"]


class Installed:
    """A fresh environment's commands, run in a folder that holds nothing of the kit."""

    def __init__(self, commands: Path, folder: Path) -> None:
        self.commands, self.folder = commands, folder

    def __call__(self, command: str, *arguments: str, status: int = 0) -> str:
        """Return what a command prints on both streams."""
        done = subprocess.run(
            [str(self.commands / command), *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sdist, and with the wheel that is made from it."""
    folder = tmp_path_factory.mktemp("dist")
    build("sdist", ROOT, folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    build("wheel", folder / sdist.name.removesuffix(".tar.gz"), folder)
    return folder


def build(what: str, source: Path, target: Path) -> None:
    program = f"from setuptools import build_meta; build_meta.build_{what}({str(target)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def run(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return the commands of an environment that has the wheel."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    environment = {name: os.environ[name] for name in os.environ.keys() - {"PYTHONPATH"}}
    subprocess.run([*pip, str(wheel)], check=True, env=environment)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pytest_command = home / "bin" / "pytest"
    pytest_command.write_text(f'#!/bin/sh\nexec {python} -m pytest "$@"\n')
    pytest_command.chmod(0o755)
    return Installed(home / "bin", tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def work(run: Installed) -> Path:
    """Return the folder that `init` lays out."""
    run("rnn-autograder", "init", "work")
    return run.folder / "work"


def test_solutions_are_in_neither(built: Path) -> None:
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        texts = [files.read(name) for name in names if "student_template" in name]
    with tarfile.open(sdist) as archive:
        names += archive.getnames()
    assert not [
        name
        for name in names
        if re.search(r"(^|/)(reference|tests|answers\.md|marking.toml|\.ci)\b", name)
    ]
    assert any(b"NotImplementedError" in text for text in texts)
    assert not any(b"SOLUTION" in text for text in texts)


def test_version_names_what_a_grade_depends_on(run: Installed) -> None:
    text = run("rnn-autograder", "--version")
    for name in ("rnn-autograder 0", "kit ", "python 3", "torch 2", "numpy ", "isolation: "):
        assert name in text


def test_a_student_starts(run: Installed, work: Path) -> None:
    assert {path.name for path in work.iterdir()} == {
        ".github", "README.md", "constraints.txt", "requirements.txt", "student_template"
    }  # fmt: skip
    again = run("rnn-autograder", "init", "work", status=2)
    assert again.startswith("error: ")
    assert again.count("\n") == 1
    text = run("rnn-autograder", "check", "work/student_template", *QUICK, status=1)
    assert "not started" in text
    assert "isolation: full" in text or "lacks" in text
    assert not list(work.rglob("*cache*"))


def test_the_repeat_line_works_from_there(run: Installed, work: Path) -> None:
    file = work / "student_template" / "toy_bptt.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n\ndef loss(*_):\n    return 0.0\n", encoding="utf-8")
    try:
        shown = run("rnn-autograder", "check", "work/student_template", *QUICK, status=1)
    finally:
        file.write_text(text, encoding="utf-8")
    (line,) = {line.strip() for line in shown.splitlines() if "repeat   " in line}
    command, *arguments = line.removeprefix("repeat").split()
    assert "not started" in run(command, *arguments, status=1)


@pytest.mark.parametrize("arguments", [["--pyargs", "grader"], []], ids=["package", "path"])
def test_pytest_knows_the_options(run: Installed, work: Path, arguments: list[str]) -> None:
    """An installed plugin makes pytest know them, before it looks for a conftest.py."""
    del work
    submission = ["--submission", "work/student_template"]
    place = arguments or [str(next(run.commands.parent.glob("lib/*/site-packages/grader")))]
    assert "not started" in run("pytest", *place, *submission, *QUICK, status=1)
    assert "Say what to grade" in run("pytest", *place, *QUICK, status=4)


def test_staff_grade_a_batch(run: Installed, work: Path) -> None:
    hand_ins = run.folder / "hand_ins"
    hand_ins.mkdir()
    shutil.make_archive(str(hand_ins / "Doe-1"), "zip", work / "student_template")
    text = run("rnn-autograder", "batch", "hand_ins", "-o", "results", "-j", "1", *QUICK)
    assert "1 in all: 1 graded" in text
    assert (run.folder / "results" / "report.html").exists()
    run("rnn-autograder", "marks", "results")
    assert (run.folder / "results" / "marks.csv").exists()


@pytest.mark.parametrize("what", ["handout", "gradescope"])
def test_what_is_given_away_is_what_a_clone_gives(
    run: Installed, what: str, tmp_path: Path
) -> None:
    run("rnn-autograder", what, "-o", "packed.zip")
    assert main([what, "-o", str(tmp_path / "clone.zip")]) == 0
    with (
        zipfile.ZipFile(run.folder / "packed.zip") as found,
        zipfile.ZipFile(tmp_path / "clone.zip") as expected,
    ):
        assert set(found.namelist()) == set(expected.namelist())
