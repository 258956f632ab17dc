"""Folders that Python imports from can be read by a worker; homes, clones and courses can't."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core import course
from grader.sandbox import isolation, package_folders
from grader.sandbox.package_folders import environment, too_wide
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what was found before, and leave nothing found behind."""
    caches = package_folders.package_folders, too_wide, isolation.missing
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is on PYTHONPATH."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}relative{os.pathsep}/no/folder")
    return tmp_path


def test_a_folder_on_pythonpath_can_be_read(path: Path) -> None:
    assert path in package_folders.package_folders()
    assert too_wide() == ()
    assert environment()["PYTHONPATH"] == str(path), "what is relative or missing is left out"


def test_a_home_on_pythonpath_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path / "somebody"))
    assert path not in package_folders.package_folders()
    (said,) = [reason for reason in isolation.missing() if str(path) in reason]
    assert "\n" not in said


def test_a_course_or_a_clone_stays_closed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "_chosen", course._read(path / "course"))
    assert too_wide() == (path,)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    too_wide.cache_clear()
    package_folders.package_folders.cache_clear()
    assert ROOT not in package_folders.package_folders()
    assert ROOT not in too_wide(), "the clone that runs: it is closed, and nothing is refused"


def test_pth_files_of_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites, extra = tmp_path / "site-packages", tmp_path / "extra"
    sites.mkdir()
    extra.mkdir()
    (sites / "a.pth").write_text(f"# a comment\nimport os\n{extra}\n/no/folder\n")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setattr(package_folders, "_sites", lambda: [sites])
    assert {sites, extra} <= {*package_folders.package_folders()}


@pytest.mark.grading
def test_student_code_imports_a_package_from_pythonpath(tmp_path: Path) -> None:
    packages, work = tmp_path / "packages", tmp_path / "work"
    packages.mkdir()
    work.mkdir()
    (packages / "helper_of_the_course.py").write_text("FACTOR = 2\n")
    (work / "toy_bptt.py").write_text("import helper_of_the_course\n")
    options = [f"--submission={work}", "-q", "-k", "test_loss", "--exercise", "toy_bptt"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "grader", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{packages}"},
        capture_output=True,
        text=True,
    )
    assert "should define a function loss" in done.stdout, done.stdout + done.stderr
    assert "helper_of_the_course" not in done.stdout
