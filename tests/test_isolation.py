"""The lock of isolation.py: what it lets through, what it says, and that it is really on."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome import probes_handout
from grader.plugin import probe_modules
from grader.sandbox import isolation
from grader.sandbox.isolation import Limits, Lock
from grader.sandbox.processes import Launcher, launcher
from grader.sandbox.student import Student
from grader.submission.snapshot import open_submission

pytestmark = pytest.mark.sandbox

FULL = isolation.available() == "full"
needs_full = pytest.mark.skipif(not FULL, reason="no Landlock or no seccomp here")
Open = Callable[..., Student]


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    server = launcher(probe_modules())
    yield server
    server.close()


@pytest.fixture
def student(server: Launcher, tmp_path: Path) -> Iterator[Open]:
    """``student(source, lock)``: the handle to a submission whose only file is ``homework.py``."""
    opened: list[Any] = []

    def make(source: str, lock: Lock | None = None) -> Student:
        (tmp_path / "homework.py").write_text(textwrap.dedent(source))
        submission = open_submission(tmp_path)
        lock = lock or Lock(isolation.available())
        handle = Student(submission, lambda root: server.start(root, lock))
        opened.extend((handle, submission))
        return handle

    yield make
    for each in opened:
        each.close()


def ask(handle: Student) -> dict[str, Any]:
    """Return what the file's ``lstm_parameter_count(n)`` gives, by the kit's simplest probe."""
    found: dict[str, Any] = handle.run(
        probes_handout.parameter_count, "homework.py", cases=[{"n": 1}]
    )
    return found


def number(body: str) -> str:
    """Return a file whose function computes a number by ``body``."""
    return "def lstm_parameter_count(n):\n" + textwrap.indent(textwrap.dedent(body), "    ")


def failure(handle: Student) -> Failure:
    with pytest.raises(Failure) as raised:
        ask(handle)
    return raised.value


@needs_full
def test_the_lock_is_on(student: Open) -> None:
    handle = student(number("import time; time.sleep(n); return n"))
    assert ask(handle)["counts"] == [1]
    (worker,) = workers_below(os.getpid())
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines()
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert int(status["CapEff"], 16) & ~0b110 == 0
    descriptors = {os.readlink(path) for path in Path(f"/proc/{worker}/fd").iterdir()}
    assert len(descriptors) == 4  # nothing, the pipe of prints, the channel, a file of its own
    limits = Path(f"/proc/{worker}/limits").read_text()
    assert "Max core file size        0" in limits
    assert Path(f"/proc/{worker}/oom_score_adj").read_text().strip() == "1000"


def workers_below(judge: int) -> list[int]:
    """Return the grandchildren of the judge that lead a session: its workers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rsplit(")")[-1].split()
                parent = (Path("/proc") / fields[1] / "stat").read_text().rsplit(")")[-1].split()[1]
            except OSError:
                continue
            if fields[3] == entry.name and int(parent) == judge:
                found.append(int(entry.name))
    return found


@needs_full
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("open('/etc/passwd')", "tried to reach /etc/passwd"),
        ("import os; os.fork()", "start a process"),
        ("import socket; socket.socket()", "open a network connection"),
        ("import socket; socket.getaddrinfo('localhost', 1)", "open a network connection"),
        ("import os; os.kill(1, 0)", "signal another process"),
        (
            "try:\n    open('/etc/passwd')\nexcept OSError as e:\n    raise ValueError from e",
            "tried to reach /etc/passwd",
        ),
    ],
)
def test_a_locked_door_is_reported_as_such(student: Open, body: str, said: str) -> None:
    found = failure(student(number(body)))
    assert found.status == "blocked"
    assert said in found.what
    assert found.where.startswith("homework.py, line ")


@needs_full
@pytest.mark.parametrize(
    "body",
    [
        "open('mine', 'w').write('x'); return len(open('mine').read())",
        "import os; os.makedirs('a/b'); os.rename('a/b', 'c'); os.rmdir('c'); return 1",
        "import tempfile; tempfile.TemporaryFile().write(b'x'); return 1",
        "import numpy as np; np.savez('x', a=np.ones(1)); return int(np.load('x.npz')['a'][0])",
        "import torch; torch.save(torch.ones(1), 'x'); return int(torch.load('x').item())",
        "import torch; torch.set_num_threads(2); return int((torch.ones(400, 400) @ "
        "torch.ones(400, 400))[0, 0]) - 399",
        "import threading; t = threading.Thread(target=print); t.start(); t.join(); return 1",
        "import matplotlib.pyplot as plt; plt.plot([1, 2], label='ü'); plt.legend(); "
        "plt.savefig('x.pdf'); plt.savefig('x.png'); return 1",
        "import os; os.kill(os.getpid(), 0); return 1",
        "import random, time, uuid, sqlite3, csv, html.parser; uuid.uuid4(); return 1",
        "import os; return len(open(__file__).read()) > 0 and int(os.cpu_count() > 0)",
        "import torch; return int(not torch.cuda.is_available())",
        "import subprocess\ntry:\n    subprocess.run(['nvidia-smi'])\n"
        "except OSError:\n    return 1",
    ],
)
def test_what_honest_code_does_still_works(student: Open, body: str) -> None:
    assert ask(student(number(body)))["counts"] == [1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere not every limit is enforced")
@pytest.mark.parametrize("level", ["limits", "full"])
@pytest.mark.parametrize(
    ("limits", "body", "said"),
    [
        (
            Limits(memory=256),
            "return len(bytearray(2**30))",
            "need no more memory than it is given: 256 MiB",
        ),
        (
            Limits(memory=256),
            "import torch; return torch.ones(2**28).sum().item()",
            "need no more memory than it is given: 256 MiB",
        ),
        (Limits(file=1), "open('x', 'wb').write(bytes(2**21))", "no file of more than 1 MiB"),
        (Limits(files=20), "return [open('/dev/null') for _ in range(30)]", "at most 20 files"),
        (Limits(cpu=1), "while True: pass", "more than 1 s of processor time"),
        (
            Limits(disk=1),
            "import time\nfor i in range(4): open(str(i), 'wb').write(bytes(2**19))\ntime.sleep(9)",
            "at most 1 MiB in files",
        ),
    ],
)
def test_limits_say_what_they_are(
    student: Open, level: isolation.Level, limits: Limits, body: str, said: str
) -> None:
    if level == "full" and not FULL:
        pytest.skip("no Landlock or no seccomp here")
    found = failure(student(number(body), Lock(level, limits)))
    assert said in str(found)
    assert found.status in ("error", "crashed")


@pytest.mark.parametrize("level", ["process", "limits", "full"])
def test_data_loaders_do_without_processes(student: Open, level: isolation.Level) -> None:
    if level == "full" and not FULL:
        pytest.skip("no Landlock or no seccomp here")
    source = number(
        """
        from torch.utils.data import DataLoader
        for _ in range(2):
            batches = list(DataLoader(range(8), 4, num_workers=2, prefetch_factor=3, timeout=5,
                                      persistent_workers=True, worker_init_fn=print))
        if n == 2:
            raise ValueError
        return len(batches) - 1
        """
    )
    handle = student(source, Lock(level))
    assert ask(handle)["counts"] == [1]
    with pytest.raises(Failure):
        handle.run(probes_handout.parameter_count, "homework.py", cases=[{"n": 2}])
    assert sum("num_workers was taken as 0" in note for note in handle.notes) == 1


@needs_full
def test_a_worker_that_cannot_be_locked_runs_nothing(server: Launcher, tmp_path: Path) -> None:
    gone = tmp_path / "gone"  # Landlock has no rule for a folder that is not there
    with pytest.raises(RuntimeError, match="could not be locked: PathError"):
        server.start(str(gone), Lock("full"))
