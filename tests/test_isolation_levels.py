"""The level of isolation is as high as the system lets it be, and every run says which it is."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader import plugin
from grader.api import run
from grader.core.errors import UserError
from grader.sandbox import isolation
from grader.sandbox.isolation import Limits
from tests.conftest import ROOT, Grade

pytestmark = pytest.mark.sandbox

FULL = isolation.available() == "full"
needs_full = pytest.mark.skipif(not FULL, reason="no Landlock or no seccomp here")


def has_landlock() -> bool:
    """Asked of the kernel, not of the code under test."""
    return sys.platform == "linux" and ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


@pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")
def test_where_the_kernel_has_landlock_isolation_is_full(grade: Grade) -> None:
    assert isolation.missing() == ()
    assert grade(ROOT / "student_template", "-k", "parameter_count").report["isolation"] == "full"


def test_without_landlock_the_level_is_lower_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("Linux only")
    import py_landlock

    def too_old() -> int:
        raise py_landlock.LandlockNotAvailableError("kernel too old")

    monkeypatch.setattr(py_landlock, "get_abi_version", too_old)
    isolation.missing.cache_clear()
    try:
        assert isolation.available() == "limits"
        assert isolation.missing() == ("Landlock (kernel too old)",)
        assert isolation.chosen_lock("auto", []).level == "limits"
        with pytest.raises(UserError, match="this system lacks Landlock"):
            isolation.chosen_lock("full", [])
    finally:
        isolation.missing.cache_clear()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not enforced")
def test_a_judge_s_memory_can_be_limited() -> None:
    source = "from grader.sandbox.locking import limit_memory; limit_memory(64); bytearray(2**27)"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip().endswith("MemoryError")


@pytest.mark.parametrize(
    ("wanted", "level"),
    [("auto", isolation.available()), ("limits", "limits" if FULL else isolation.available())],
)
def test_the_level_is_reported(grade: Grade, wanted: str, level: str) -> None:
    run = grade(ROOT / "student_template", "-k", "parameter_count", "--isolation", wanted)
    assert run.report["isolation"] == level
    assert f"isolation: {level}" in run.text


@pytest.mark.parametrize("option", ["memory", "memory=", "memory=0", "memory=x", "speed=3"])
def test_a_wrong_limit_is_one_clear_line(grade: Grade, option: str) -> None:
    run = grade(ROOT / "student_template", "--limit", option)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert f"--limit {option}: write NAME=N" in run.text


def test_limits_are_read() -> None:
    assert isolation.parse_limits(["memory=7", "cpu=3"]) == Limits(memory=7, cpu=3)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"),
    reason="needs root, to become somebody else",
)
@needs_full
def test_an_ordinary_user_is_locked_up_as_well() -> None:
    """The reference, graded by a user without any right, in a view of the disk that lets it read.

    Where Python itself lies below root's home folder, an ordinary user could not start it: in a
    mount namespace of its own, the folders on the way to it are replaced by readable ones.
    """
    script = r"""
set -e
mount -t tmpfs views /mnt
for path in "$@"; do
    closed=$(namei -m "$path" | awk '$1 !~ /[xt]$/ && $1 ~ /^d/ {found = 1} END {print found + 0}')
    test "$closed" = 0 && continue
    view=/mnt/$(echo "$path" | cut -d/ -f2)
    test -d "$view" || { mkdir "$view"; mount -t tmpfs view "$view"; chmod 755 "$view"; }
    mkdir -p "/mnt$path"
    mount --bind "$path" "/mnt$path"
done
for view in /mnt/*; do
    test -d "$view" && mount --move "$view" "/$(basename "$view")"
done
cd "$KIT"
exec setpriv --reuid 61234 --regid 61234 --clear-groups --bounding-set=-all \
    "$PYTHON" -m pytest grader --submission=reference --exercise palindrome -p no:cacheprovider \
    -k "test_vanilla_rnn or parameter_count" --isolation full
"""
    prefixes = [sys.base_prefix, sys.prefix, str(ROOT)]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *dict.fromkeys(prefixes)],
        env={"PATH": os.environ["PATH"], "KIT": str(ROOT), "PYTHON": sys.executable, "HOME": "/"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no mount namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "isolation: full" in done.stdout
    assert "3 of 3 automatic points" in done.stdout


def test_the_name_of_a_submission_steers_neither_terminal_nor_shell(
    grade: Grade, tmp_path: Path
) -> None:
    folder = tmp_path / "a $(reboot) \x1b[2J\u202e"
    folder.mkdir()
    (folder / "lstm.py").write_text("x = 1")
    run = grade(folder, "-k", "parameter_count")
    assert not {"\x1b", "\u202e"} & set(run.text)
    (repeat,) = (line for line in run.text.splitlines() if line.startswith("  repeat"))
    assert shlex.split(repeat)[-1].endswith("a $(reboot) \ufffd[2J\ufffd")
    assert repeat.endswith("'")


def test_a_run_in_process_starts_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "SHARED_LAUNCHER", [])
    monkeypatch.setattr(plugin, "launcher", None)
    (tmp_path / "lstm.py").write_text("def lstm_parameter_count(n): return 4 * n")
    done = run(tmp_path, seed=1, arguments=["--in-process", "-k", "parameter_count"])
    assert done.report["isolation"] == "none (--in-process)"
    assert "lstm_parameter_count" in done.text
