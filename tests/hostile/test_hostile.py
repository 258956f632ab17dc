"""Hostile submissions, graded by the real grader: none may have any effect.

Each file below this folder is one attack, named after what it does, by what it wants:

    ends/      to end, hang or fill the process, the judge or the machine
    reaches/   to reach what it may not: files, processes, the network
    forges/    points for a wrong network
    trains/    points for a network that was not trained
    bans/      points for a layer that is not allowed

It is appended to the reference's file (behind a skeleton, where many share one), so that an
ordinary solution surrounds it. Lines ``#: name = value`` are TOML: ``file`` is the file that it is
appended to (the skeleton stays where its folder's is), ``skeleton`` one of skeletons/, ``status``
what the attacked question must end with, ``at_most`` what it may earn, ``says`` what a message must
contain; ``exercise``, ``select``, ``time_scale`` and ``arguments`` are the grader's. The words of
:meth:`Bait.words` stand for things to steal or harm.

An attack has an effect if it earns points, costs the points of questions that it doesn't belong
to, harms the judge, outlives its time, leaves anything behind, or gets at what it reaches for
(then it says BREACH itself). None of them does lasting harm where the lock is broken.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import socket
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.api import Run
from grader.core.rubric import read_rubric
from tests.conftest import ROOT, Grade

HERE = Path(__file__).parent
ATTACKS = sorted(path for path in HERE.glob("*/*.py") if path.parent.name != "skeletons")
MARK = "hostile-was-here"
LONGEST = 100_000  # characters that a reader is shown
SECONDS = 40.0  # for one attack on a loaded machine; most take two

# What holds for all attacks of a folder, where an attack doesn't say otherwise.
RULES: dict[str, dict[str, Any]] = {
    "ends": {"at_most": 0.0},
    "reaches": {"at_most": 0.0, "status": "blocked", "skeleton": "reach"},
    "forges": {"skeleton": "wrong"},
    "trains": {
        "at_most": 0.75,
        "file": "palindrome/train.py",
        "question": "1.3",
        "skeleton": "train",
        "select": "(test_train and not lstm) or test_parameter_count",
    },
    "bans": {
        "at_most": 0.0,
        "select": "vanilla_rnn and (ban or equations or gradients) or test_parameter_count",
    },
}
DEFAULTS = {
    "file": "palindrome/vanilla_rnn.py",
    "question": "1.2",
    "skeleton": "",
    "exercise": "palindrome",
    "select": "test_vanilla_rnn or test_parameter_count or (test_lstm and shape)",
    "time_scale": 0.2,
    "arguments": [],
}
BEFORE = ("reach", "solve")  # skeletons that an attack uses; the others use the attack


def landlock_here() -> bool:
    """Asked of the kernel directly: whether this is a Linux where nothing excuses a weak lock."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.syscall(444, None, 0, 1) > 0)


pytestmark = [pytest.mark.sandbox, pytest.mark.skipif(
    not landlock_here(), reason="hostile code is only tried where it can be locked up"
)]


class Bait:
    """Things that an attack would like to reach, watched from outside."""

    def __init__(self, folder: Path) -> None:
        self.outside = folder / "outside"
        self.outside.mkdir(mode=0o777)
        self.secret = folder / "secret"
        self.secret.write_text("HOSTILE_SECRET")
        self.temporary = folder / "temporary"  # for snapshots and scratch folders
        self.temporary.mkdir()
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix, self.abstract = (socket.socket(socket.AF_UNIX) for _ in range(2))
        self.unix.bind(str(self.outside / "socket"))
        self.abstract.bind(f"\0hostile-{os.getpid()}")
        self.sockets = [self.tcp, self.udp, self.unix, self.abstract]
        for listener in self.sockets:
            listener.setblocking(False)
            if listener.type == socket.SOCK_STREAM:
                listener.listen()

    def words(self) -> dict[str, str]:
        return {
            "SECRET": str(self.secret),
            "OUTSIDE": str(self.outside),
            "TEMPORARY": str(self.temporary),
            "JUDGE": str(os.getpid()),
            "PORT": str(self.tcp.getsockname()[1]),
            "DATAGRAMS": str(self.udp.getsockname()[1]),
            "UNIXSOCKET": str(self.outside / "socket"),
            "ABSTRACT": f"hostile-{os.getpid()}",
        }

    def taken(self) -> list[str]:
        """Return what has been got at."""
        found = []
        for listener in self.sockets:
            with contextlib.suppress(BlockingIOError):
                listener.recvfrom(1) if listener is self.udp else listener.accept()
                found.append(f"a connection to {listener.getsockname()}")
        if self.secret.read_text() != "HOSTILE_SECRET":
            found.append("the secret has been changed")
        places = [self.outside, ROOT / "grader", ROOT, Path("/tmp"), Path("/dev/shm"), Path.home()]
        found += [str(place / MARK) for place in places if (place / MARK).exists()]
        found += [str(path) for path in self.outside.iterdir() if path.name != "socket"]
        found += [f"{path} is left behind" for path in self.temporary.iterdir()]
        return found

    def close(self) -> None:
        for listener in self.sockets:
            listener.close()


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bait]:
    bait = Bait(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(bait.temporary))
    monkeypatch.setenv("HOSTILE_SECRET", "HOSTILE_SECRET")
    yield bait
    bait.close()


@pytest.fixture(scope="session")
def honest(grade: Grade, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return what the wrong network of forges/ earns by itself."""
    folder = tmp_path_factory.mktemp("honest") / "nothing"
    rules = read(HERE / "forges" / "nothing.py")
    run = grade(write(HERE / "forges" / "nothing.py", rules, {}, folder), *arguments(rules))
    return points(run)["1.2"]["earned"]


def read(attack: Path) -> dict[str, Any]:
    lines = attack.read_text(encoding="utf-8").splitlines()
    own = tomllib.loads("\n".join(line[2:] for line in lines if line.startswith("#:")))
    return DEFAULTS | RULES[attack.parent.name] | own


def write(attack: Path, rules: dict[str, Any], words: dict[str, str], target: Path) -> Path:
    """The submission in ``target``: the reference, the attack, its skeleton."""
    shutil.copytree(ROOT / "reference", target, ignore=shutil.ignore_patterns("__pycache__"))
    text = attack.read_text(encoding="utf-8")
    for word, value in words.items():
        text = re.sub(rf"\b{word}\b", value, text)
    parts = {rules["file"]: [text]}
    if rules["skeleton"] in BEFORE or rules["skeleton"] and "def train(" not in text:
        skeleton = (HERE / "skeletons" / f"{rules['skeleton']}.py").read_text(encoding="utf-8")
        home = parts.setdefault((DEFAULTS | RULES[attack.parent.name])["file"], [])
        home.insert(0 if rules["skeleton"] in BEFORE else len(home), skeleton)
    for path, texts in parts.items():
        with (target / path).open("a", encoding="utf-8") as file:
            file.write("\n\n" + "\n\n".join(texts))
    return target


def arguments(rules: dict[str, Any]) -> list[str]:
    selected = ["--exercise", rules["exercise"], "-k", rules["select"]]
    return [*selected, "--time-scale", str(rules["time_scale"]), *rules["arguments"]]


def points(run: Run) -> dict[str, dict[str, Any]]:
    """Return the rows of the questions that tests grade, by their ids."""
    by_tests = {question.id for question in read_rubric() if question.by == "tests"}
    rows = run.report["grade"]["questions"]
    return {row["id"]: dict(row) for row in rows if row["id"] in by_tests}


def processes() -> dict[int, str]:
    """The processes that this one, or a dead parent, answers for: their command lines."""
    parents, lines = {}, {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")")[-1].split()[1])
            lines[int(entry.name)] = (entry / "cmdline").read_text()
    ours = {os.getpid()}
    for _ in range(8):
        ours |= {child for child, parent in parents.items() if parent in ours}
    orphans = {child for child, parent in parents.items() if parent == 1}
    return {
        process: line
        for process, line in lines.items()
        if process in ours or (process in orphans and "grader.worker" in line)
    }


@pytest.mark.parametrize(
    "attack", ATTACKS, ids=lambda path: f"{path.parent.name}/{path.stem}" if path else ""
)
def test_attack(attack: Path, grade: Grade, bait: Bait, honest: float, tmp_path: Path) -> None:
    rules = read(attack)
    submission = write(attack, rules, bait.words(), tmp_path / "Surname-1234567")
    before = processes()
    start = time.monotonic()
    run = grade(submission, *arguments(rules))
    took = time.monotonic() - start

    assert run.report["isolation"] == "full"
    assert "BREACH" not in run.text
    assert "\x1b" not in run.text
    assert len(run.text) < LONGEST
    rows = points(run)
    attacked = rows.pop(rules["question"])
    assert attacked["earned"] <= rules.get("at_most", honest), run.text
    assert rows
    assert all(row["earned"] == row["possible"] for row in rows.values()), run.text
    expected = rules.get("status")
    if expected is not None:
        assert attacked["status"] in ([expected] if isinstance(expected, str) else expected), (
            run.text
        )
    assert rules.get("says", "") in " ".join(run.text.split())  # lines are wrapped
    assert took < SECONDS
    assert not bait.taken()
    assert processes().keys() <= before.keys(), processes()
