"""Make .venv and install the kit into it: ``python3 grader/release/set_up.py [EXTRA …]``.

`make grade` runs this as a script, before anything is installed: it needs Python alone. What is
missing gets one line that says what to do.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv"
OLDEST = (3, 11)
CPU_BUILD = "https://download.pytorch.org/whl/cpu"  # without the gigabytes of CUDA
ANSWER_SECONDS = 5.0
LARGE = re.compile(r"Downloading (?:\S*/)?([^\s/]+?)-\d\S* \((\d+(?:\.\d+)? [MG]B)\)")
UNREACHABLE = re.compile(
    r"name resolution|getaddrinfo|NewConnectionError|connection|timed out|proxy", re.IGNORECASE
)


def main(extras: Sequence[str]) -> int:
    """Set up; return 1 after a line on stderr if something is missing."""
    problem = problem_of_python() or install(extras)
    if problem:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problem else 0


def problem_of_python() -> str:
    """Return what this Python lacks, or nothing."""
    if sys.version_info < OLDEST:
        found, oldest = sys.version.split()[0], ".".join(map(str, OLDEST))
        return f"Python {oldest} or newer is needed, this is {found}: make grade PYTHON=python3.12"
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"Python's module venv is missing: apt install python{version}-venv, then run again"
    return ""


def install(extras: Sequence[str]) -> str:
    """Install the kit with some extras, and return what went wrong, or nothing."""
    python = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        made = run([sys.executable, "-m", "venv", str(HOME)])
        if made:
            return f"{HOME} can't be made: {last_line(made)}"
    kit = f".[{','.join(extras)}]" if extras else "."
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    options = ["--retries", "1", "-c", "constraints.txt", *index_of_torch(), "-e", kit]
    print(f"installing into {HOME.name}; the first time this takes some minutes", flush=True)
    said = run([*command, *options])
    if said and UNREACHABLE.search(said):
        return "pip can't reach its package index: is there a network, or a proxy to set?"
    return f"pip failed: {last_line(said)}" if said else ""


def index_of_torch() -> list[str]:
    """Return pip's option for torch without CUDA, on Linux without a GPU."""
    has_gpu = Path("/proc/driver/nvidia/version").exists() or Path("/dev/kfd").exists()
    if sys.platform != "linux" or has_gpu:
        return []
    with contextlib.suppress(OSError, ValueError):
        urllib.request.urlopen(f"{CPU_BUILD}/torch/", timeout=ANSWER_SECONDS).close()
        return ["--extra-index-url", CPU_BUILD]
    return []


def run(command: Sequence[str]) -> str:
    """Tell what a command loads while it runs; return what it said, if it failed, else nothing."""
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            said.append(line)
            if news := progress(line):
                print(news, flush=True)
    return ("".join(said).strip() or "it gave no reason") if process.returncode else ""


def progress(line: str) -> str:
    """Return what a line of pip's means for who waits: a large file, or the last stage."""
    if large := LARGE.search(line):
        return f"  loading {large[1]} ({large[2]})"
    return "  unpacking" if line.startswith("Installing collected packages") else ""


def last_line(text: str) -> str:
    """Return the last line that names an error, or else the last one."""
    lines = text.splitlines()
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
