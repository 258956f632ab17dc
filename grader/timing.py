"""Measure where the seconds of one run go: start, student code, judging, reports.

- *start*: from the beginning of the process, or of `api.run`, to the first test;
- *student*: the judge waits for answers of workers, which run student code meanwhile;
- *judging*: the rest of the tests' time: oracles, comparisons, starting workers;
- *reports*: from the end of the last test on.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from grader.core.report import TimesReport


class Times:
    """A plugin that follows one run and adds ``times`` to its reports."""

    def __init__(self, begun: float) -> None:
        """Take the beginning of the run, by `time.perf_counter`."""
        self.spent: Callable[[], float] = lambda: 0.0  # seconds that student code has taken so far
        self._begun = begun
        self._first = self._last = 0.0  # beginning of the first test and end of the last one
        self._questions: defaultdict[str, float] = defaultdict(float)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Count a test's seconds, and those of its question."""
        begun = time.perf_counter()
        self._first = self._first or begun
        try:
            return (yield)
        finally:
            self._last = time.perf_counter()
            if marker := item.get_closest_marker("question"):
                self._questions[marker.kwargs["id"]] += self._last - begun

    def report(self) -> TimesReport:
        """Return the seconds so far."""
        now, student = time.perf_counter(), self.spent()
        first, last = self._first or now, self._last or now
        return {
            "start": round(first - self._begun, 3),
            "student": round(student, 3),
            "judging": round(max(0.0, last - first - student), 3),
            "reports": round(now - last, 3),
            "questions": {id: round(seconds, 3) for id, seconds in self._questions.items()},
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Enter the seconds at the report's top level."""
        json_report["times"] = self.report()

    @pytest.hookimpl(tryfirst=True)  # the last line should say what to do
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Print the seconds in one line, with ``--durations`` or ``-v``."""
        if config.option.durations is not None or config.option.verbose > 0:
            terminalreporter.write_line(line(self.report()))


def line(times: TimesReport) -> str:
    """Return the seconds of a run as one line of text."""
    text = (
        f"time: start {times['start']:.2f} s, student code {times['student']:.2f} s, "
        f"judging {times['judging']:.2f} s, reports {times['reports']:.2f} s"
    )
    if times["questions"]:
        most = max(times["questions"], key=lambda id: times["questions"][id])
        text += f"; question {most} took most: {times['questions'][most]:.2f} s"
    return text


def follow(config: pytest.Config, spent: Callable[[], float]) -> None:
    """Measure this run from where `api.run` began, or else from the start of this process.

    Args:
        config: Of the run.
        spent: Tells how many seconds student code has taken so far.
    """
    plugins = config.pluginmanager.get_plugins()
    times = next((plugin for plugin in plugins if isinstance(plugin, Times)), None)
    if times is None:
        times = Times(process_start())
        config.pluginmanager.register(times)
    times.spent = spent


def process_start() -> float:
    """Return when this process started, by `time.perf_counter`; only Linux tells, elsewhere now."""
    age = 0.0
    if sys.platform == "linux":
        fields = Path("/proc/self/stat").read_text(errors="replace").rsplit(")", 1)[1].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # seconds since the system's start
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return time.perf_counter() - age
