"""Set-up says in one line what is missing, and gets torch without CUDA where there is no GPU."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from grader.release import set_up
from tests.conftest import ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in the place of .venv."""
    monkeypatch.setattr(set_up, "HOME", tmp_path / ".venv")
    return tmp_path / ".venv"


def error(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line on stderr."""
    text = capsys.readouterr().err
    assert text.startswith("error: ")
    assert text.count("\n") == 1
    return text


def test_an_old_python(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert set_up.main([]) == 1
    assert "3.11 or newer is needed" in error(capsys)


def test_no_venv(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = importlib.util.find_spec

    def find(name: str, *rest: Any) -> Any:
        return None if name == "ensurepip" else found(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    assert set_up.main([]) == 1
    assert "apt install python3." in error(capsys)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NewConnectionError: Failed to establish\nERROR: No matching distribution", "network"),
        ("Temporary failure in name resolution", "network"),
        ("noise\nERROR: torch needs a newer Python\nhint", "ERROR: torch needs a newer Python"),
    ],
)
def test_pip_fails(
    said: str,
    expected: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").touch()
    monkeypatch.setattr(set_up, "index_of_torch", list)
    monkeypatch.setattr(set_up, "run", lambda _: said)
    assert set_up.main(["dev"]) == 1
    assert expected in error(capsys)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PyPI's torch has no CUDA")
@pytest.mark.parametrize("has_gpu", [False, True])
@pytest.mark.parametrize("is_reachable", [False, True])
def test_torch_without_cuda(
    has_gpu: bool, is_reachable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer:
        def close(self) -> None:
            pass

    def ask(url: str, timeout: float) -> Answer:
        assert url.startswith(set_up.CPU_BUILD)
        assert timeout < 10
        if not is_reachable:
            raise urllib.error.URLError("no route")
        return Answer()

    monkeypatch.setattr(Path, "exists", lambda path: has_gpu and "nvidia" in str(path))
    monkeypatch.setattr(urllib.request, "urlopen", ask)
    expected = ["--extra-index-url", set_up.CPU_BUILD] if is_reachable and not has_gpu else []
    assert set_up.index_of_torch() == expected


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make_without_any_python(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("make", "sh"):
        (tools / name).symlink_to(shutil.which(name) or "")
    done = subprocess.run(
        [str(tools / "make"), "-s", "grade"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
    )
    assert done.returncode
    first, *rest = done.stderr.splitlines()
    assert first.startswith("error: there is no Python here")
    assert all(line.startswith("make: ***") for line in rest)


def test_who_waits_sees_what_is_loaded(capfd: pytest.CaptureFixture[str]) -> None:
    lines = """Collecting torch
  Downloading https://example.org/whl/cpu/torch-2.13.0%2Bcpu-cp311-linux_x86_64.whl (190.2 MB)
  Downloading numpy-2.4.1-cp311-manylinux.whl.metadata (6 kB)
Downloading numpy-2.4.1-cp311-manylinux.whl (16.9 MB)
Installing collected packages: numpy, torch
"""
    assert set_up.run([sys.executable, "-c", f"print({lines!r})"]) == ""
    assert capfd.readouterr().out.splitlines() == [
        "  loading torch (190.2 MB)", "  loading numpy (16.9 MB)", "  unpacking",
    ]  # fmt: skip
    failed = [sys.executable, "-c", "print('so far'); raise SystemExit('ERROR: no such package')"]
    assert "ERROR: no such package" in set_up.run(failed)
