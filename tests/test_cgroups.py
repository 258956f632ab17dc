"""Cgroups, as a tree of plain files: where one is made, with which limits, and that it goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.sandbox import cgroups
from grader.sandbox.cgroups import Cgroup
from grader.sandbox.isolation import Limits


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Make a process in the cgroup /user/session of a hierarchy that enables limits in /user."""
    proc, mount = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    (mount / "user" / "session").mkdir(parents=True)
    (proc / "mountinfo").write_text(
        f"25 30 0:22 / /sys rw - sysfs sysfs rw\n31 25 0:27 / {mount} rw - cgroup2 cgroup2 rw\n"
    )
    (proc / "cgroup").write_text("1:name=systemd:/\n0::/user/session\n")
    for place, enabled in ((mount, ""), (mount / "user", "cpu memory pids")):
        (place / "cgroup.subtree_control").write_text(enabled)
        (place / "cgroup.procs").touch()
    (mount / "user" / "session" / "cgroup.subtree_control").write_text("")
    return proc


def test_a_cgroup_is_made_where_limits_are_enabled(proc: Path, tmp_path: Path) -> None:
    assert cgroups.home(proc) == tmp_path / "cgroup" / "user"


def test_none_is_made_where_limits_are_not_enabled(proc: Path, tmp_path: Path) -> None:
    (tmp_path / "cgroup" / "user" / "cgroup.subtree_control").write_text("cpu pids")
    assert cgroups.home(proc) is None


def test_none_is_made_above_the_root_or_without_this_version(proc: Path) -> None:
    (proc / "cgroup").write_text("0::/\n")
    assert cgroups.home(proc) is None
    cgroups.home.cache_clear()
    (proc / "cgroup").write_text("4:memory:/\n")
    assert cgroups.home(proc) is None
    cgroups.home.cache_clear()
    (proc / "mountinfo").unlink()
    assert cgroups.home(proc) is None


def test_limits_are_written_and_workers_moved(tmp_path: Path) -> None:
    group = Cgroup(tmp_path, Limits(memory=1024, threads=9))
    group.add(17)
    (path,) = tmp_path.iterdir()
    written = {file.name: file.read_text() for file in path.iterdir()}
    assert written == {"memory.max": str(2**31), "pids.max": "9", "cgroup.procs": "17"}


def test_what_killed_judges_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / f"{cgroups.PREFIX}999999999-abcd").mkdir()
    living = tmp_path / f"{cgroups.PREFIX}{os.getppid()}-abcd"
    living.mkdir()
    Cgroup(tmp_path, Limits())
    assert len(list(tmp_path.iterdir())) == 2
    assert living.exists()
