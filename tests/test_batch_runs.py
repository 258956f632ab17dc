"""Batches with real judges: right results, whatever is killed meanwhile and wherever they run."""

from __future__ import annotations

import contextlib
import csv
import functools
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from grader.batch import executors, judge_pool
from grader.batch.task import kit_version
from grader.core.errors import UserError
from tests.conftest import ROOT
from tests.process_tree import LIMIT, alive, children_of, wait_for
from tests.synthetic import KINDS, SELECT, Expected, make

pytestmark = [pytest.mark.grading, pytest.mark.slow]

Course = tuple[Path, dict[str, Expected]]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course") / "in"
    return folder, make(folder, len(KINDS))


@pytest.fixture(scope="module")
def whole(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of a run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    done = subprocess.run(command(course[0], out, "-j", "2"), cwd=ROOT, timeout=LIMIT)
    assert done.returncode == 0
    return out


def command(source: Path, out: Path, *options: str) -> list[str]:
    batch = [sys.executable, "-m", "grader", "batch", str(source), "-o", str(out), "--seed", "1"]
    return [*batch, "-k", SELECT, "--exercise", "palindrome", "--isolation", "limits", *options]


def results(out: Path) -> dict[str, dict[str, Any]]:
    found = (json.loads(path.read_text()) for path in (out / "results").glob("*.json"))
    return {result["batch"]["student"]: result for result in found}


def test_every_submission_has_the_result_it_must_have(course: Course, whole: Path) -> None:
    with (whole / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"].removeprefix("'"): row for row in csv.DictReader(file)}
    assert rows.keys() == course[1].keys()
    reports = results(whole)
    for student, expected in course[1].items():
        got = (rows[student]["status"], float(rows[student]["points"]))
        assert got == expected[:2], student
        tests = reports[student].get("tests", [])
        statuses = {test["metadata"]["status"] for test in tests}
        assert "internal" not in statuses, student
        assert not expected.incident or expected.incident in statuses, student


def test_reports_say_where_nothing_of_this_machine(whole: Path) -> None:
    for student, result in results(whole).items():
        for test in result.get("tests", []):
            failure = test["metadata"]["failure"]
            texts = [test["metadata"]["repeat"], *(failure or {}).values()]
            assert not any("/tmp" in text for text in texts), student


def test_interrupted_and_killed_it_gives_the_same_grades_in_the_end(
    course: Course, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert stopped(course[0], out, signal.SIGINT, finished=2) == 130
    assert stopped(course[0], out, signal.SIGKILL, finished=4) == -signal.SIGKILL
    for path in (out / "results").glob("*.json"):
        json.loads(path.read_text())
    assert not (out / "grades.csv").exists()
    done = subprocess.run(command(course[0], out, "-j", "2"), cwd=ROOT, timeout=LIMIT)
    assert done.returncode == 0
    assert grades(out) == grades(whole)


def stopped(source: Path, out: Path, by: signal.Signals, finished: int) -> int:
    """Return the exit status of a batch that gets a signal once so many have been graded."""
    # A test run in the background of a shell script inherits a SIGINT that is ignored.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    batch = subprocess.Popen(command(source, out, "-j", "1"), cwd=ROOT, preexec_fn=heed)
    wait_for(lambda: len(graded(out)) >= finished)
    family = children_of(batch.pid)
    batch.send_signal(by)
    status = batch.wait(LIMIT)
    wait_for(lambda: not any(alive(pid) for pid in family))  # nothing goes on without it
    return status


def graded(out: Path) -> list[str]:
    """Who has been graded; the archives that nobody can open are refused at the very start."""
    return [name for name, result in results(out).items() if result["batch"]["status"] == "graded"]


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Its address, and its workers: processes of their own, none of which is restarted."""
    distributed = pytest.importorskip("distributed")
    options = ["--no-dashboard", "--port", "0", "--host", "127.0.0.1"]
    options += ["--scheduler-file", str(folder / "scheduler.json")]
    nodes = [start("scheduler", *options, folder=folder)]
    try:
        wait_for((folder / "scheduler.json").exists)
        address = json.loads((folder / "scheduler.json").read_text())["address"]
        for _ in range(workers):
            options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            nodes.append(start("worker", *options, folder=folder))
        if workers:
            with distributed.Client(address) as client:
                client.wait_for_workers(workers, timeout=LIMIT)
        yield address, nodes[1:]
    finally:
        for node in nodes:
            node.kill()
            node.wait()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-k", "and or"], "Wrong expression passed to '-k': and or"),
        (["-k", "no_such_test"], "no test is selected by -k=no_such_test"),
        (["--exercise", "none"], "--exercise none: there is no such exercise"),
    ],
)
def test_what_selects_nothing_grades_nobody(
    course: Course, tmp_path: Path, options: list[str], message: str
) -> None:
    batch = [sys.executable, "-m", "grader", "batch", str(course[0]), "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [*batch, "--isolation", "limits", "-j", "1", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert graded(tmp_path / "out") == []


def test_a_cluster_gives_the_same_grades_though_a_worker_dies(
    course: Course, whole: Path, tmp_path: Path
) -> None:
    with cluster(tmp_path, 2) as (address, workers):
        batch = subprocess.Popen(
            command(course[0], tmp_path / "out", "--scheduler", address), cwd=ROOT
        )
        wait_for(lambda: len(graded(tmp_path / "out")) >= 2)
        workers[0].kill()
        assert batch.wait(LIMIT) == 0
    assert grades(tmp_path / "out") == grades(whole)


def test_what_kills_workers_kills_no_third_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_pool, "grade", os._exit)
    with cluster(tmp_path, 3) as (address, workers):
        with executors.cluster_executor(address, kit_version(), "limits") as executor:
            ((_, _, report),) = executors.grade_all(cast(Any, [("Lee", 1)]), *executor)
        assert json.loads(report)["batch"]["status"] == "internal"
        assert [worker.poll() for worker in workers].count(1) == 2


def test_a_scheduler_that_dies_is_a_clear_error(course: Course, tmp_path: Path) -> None:
    with cluster(tmp_path, 1) as (address, _):
        options = ["--scheduler", address]
        batch = subprocess.Popen(
            command(course[0], tmp_path / "out", *options),
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_for(lambda: len(graded(tmp_path / "out")) >= 1)
    _, said = batch.communicate(timeout=LIMIT)
    assert batch.returncode == 2, said
    assert said.startswith(f"error: the Dask scheduler at {address} is gone")
    assert said.count("\n") == 1


def test_a_cluster_without_workers_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "PATIENCE", 1.0)
    with (
        cluster(tmp_path, 0) as (address, _),
        pytest.raises(UserError, match=f"{address} has no workers"),
        executors.cluster_executor(address, kit_version(), "limits"),
    ):
        pytest.fail("there is nobody to grade")


def test_the_two_commands_of_the_guide(course: Course, whole: Path, tmp_path: Path) -> None:
    """A cluster on one machine."""
    pytest.importorskip("distributed")
    guide = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
    (begin,) = re.findall(r"^python (-c .*LocalCluster.*)$", guide, re.MULTILINE)
    (address,) = re.findall(r"python -m grader batch .* --scheduler (\S+)$", guide, re.MULTILINE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with subprocess.Popen(
        [sys.executable, *shlex.split(begin.replace("8786", port))],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    ) as local:  # fmt: skip
        wait_for(lambda: listening(int(port)))
        options = ["--scheduler", address.replace("8786", port)]
        done = subprocess.run(
            command(course[0], tmp_path / "out", *options), cwd=ROOT, timeout=LIMIT
        )
        local.communicate(b"\n", timeout=LIMIT)
    assert (done.returncode, local.returncode) == (0, 0)
    assert grades(tmp_path / "out") == grades(whole)


def listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def test_no_scheduler_is_a_clear_error(tmp_path: Path, course: Course) -> None:
    pytest.importorskip("distributed")
    address = "tcp://127.0.0.1:9"
    done = subprocess.run(
        command(course[0], tmp_path / "out", "--scheduler", address),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 2
    assert f"no Dask scheduler answers at {address}" in done.stderr
    assert "Traceback" not in done.stderr


def start(role: str, *options: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + role, *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def grades(out: Path) -> bytes:
    return (out / "grades.csv").read_bytes()
