"""Real judge processes: one that is killed is replaced, and one that nobody needs ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Pipe

import pytest

from grader.batch import judge_pool
from grader.batch.task import Settings, Task, kit_version
from tests.conftest import ROOT
from tests.process_tree import LIMIT, children_of, line
from tests.synthetic import SELECT, packed, sources

pytestmark = [pytest.mark.grading, pytest.mark.slow]


@pytest.fixture
def closed_pool() -> Iterator[None]:
    yield
    judge_pool.close_pool()


@pytest.mark.usefixtures("closed_pool")
def test_a_judge_that_is_killed_is_replaced() -> None:
    settings = Settings(1, ("-k", SELECT, "--exercise=palindrome"), "limits")
    files = sources("reference")
    task = Task("Lee", "Lee.zip", packed(files), (), settings, kit_version())
    first = json.loads(judge_pool.grade(task))
    (judge,) = [pid for pid in children_of(os.getpid()) if b"grader.batch.judge" in line(pid)]
    os.kill(judge, signal.SIGKILL)
    again = json.loads(judge_pool.grade(task))
    assert first["grade"] == again["grade"]
    assert first["batch"]["status"] == "graded"


def test_a_judge_ends_when_its_handle_hangs_up_while_it_warms_up() -> None:
    code = """if True:
        import sys
        import grader.api
        from grader.batch import judge

        def run(*_, **__):
            print("warm", flush=True)
            sys.stdin.read()

        grader.api.run = run
        judge.main()
    """
    ours, theirs = Pipe()
    with theirs:
        judge = subprocess.Popen(
            [sys.executable, "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
    with judge:
        assert judge.stdin is not None
        assert judge.stdout is not None
        assert judge.stdout.readline() == "warm\n"
        ours.close()
        judge.stdin.close()
        assert judge.wait(LIMIT) == 0
