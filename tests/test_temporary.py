"""Temporary folders: gone with whoever made them, also when that process was killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.core import tempdirs
from grader.core.tempdirs import Folder, remove_tree
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked there")
KILLED = "import os, signal; from grader.core.tempdirs import Folder; folder = Folder('test')\n"
KILLED += "open(folder.path + '/file', 'w').close(); os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for temporary files, as new to this process."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tempdirs._sweep.cache_clear()
    return tmp_path


def leave_one_behind(place: Path) -> Path:
    """Return what a killed process leaves, as it looks some time later."""
    subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, check=False)
    (left,) = place.iterdir()
    age(left)
    return left


def age(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_a_folder_goes_when_it_is_removed_or_forgotten(place: Path) -> None:
    one, other = Folder("test"), Folder("test")
    assert {Path(one.path), Path(other.path)} == set(place.iterdir())
    one.remove()
    one.remove()
    del other
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(place: Path) -> None:
    left = leave_one_behind(place)
    Folder("test")
    assert not left.exists()


@pytest.mark.usefixtures("place")
def test_a_folder_in_use_stays() -> None:
    used = Folder("test")
    age(Path(used.path))
    script = "from grader.core.tempdirs import Folder; Folder('test')"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    assert Path(used.path).exists()
    used.remove()


def test_nothing_else_is_swept(place: Path) -> None:
    (place / "scratch-1").mkdir()
    (place / f"{tempdirs.PREFIX}file").write_text("x")
    (place / f"{tempdirs.PREFIX}link").symlink_to(place / "scratch-1")
    (place / f"{tempdirs.PREFIX}fresh").mkdir()  # its process is about to lock it
    before = set(place.iterdir())
    for path in before - {place / f"{tempdirs.PREFIX}fresh"}:
        os.utime(path, (0, 0), follow_symlinks=False)
    Folder("test")
    assert set(place.iterdir()) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_nothing_of_another_user_is_swept(place: Path) -> None:
    other = place / f"{tempdirs.PREFIX}other"
    other.mkdir()
    os.chown(other, 61234, 61234)
    age(other)
    Folder("test")
    assert other.exists()


@pytest.mark.slow
def test_folders_of_any_depth_and_mode_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.getcwd()
    os.chdir(top)
    try:
        for _ in range(3000):
            os.mkdir("deeper")
            os.chdir("deeper")
    finally:
        os.chdir(here)
    (top / "closed").mkdir()
    (top / "closed" / "file").write_text("x")
    (top / "closed").chmod(0)
    (top / "link").symlink_to(tmp_path)
    remove_tree(str(top))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_vanishes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{tempdirs.PREFIX}x").mkdir()

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.is_dir, self.path = entry.name, entry.is_dir, entry.path

        def stat(self, **_: object) -> os.stat_result:
            os.rmdir(self.path)
            return os.stat(self.path)

    @contextlib.contextmanager
    def scandir(place: str) -> Iterator[list[Entry]]:
        yield [Entry(entry) for entry in scan(place)]

    scan = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(tempdirs, "FRESH", -1.0)
    assert list(tempdirs._own(str(tmp_path))) == []
    monkeypatch.undo()
    assert not list(tmp_path.iterdir())
