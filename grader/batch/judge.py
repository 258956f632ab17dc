"""Run a judge process that stays warm: it grades each submission in a fork of itself.

It imports torch, pytest and the exercises once. A fork starts with all of that and with nothing
of the submission before, so no result depends on what the same process has graded earlier, and
memory that a grading leaves behind goes with it.

Contract, over a `multiprocessing` connection whose file descriptor is the one argument, bytes
each way:

    ← b""                             ready
    → header, archive                 a JSON object (`Task` without its archive), then the ZIP
    ← result                          the JSON report; or after a "!" why none can be graded so

A fork that dies without a result ends the whole process: its worker may still live, and a fresh
process is the one sure way to be rid of it. So does a judge whose handle hangs up. But a fork that
the system ends because reading takes too long (core/reading_limit.py) has no worker yet: this
hand-in is refused, and the process goes on.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

from grader.batch import outcome
from grader.core.errors import UserError
from grader.core.paths import KIT, ROOT
from grader.core.reading_limit import TOO_LONG
from grader.core.report import Report
from grader.core.tempdirs import Folder
from grader.core.text import plain
from grader.sandbox.locking import limit_memory

LONGEST_NAME = 255  # bytes, of file systems
DEADLINE = 7200.0  # seconds; every probe has its own limit, this one is for faults of ours
MEMORY = 4096  # MiB that judging one submission may take, beyond a warm judge's own
MESSAGE = 2000  # characters of what pytest has to say
# Of pytest-json-report's parts: those that say nothing about the submission.
OMITTED = ("collectors", "keywords", "log", "streams", "traceback", "warnings")


class SettingsError(UserError):
    """With these settings no submission at all can be graded."""


def main() -> None:
    """Serve one judge pool; its argument is the number of a file descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the batch's to handle
    control = Connection(int(sys.argv[1]))
    with warm_up(), contextlib.suppress(ConnectionError):
        control.send_bytes(b"")
        while task := receive(control):
            try:
                answer = grade_in_fork(*task, control)
            except OSError as error:  # no space for a folder, no memory for a fork
                answer = outcome.report_of(error)
            if answer is None:
                return
            control.send_bytes(answer)


def receive(control: Connection) -> tuple[dict[str, Any], bytes] | None:
    """Return header and archive of the next task; None if the handle hangs up, be it midway."""
    try:
        return json.loads(control.recv_bytes()), control.recv_bytes()
    except (EOFError, OSError):
        return None


@contextlib.contextmanager
def warm_up() -> Iterator[None]:
    """Import and run once what every grading needs; then be alone, as a process that forks must."""
    import torch

    torch.set_num_threads(1)  # before any operation: its threads would not survive a fork
    os.chdir(ROOT)
    from grader.api import run, warm
    from grader.plugin import SHARED_LAUNCHER
    from grader.sandbox.isolation import chosen_lock

    folder = Folder("empty")
    with warm():
        Path(folder.path, "empty.py").write_text("", encoding="utf-8")
        run(Path(folder.path), seed=0)
        # A fork could not tell whether the server is ready.
        SHARED_LAUNCHER[-1].start(folder.path, chosen_lock("auto", [])).close()
        folder.remove()
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join()
        gc.collect()
        gc.freeze()
        yield


def grade_in_fork(header: dict[str, Any], archive: bytes, control: Connection) -> bytes | None:
    """Grade in a fork and return its answer; None if the fork died or the batch hung up."""
    folder = Folder("batch")
    ours, theirs = Pipe(duplex=False)
    pid = os.fork()
    if not pid:
        _run_fork(header, archive, folder.path, theirs, [control, ours])
    theirs.close()
    report = None
    with contextlib.suppress(EOFError, OSError):  # nothing, or the beginning of a result
        report = ours.recv_bytes() if ours in wait([ours, control], DEADLINE) else None
    ours.close()
    os.kill(pid, signal.SIGKILL)  # if it has sent its result, nothing is left to be done
    _, status = os.waitpid(pid, 0)
    folder.remove()
    if report is None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return _refusal(header, UserError(TOO_LONG))  # it was reading, and had no worker yet
    return report


def _run_fork(
    header: dict[str, Any],
    archive: bytes,
    folder: str,
    result: Connection,
    others: list[Connection],
) -> None:
    """In the fork: grade, send, end."""
    status = 1
    try:
        for connection in others:
            connection.close()
        tempfile.tempdir = folder
        if sys.platform == "linux":
            limit_memory(MEMORY)
        result.send_bytes(answer(header, archive, Path(folder)))
        status = 0
    except BaseException:  # noqa: BLE001 (the process ends here, whatever it was)
        traceback.print_exc()
    finally:
        os._exit(status)


def answer(header: dict[str, Any], archive: bytes, folder: Path) -> bytes:
    """Return the report on one submission, or after a "!" why none can be graded so."""
    try:
        return grade(header, archive, folder)
    except SettingsError as error:
        return f"!{plain(str(error))}".encode()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is this submission's)
        return _refusal(header, error)


def _refusal(header: dict[str, Any], error: Exception) -> bytes:
    """Return the report on a submission that an error has ended."""
    report: Report = json.loads(outcome.report_of(error))
    report["batch"]["remarks"] = header["remarks"]
    return json.dumps(report).encode()


def grade(header: dict[str, Any], archive: bytes, folder: Path) -> bytes:
    """Return the report on one submission: pytest-json-report's, with ``batch`` at its top level.

    Raises:
        UserError: It can't be read.
        SettingsError: With these settings nothing can be graded.
    """
    import pytest

    from grader.api import check, run

    name = Path(header["archive_name"]).name
    path = folder / (name if 0 < len(name.encode()) <= LONGEST_NAME else "submission.zip")
    path.write_bytes(archive)
    check(path)  # an error is the student's to know
    settings = header["settings"]
    arguments = ["--json-report-omit", *OMITTED, *settings["arguments"]]
    done = run(path, seed=settings["seed"], arguments=arguments)
    if done.status == pytest.ExitCode.INTERRUPTED:  # a test file could not be imported
        errors = re.findall(r"^E\s+(.*\S)", done.text, re.MULTILINE)
        raise SettingsError(f"the tests can't be read: {errors[-1] if errors else 'see pytest'}")
    if not done.is_judged:
        check_settings(settings["arguments"])
        return outcome.not_judged(done.text.strip()[-MESSAGE:])
    batch = {"status": "graded", "message": "", "remarks": header["remarks"]}
    # With the archive's name for the place where this fork has put it.
    place, name = (json.dumps(text)[1:-1] for text in (os.path.relpath(path), path.name))
    return json.dumps({**done.report, "batch": batch}).replace(place, name).encode()


def check_settings(arguments: list[str]) -> None:
    """Check that pytest collects tests with these arguments, whatever the submission.

    Raises:
        SettingsError: It does not.
    """
    import pytest

    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        collecting = ["--collect-only", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
        status = pytest.main([str(KIT), *collecting, *arguments])
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise SettingsError(f"no test is selected by {' '.join(arguments)}")
    if status == pytest.ExitCode.USAGE_ERROR:
        lines = [line for line in text.getvalue().splitlines() if "error: " in line.lower()]
        raise SettingsError(re.split("error: ", lines[-1], maxsplit=1, flags=re.IGNORECASE)[1])
