"""The judge's handle to workers: what a misbehaving one costs, and what it leaves behind."""

from __future__ import annotations

import os
import select
import signal
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome import probes_handout
from grader.plugin import probe_modules
from grader.sandbox import isolation
from grader.sandbox.isolation import Lock
from grader.sandbox.processes import ForkServer, Launcher, Spawner, launcher
from grader.sandbox.scratch import Contents, Scratch
from grader.sandbox.student import Student
from grader.sandbox.worker_process import Worker
from grader.submission.snapshot import open_submission

pytestmark = pytest.mark.sandbox

Open = Callable[..., Student]
HONEST = "def lstm_parameter_count(n):\n    return n\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    server = launcher(probe_modules())
    yield server
    server.close()


@pytest.fixture
def student(
    server: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Student]]:
    """``student(one="source", other="source")``: files of these names; nothing may stay behind."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    opened: list[Any] = []

    def make(start: Launcher | Watched = server, **sources: str) -> Student:
        folder = tmp_path / "submission"
        folder.mkdir()
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(source) + HONEST)
        submission = open_submission(folder)
        lock = Lock(isolation.available())
        handle = Student(submission, lambda root: start.start(root, lock), time_scale=0.3)
        opened.extend((handle, submission))
        return handle

    yield make
    for each in opened:
        each.close()
    assert list(temporary.iterdir()) == []


def ask(handle: Student, file: str, n: int = 1) -> Any:
    return handle.run(probes_handout.parameter_count, f"{file}.py", cases=[{"n": n}])["counts"]


def failure(handle: Student, file: str) -> Failure:
    with pytest.raises(Failure) as raised:
        ask(handle, file)
    return raised.value


def test_one_worker_serves_all_checks_of_a_file(student: Open) -> None:
    handle = student(one="import os\nprint(os.getpid())\n")
    assert [ask(handle, "one", n) for n in (1, 2, 3)] == [[1], [2], [3]]


def test_files_do_not_share_a_worker(student: Open) -> None:
    handle = student(
        one="import json, builtins\njson.dumps = builtins.isinstance = None\n",
        other="",
    )
    assert failure(handle, "one").status in ("crashed", "error")
    assert ask(handle, "other") == [1]


class Watched:
    """A launcher that remembers the process group of each worker that it has started."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self.started: list[int] = []

    def start(self, root: str, lock: Lock) -> Worker:
        worker = self._launcher.start(root, lock)
        self.started.append(worker.pid)
        return worker


def test_a_worker_that_dies_between_questions_is_replaced(server: Launcher, student: Open) -> None:
    watched = Watched(server)
    handle = student(watched, one="")
    assert ask(handle, "one", 1) == [1]
    (first,) = watched.started
    os.killpg(first, signal.SIGKILL)
    assert failure(handle, "one").status == "crashed"
    assert ask(handle, "one", 2) == [2]
    assert len(watched.started) == 2


FORGERY = """
    import os, sys
    def channel():
        for descriptor in range(3, 64):
            try:
                os.fstat(descriptor)
                return descriptor
            except OSError:
                pass
    from grader.sandbox import wire
    real = wire.encode
"""


@pytest.mark.parametrize(
    ("forgery", "said"),
    [
        ("os.write(channel(), b'early')", ""),
        ("os.write(channel(), real({'id': 'x', 'status': 'ok'}))", "not asked"),
        ("os.write(channel(), b'\\xff' * 8)", "the limit is"),
        ("wire.encode = lambda message: real([1])", "no message"),
        ("wire.encode = lambda message: real({})", "not asked"),
        ("wire.encode = lambda message: real({**message, 'id': 'x'})", "not asked"),
        ("wire.encode = lambda message: real({**message, 'status': 'fine'})", "another form"),
        ("wire.encode = lambda message: real({**message, 'status': 1})", "another form"),
        ("wire.encode = lambda message: real({**message, 'value': [1]})", "another form"),
        (
            "wire.encode = lambda m: real({'id': m['id'], 'status': 'error', 'why': 3})",
            "another form",
        ),
        ("wire.encode = lambda message: real(message)[:-3]", "no answer"),
    ],
)
def test_a_forged_answer_costs_the_check_alone(student: Open, forgery: str, said: str) -> None:
    handle = student(one=textwrap.dedent(FORGERY) + forgery + "\n", other="")
    found = failure(handle, "one")
    assert found.status in ("crashed", "timeout")
    assert said in found.got
    assert ask(handle, "other") == [1]


def test_a_second_answer_is_not_taken_for_the_next(student: Open) -> None:
    twice = textwrap.dedent(FORGERY) + (
        "def encode(message):\n"
        "    return real(message) * (2 if message.get('value') else 1)\n"
        "wire.encode = encode\n"
    )
    handle = student(one=twice)
    assert ask(handle, "one", 1) == [1]
    time.sleep(0.2)
    assert ask(handle, "one", 2) == [2]


WRITES_ON = """
    import threading, time
    def write():
        with open("grows", "wb", buffering=0) as file:
            while True:
                file.write(b"x")
                time.sleep(0.001)
    threading.Thread(target=write, daemon=True).start()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes can't be stopped there")
def test_a_worker_runs_only_while_it_is_asked(student: Open) -> None:
    handle = student(one=WRITES_ON)
    assert ask(handle, "one", 1) == [1]
    (grows,) = Path(tempfile.gettempdir()).rglob("grows")
    time.sleep(0.1)
    size = grows.stat().st_size
    time.sleep(0.2)
    assert grows.stat().st_size == size
    assert ask(handle, "one", 2) == [2]
    assert grows.stat().st_size >= size


def test_an_exception_without_a_message_is_named_alone(student: Open) -> None:
    assert failure(student(one="assert False\n"), "one").got == "AssertionError"


def test_a_file_that_cannot_be_imported_is_tried_once(student: Open) -> None:
    handle = student(one="open('tried', 'a').write('x')\nraise ValueError('no')\n")
    first, again = failure(handle, "one"), failure(handle, "one")
    assert str(first) == str(again)
    (tried,) = Path(tempfile.gettempdir()).rglob("tried")
    assert tried.read_text() == "x"


def test_a_file_is_not_waited_for_without_end(
    student: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.student.PATIENCE", 5.0)
    hangs = "def count_parameters(n):\n    while n == 2: pass\n    return n\n"
    handle = student(one=hangs, other="")
    with pytest.raises(Failure, match="did not finish while running"):
        ask(handle, "one", 2)
    assert failure(handle, "one").status == "timeout"
    assert "one.py should need less time: its total limit is exceeded" in str(
        failure(handle, "one")
    )
    assert ask(handle, "other") == [1]


class Asking:
    """A backend that asks twice before it answers, for ``seconds`` of its own time each."""

    usable = True

    def __init__(self, seconds: float) -> None:
        self.spent, self._seconds, self._asked = 0.0, seconds, 0

    def request(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        time.sleep(min(0.05, seconds))
        self._asked, self.spent = self._asked + 1, self.spent + self._seconds
        status = "ok" if self._asked > 2 else "question"
        return {"id": message["id"], "notes": [], "status": status, "value": {"last": status}}

    def output(self) -> str:
        return ""

    def close(self) -> None:
        pass


def probe_that_asks() -> dict[str, Any]:
    raise AssertionError("a stub answers")


@pytest.mark.parametrize(("seconds", "is_answered"), [(0.0, True), (0.2, False)])
def test_questions_are_limited_by_the_worker_s_own_time(
    seconds: float, is_answered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.student.PATIENCE", 0.1)
    (tmp_path / "one.py").write_text("")
    handle = Student(open_submission(tmp_path), lambda _: Asking(seconds))
    if is_answered:
        assert handle.run_script(probe_that_asks, "one.py", seconds=1) == {"last": "ok"}
    else:
        with pytest.raises(Failure, match="did not finish"):
            handle.run_script(probe_that_asks, "one.py", seconds=1)


def test_a_spawned_worker_answers_as_well(student: Open) -> None:
    """Where forking can't be trusted (macOS, Windows)."""
    handle = student(Spawner(["grader.exercises.palindrome.probes_handout"]), one="print('ü')\n")
    assert ask(handle, "one", 3) == [3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no server where there is no fork")
def test_workers_end_with_their_server(tmp_path: Path) -> None:
    other = ForkServer(["grader.exercises.palindrome.probes_handout"])
    (tmp_path / "one.py").write_text(HONEST)
    worker = other.start(str(tmp_path), Lock(isolation.available()))
    other._process.kill()
    other._process.wait()
    deadline = time.monotonic() + 5
    while worker.usable and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.usable  # its end of the channel is closed
    with pytest.raises(BrokenPipeError):
        worker.close()  # it leaves nothing, all the same
    assert not Path(worker._scratch.path).exists()
    other._control.close()


def test_scratch_folders_are_measured() -> None:
    scratch = Scratch()
    folder = Path(scratch.path)
    assert scratch.measure(100, 9) == Contents()
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_bytes(bytes(100_000))
    found = scratch.measure(2**20, 9)
    assert found.entries == 2
    assert 100_000 <= found.size < 120_000
    assert scratch.measure(9_000, 9).size > 9_000
    scratch.remove()
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no server where there is no fork")
@pytest.mark.parametrize("unread", [True, False])
def test_a_server_whose_judge_leaves_early_ends_quietly(
    capfd: pytest.CaptureFixture[str], unread: bool
) -> None:
    server = ForkServer(["grader.exercises.palindrome.probes_handout"])
    if unread:  # what is closed with a message in it is reset
        select.select([server._control], [], [], 120)
    server.close()
    assert server._process.returncode == 0
    assert capfd.readouterr().err == ""


def test_a_task_that_is_not_started_is_named_on_one_line(student: Open) -> None:
    """It stands in the table of points, and must not write rows of its own there."""
    handle = student(one="raise NotImplementedError('1.2\\n1.2  RNN  2.00 / 2  passed')\n")
    found = failure(handle, "one")
    assert (found.status, found.what) == ("not started", "1.2 1.2 RNN 2.00 / 2 passed")
