"""Run one grading: fixtures for the tests, and a result for each of them."""

from __future__ import annotations

import inspect
import os
import secrets
import shlex
import traceback
import zlib
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from grader import terminal
from grader.checks.carry import Ledger, assuming
from grader.core.course import course
from grader.core.failures import Failure, Status
from grader.core.handin_rules import rules_of
from grader.core.language import translated
from grader.core.paths import KIT
from grader.core.rubric import Grade, Question, Result, grade, points_of, read_rubric
from grader.core.text import plain
from grader.sandbox import cgroups
from grader.sandbox.backend import Backend
from grader.sandbox.isolation import missing
from grader.sandbox.student import Student
from grader.submission.handin import check_formalities
from grader.submission.snapshot import Submission


class Grading:
    """A submission, a seed, and the results so far.

    Args:
        config: Of pytest.
        submission: What is graded.
        start: Makes a backend for a code folder.
        isolation: What reports call it.
        for_others: Whether its students have a hand-out of the course, not this folder.
    """

    def __init__(
        self,
        config: pytest.Config,
        submission: Submission,
        start: Callable[[str], Backend],
        isolation: str,
        *,
        for_others: bool = False,
    ) -> None:
        seed = config.getoption("seed")
        self.seed: int = secrets.randbelow(2**31) if seed is None else seed
        self.submission = submission
        self.isolation = isolation
        self._for_others = for_others
        self.student_handle = Student(submission, start, config.getoption("time_scale"))
        self.rubric = read_rubric()
        self._hints = config.getoption("hints")
        self.results: dict[str, Result] = {}
        self._ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)  # by exercise

    def notices(self) -> list[str]:
        """Return what the student should know of the files, besides results.

        Rules about hand-ins concern what is handed in, a ZIP, and the exercises that it answers.
        """
        notices = list(self.submission.notices)
        if self.submission.source.is_file():
            answered = {
                r.question
                for r in self.results.values()
                if r.status not in ("not started", "pending")
            }
            exercises = dict.fromkeys(q.exercise for q in self.rubric if q.id in answered)
            rules = dict.fromkeys(rule for exercise in exercises for rule in rules_of(exercise))
            findings = check_formalities(self.submission, rules)
            notices += [finding.message for finding in findings if not finding.ok]
        return [*notices, *self.student_handle.notes]

    def grade(self) -> Grade:
        """Return the points of all questions."""
        return grade(list(self.results.values()), self.rubric)

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """Return this test's random numbers; they depend on the seed and the test's name."""
        name = f"{request.node.parent.name}::{request.node.name}"
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest, rng: np.random.Generator) -> Student:
        """Return the handle of the submission, with a seed for this test."""
        self.student_handle.pictures = []
        self.student_handle.asked = set()
        self.student_handle.seed = int(rng.integers(2**31))
        self.student_handle.exercise = request.node.path.parent.name
        return self.student_handle

    def pytest_report_header(self) -> list[str]:
        """Return what a run states first: submission, seed and isolation."""
        lacks = ", ".join(missing()) if self.isolation != "full" else ""
        return [
            f"submission: {_display(self.submission.source)}",
            f"seed: {self.seed} (repeat with --seed {self.seed})",
            f"isolation: {self.isolation}"
            + (", with a cgroup" if self.isolation == "full" and cgroups.home() else "")
            + (f"; this system lacks {lacks}" if lacks else ""),
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Leave failures to terminal.py; frames of the judge help no student."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if session.config.option.tbstyle == "auto" and not session.testsfailed and reporter:
            session.config.option.tbstyle = "no"
            reporter.reportchars = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run an exercise's check; judge it again by the student's own formula if it fails."""
        if not pyfuncitem.path.is_relative_to(course().exercises):
            return (yield)
        self.student_handle.printed()  # only what this check prints is shown
        try:
            with assuming() as first:
                return (yield)
        except Failure as failure:
            failure = replace(failure, output=failure.output or self.student_handle.printed())
            question, points, _ = self._marked(pyfuncitem)
            if not points:
                raise failure from None
            names = pyfuncitem._fixtureinfo.argnames
            again = partial(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names})
            ledger = self._ledgers[question.exercise]
            raise ledger.settle(failure, question.id, again, first) from None

    def _marked(self, item: pytest.Item) -> tuple[Question, float, bool]:
        """Return a check's question, its points, and whether failing it takes the question."""
        marker = cast(pytest.Mark, item.get_closest_marker("question"))
        question = next(q for q in self.rubric if q.id == marker.kwargs["id"])
        points = points_of(question, marker.kwargs.get("share", "0"))
        return question, points, bool(marker.kwargs.get("required", False))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn the outcome of a check into a result with a status."""
        if call.excinfo and isinstance(call.excinfo.value, Failure):
            call.excinfo = _innermost(call.excinfo)
        report = yield
        if not item.path.is_relative_to(course().exercises):
            return report
        if call.when != "call" and report.passed:
            return report
        result = self._result(item, call)
        self.results[item.nodeid] = result
        if result.failure is not None:
            report.longrepr = str(result.failure)
        if result.status in ("advice", "carried") and call.when == "call":
            report.outcome = "passed"
        return report

    def _result(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Result:
        question, points, required = self._marked(item)
        failure = None if call.excinfo is None else _as_failure(call.excinfo)
        if failure is not None:
            failure = replace(failure, where=self.student_handle.place(failure.where))
        status: Status = failure.status if failure else "passed"
        if status in ("failed", "error") and not points and not required:
            status = "advice"
        function = cast(pytest.Function, item).function
        title = (inspect.getdoc(function) or item.name).split("\n\n")[0]
        return Result(
            test=item.nodeid,
            title=" ".join(title.split()).rstrip("."),
            question=question.id,
            points=points,
            required=required,
            status=status,
            seed=self.seed,
            failure=failure.told(self._hints or question.hints) if failure else None,
            repeat=self._repeat(item),
            figures=self.student_handle.pictures,
            seconds=call.duration,
            whole=failure,
            files=self.student_handle.files(),
        )

    def _repeat(self, item: pytest.Item) -> str:
        """Return the command that repeats a check for those who read it."""
        source, place = _display(self.submission.source), _display(item.path)
        option = "" if source == "student_template" else f" --submission={shlex.quote(source)}"
        is_kits = item.path.is_relative_to(KIT)
        if is_kits and not item.path.is_relative_to(Path.cwd()):
            parts = item.path.relative_to(KIT.parent).with_suffix("").parts
            place = f"--pyargs {'.'.join(parts)}"  # an installed kit
        elif not is_kits and self._for_others:  # a hand-out has them in place of the kit's own
            file = item.path.relative_to(course().exercises)
            place = f"grader/exercises/{file.as_posix()}"
        elif not is_kits and (root := course().root):
            option += f" --course={shlex.quote(_display(root))}"
        return f"pytest {place}::{item.name} --seed {self.seed}{option}"

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a check by its own status."""
        result = self.results.get(report.nodeid)
        if result is None or (report.passed and report.when != "call"):
            return None
        letter, color = terminal.MARKS[result.status]
        return report.outcome, letter, (translated(result.status).upper(), {color: True})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table of questions."""
        if self.results:
            grade = self.grade()  # first: it settles what each result has earned
            terminal.summarize(terminalreporter, grade, list(self.results.values()), self.notices())

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_modifyreport(self, json_report: dict[str, Any]) -> None:
        """Enter the grade at the report's top level, and each result as its test's metadata."""
        json_report["grade"] = self.grade().as_dict()
        json_report["seed"] = self.seed
        json_report["isolation"] = self.isolation
        json_report["notices"] = self.notices()
        for test in json_report.get("tests", []):
            if test["nodeid"] in self.results:
                test["metadata"] = self.results[test["nodeid"]].metadata()


def _as_failure(excinfo: pytest.ExceptionInfo[BaseException]) -> Failure:
    if isinstance(excinfo.value, Failure):
        return excinfo.value
    return Failure(
        "The grader failed in this check; please report this. It is not counted against you.",
        status="internal",
        traceback=_own_frames(excinfo),
    )


def _innermost(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Return the exception with its last frame alone: pytest formats all frames, shown or not."""
    frame = excinfo.tb
    while frame.tb_next:
        frame = frame.tb_next
    return pytest.ExceptionInfo.from_exc_info((excinfo.type, excinfo.value, frame))


def _own_frames(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Return the kit's frames of a traceback, for its maintainers."""
    ours = str(KIT), str(course().exercises)
    frames = [e for e in traceback.extract_tb(excinfo.tb) if e.filename.startswith(ours)]
    message = traceback.format_exception_only(excinfo.type, excinfo.value)
    return "".join(traceback.format_list(frames) + message)


def _display(path: Path) -> str:
    """Return a path relative to the current folder, without control characters."""
    try:
        return plain(os.path.relpath(path))
    except ValueError:  # on another drive
        return plain(str(path))
