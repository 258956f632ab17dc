"""Grade submissions from a Python program, as `pytest grader` does."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from pytest_jsonreport.plugin import JSONReport

from grader.bans.hidden import hidden_code
from grader.bans.tampering import tampering
from grader.core.course import course
from grader.core.paths import KIT, ROOT
from grader.core.reading_limit import limited
from grader.core.report import Report
from grader.plugin import SHARED_LAUNCHER, freeze_torch, probe_modules
from grader.sandbox.processes import launcher
from grader.submission.snapshot import open_submission
from grader.timing import Times


def check(path: Path) -> None:
    """Read a hand-in once, as every grading does: open it, convert it, parse it, scan it.

    Raises:
        UserError: It can't be read, or only at too high a cost. Where the time is used up, this
            process may be ended by SIGXCPU.
    """
    with limited(fatal=True), open_submission(path) as submission:
        submission.find("", [""])  # by what its modules define
        sources = {str(file): submission.source_of(file) for file in submission.modules}
        for scan in (hidden_code, tampering):
            scan(sources)


@dataclass
class Run:
    """The result of grading one submission."""

    report: Report  # pytest-json-report's, with our metadata and grade; {} if refused
    text: str  # what a terminal would have shown
    status: int  # pytest's exit status

    @property
    def is_judged(self) -> bool:
        """Tell whether all tests were collected and run; else the report says nothing."""
        whole = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        return self.status in whole and "grade" in self.report


@contextlib.contextmanager
def warm() -> Iterator[None]:
    """Fork the workers of all runs inside the context from one warm server."""
    start = launcher(probe_modules())
    SHARED_LAUNCHER.append(start)
    freeze_torch()  # once: what pytest leaves behind later must stay collectable
    try:
        yield
    finally:
        SHARED_LAUNCHER.remove(start)
        start.close()


def run(
    submission: Path,
    *,
    seed: int,
    arguments: Sequence[str] = (),
    tests: Sequence[str] = (),
    plugins: Sequence[object] = (),
) -> Run:
    """Grade ``submission`` in this process.

    Args:
        submission: A folder or ZIP.
        seed: Of all random numbers.
        arguments: Further ones for pytest.
        tests: Node ids of the tests to run; all, if there are none.
        plugins: Further ones for pytest.
    """
    report, times = JSONReport(), Times(time.perf_counter())
    options = [f"--submission={submission}", "--seed", str(seed), "--color=no"]
    quiet = ["-p", "no:cacheprovider", "--json-report-file=none", f"--rootdir={ROOT}"]
    quiet += ["-W", "ignore::pytest.PytestWarning"]  # modules of an earlier run are not rewritten
    text = io.StringIO()
    chosen = [str(ROOT / test) for test in tests] or [str(KIT)]
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        status = pytest.main(
            [*chosen, *options, *quiet, *arguments], plugins=[report, times, *plugins]
        )
    if status == pytest.ExitCode.INTERRUPTED:
        _forget_tests()
    return Run(cast(Report, report.report or {}), text.getvalue(), int(status))


def _forget_tests() -> None:
    """Forget the course's test files: one that failed halfway would count as imported next time."""
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "")
        if path.name.startswith("test_") and path.is_relative_to(course().exercises):
            del sys.modules[name]
