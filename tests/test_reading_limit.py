"""Reading a hand-in has a limit of processor time and memory, for what all others overlook."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sys
from collections.abc import Callable

import pytest

from grader import api
from grader.batch import judge as judge_process
from grader.core import reading_limit
from grader.core.errors import UserError


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_limit, "SECONDS", 1)
    monkeypatch.setattr(reading_limit, "MEMORY", 512)


def burn(*_: object, **__: object) -> None:
    while True:
        pass


def swell(*_: object, **__: object) -> None:
    bytearray(2**34)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("work", "words"), [(burn, "too long"), (swell, "too much memory")])
def test_reading_ends_with_a_true_word(work: Callable[[], None], words: str) -> None:
    with pytest.raises(UserError, match=f"^Reading it takes {words}"), reading_limit.limited():
        work()
    with reading_limit.limited():
        bytes(2**20)  # the limits are as they were


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_system_that_is_ahead_of_the_clock_ends_nothing() -> None:
    with reading_limit.limited():
        signal.raise_signal(signal.SIGXCPU)
        bytes(2**20)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("work", "words"), [(burn, "too long"), (swell, "too much memory")])
def test_a_judge_refuses_what_it_can_not_read(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], None], words: str
) -> None:
    monkeypatch.setattr(api, "open_submission", work)
    header = {"archive_name": "Lee.zip", "remarks": ["a"], "settings": {"seed": 1, "arguments": ()}}
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        answer = judge_process.grade_in_fork(header, b"", theirs)
    assert answer is not None
    batch = json.loads(answer)["batch"]
    assert (batch["status"], batch["remarks"]) == ("refused", ["a"])
    assert batch["message"].startswith(f"Reading it takes {words}, more than")
