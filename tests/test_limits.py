"""A submission is held to its limits, all its workers together."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from grader.sandbox import limits, usage
from grader.sandbox.isolation import Limits
from grader.sandbox.limits import Account, Exceeded
from grader.sandbox.output import Output
from grader.sandbox.scratch import MOST_ENTRIES, Scratch
from grader.sandbox.usage import MIB, Meter, Usage

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
LIMITS = Limits(cpu=10, memory=100, disk=50, threads=8)


class FakeWorker:
    """A worker that uses what a test says."""

    pid = 0

    def __init__(self, account: Account, file: str = "rnn.py", **usage: float) -> None:
        self.file = file
        self.usage, self.next = Usage(), Usage(**usage)  # type: ignore[arg-type]
        self.measured = 0
        self.is_closed = False
        self._account = account
        account.admit(self)

    def measure(self) -> None:
        self.usage = self.next
        self.measured += 1

    def close(self) -> None:
        self.is_closed = True
        self._account.dismiss(self)


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({"cpu": 10.5}, "at most 10 s of processor time"),
        ({"memory": 101 * MIB}, "at most 100 MiB of memory"),
        ({"disk": 51 * MIB}, "at most 50 MiB in files"),
        ({"threads": 9}, "at most 8 threads"),
        ({"entries": MOST_ENTRIES + 1}, "at most 10000 files and folders"),
        ({"is_readable": False}, "folders that can be read"),
        ({"is_measurable": False}, "not end the main thread"),
    ],
)
def test_each_limit_has_its_message(usage: dict[str, float], said: str) -> None:
    mine = Account(LIMITS)
    FakeWorker(mine, **cast(Any, usage))
    with pytest.raises(Exceeded) as raised:
        mine.check()
    assert said in raised.value.what
    assert raised.value.what.startswith("Your code should ")


def test_what_is_within_the_limits_passes() -> None:
    mine = Account(LIMITS)
    FakeWorker(mine, cpu=10.0, memory=100 * MIB, disk=50 * MIB, threads=8, entries=MOST_ENTRIES)
    mine.check()


def test_idle_workers_are_ended_where_all_together_use_too_much() -> None:
    mine = Account(LIMITS)
    workers = []
    for _ in range(3):
        workers.append(FakeWorker(mine, memory=45 * MIB, is_stopped=True))
        mine.check()
    assert [worker.is_closed for worker in workers] == [True, False, False]


def test_a_worker_that_alone_uses_too_much_takes_the_others_along() -> None:
    mine = Account(LIMITS)
    idle, asked = FakeWorker(mine, threads=1), FakeWorker(mine, threads=9)
    with pytest.raises(Exceeded, match="9 threads"):
        mine.check()
    assert idle.is_closed
    assert not asked.is_closed


def test_processor_time_of_ended_workers_counts() -> None:
    mine = Account(LIMITS)
    for _ in range(2):
        worker = FakeWorker(mine, cpu=4.0)
        mine.check()
        worker.close()
    FakeWorker(mine, cpu=3.0)
    with pytest.raises(Exceeded, match=r"11\.0 s in rnn\.py"):
        mine.check()


def test_one_file_cannot_use_up_the_processor_time_of_others() -> None:
    mine = Account(LIMITS)
    for name in ("a.py", "b.py"):
        worker = FakeWorker(mine, name, cpu=12.0)
        with pytest.raises(Exceeded, match=f"12.0 s in {name}"):
            mine.check()
        worker.close()
    FakeWorker(mine, "c.py", cpu=6.0)
    mine.check()
    FakeWorker(mine, "d.py", cpu=1.0)
    with pytest.raises(Exceeded, match=r"31\.0 s") as raised:
        mine.check()
    assert "at most 30 s of processor time in all files" in raised.value.what


def test_few_workers_live_at_a_time() -> None:
    mine = Account(LIMITS)
    workers = [FakeWorker(mine) for _ in range(limits.LIVE + 2)]
    assert [worker.is_closed for worker in workers] == [True, True, *[False] * limits.LIVE]


def test_a_stopped_worker_is_measured_once() -> None:
    mine = Account(LIMITS)
    stopped = FakeWorker(mine, is_stopped=True)
    mine.check()
    restless = FakeWorker(mine)
    mine.check()
    asked = FakeWorker(mine, is_stopped=True)
    mine.check()
    assert (stopped.measured, restless.measured, asked.measured) == (1, 2, 1)


def test_all_answers_of_a_file_together_are_bounded() -> None:
    mine = Account(LIMITS)
    mine.receive("a.py", limits.ANSWERS * MIB)
    mine.receive("b.py", 1)
    with pytest.raises(Exceeded, match="512 MiB"):
        mine.receive("a.py", 1)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scratch]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scratch = Scratch()
    yield scratch
    scratch.remove()


@linux
def test_files_that_have_no_name_any_more_are_measured(scratch: Scratch) -> None:
    meter = Meter(os.getpid(), scratch, Limits(file=2))
    before = meter.read().disk
    path = Path(scratch.path, "file")
    with path.open("wb") as file:
        path.unlink()
        file.write(bytes(MIB))
        file.flush()
        assert MIB <= meter.read().disk - before <= MIB + 2**16
    assert meter.read().disk == before


@linux
def test_files_that_are_only_mapped_count_as_the_longest_allowed(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.sandbox.usage.MAPS_SECONDS", 0.0)
    meter = Meter(os.getpid(), scratch, Limits(file=2))
    before = meter.read().disk
    path = Path(scratch.path, "a\r\n\x0b (deleted)")  # a name to lead the reader astray
    path.write_bytes(bytes(4096))
    descriptor = os.open(path, os.O_RDONLY)
    with mmap.mmap(descriptor, 4096, prot=mmap.PROT_READ):
        os.close(descriptor)
        path.unlink()
        held = meter.read().disk - before
    assert held in (2 * MIB, 4096)  # mmap keeps a descriptor of its own on some systems
    assert meter.read().disk == before


@linux
def test_threads_memory_and_processor_time_are_measured(scratch: Scratch) -> None:
    meter = Meter(os.getpid(), scratch, Limits())
    before = meter.read()
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    ballast = bytearray(os.urandom(2**20)) * 32
    used = time.process_time()
    after = meter.read()
    done.set()
    thread.join()
    assert after.threads == before.threads + 1
    assert after.memory - before.memory > 20 * MIB
    assert after.cpu == pytest.approx(used, abs=0.5)
    assert not after.is_stopped
    del ballast


def test_what_a_worker_starts_with_does_not_count(scratch: Scratch) -> None:
    Path(scratch.path, "copy").write_bytes(bytes(MIB))
    meter = Meter(os.getpid(), scratch, Limits())
    Path(scratch.path, "own").write_bytes(bytes(2 * MIB))
    found = meter.read()
    assert 2 * MIB <= found.disk <= 2 * MIB + 2**16
    assert found.entries == 1


def test_a_folder_is_measured_although_its_files_come_and_go(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        Path(scratch.path, name).mkdir()
        Path(scratch.path, name, "file").write_bytes(bytes(1000))
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/b"):
            raise FileNotFoundError
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scratch.measure(MIB, 99)
    assert found.has_moved
    assert found.entries == 5


def test_output_keeps_both_ends_and_never_waits() -> None:
    output = Output()
    os.write(output.theirs.fileno(), b"begin\n" + b"x" * 10**5)
    os.write(output.theirs.fileno(), b"\nend\n")
    start = time.monotonic()
    text = output.take()
    assert text.startswith("begin\nx")
    assert text.endswith("x\nend\n")
    assert len(text) < 10_000
    assert output.take() == ""
    assert time.monotonic() - start < 1.0
    output.close()


@linux
def test_nobody_can_open_the_other_end_of_the_output() -> None:
    output = Output()
    with pytest.raises(OSError, match="No such device"):
        os.open(f"/dev/fd/{output.theirs.fileno()}", os.O_RDONLY)
    assert output.theirs.recv(1) == b""  # nor read what is written
    output.close()


def test_output_is_shown_after_its_writer_has_ended() -> None:
    output = Output()
    os.write(output.theirs.fileno(), b"last words")
    output.theirs.close()
    assert output.take() == "last words"
    output.close()


@linux
@pytest.mark.parametrize(
    ("doing", "is_late"),
    [
        ("import time; time.sleep(99)", True),
        ("while True: pass", False),
        # Threads that wait for each other, as after a thread that found no memory to start.
        ("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", True),
    ],
)
def test_a_worker_that_does_nothing_is_late_before_its_limit(
    monkeypatch: pytest.MonkeyPatch, doing: str, is_late: bool
) -> None:
    monkeypatch.setattr(usage, "MOST_IDLE", 0.5)
    process = subprocess.Popen([sys.executable, "-S", "-c", doing])
    try:
        clock = usage.Clock(process.pid, 1000.0)
        end = time.monotonic() + 1.5
        while time.monotonic() < end and clock.left() > 0:
            time.sleep(0.02)
        assert (clock.left() <= 0) == is_late
        assert clock.spent() < 10
    finally:
        process.kill()
        process.wait()
