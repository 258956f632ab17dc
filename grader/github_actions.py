"""Tell a workflow of GitHub what a run found: a summary, marks at lines, points for Classroom.

What student code prints could look like a command to the workflow's runner. So commands are turned
off while anything of a student's is shown, and on again by a word that nobody can know.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from grader.core.causes import causes, failure_of
from grader.core.language import COLUMNS, total, translated
from grader.core.markdown import inline
from grader.core.rubric import Grade, Result

MARKED = 10  # lines; GitHub shows no more of one step
PLACE = re.compile(r"(?P<file>[^,\n]+?)(?:, cell \d+)?, line (?P<line>\d+)")
RIGHT = {"passed", "carried", "pending"}


class GitHubActions:
    """A plugin for runs in a workflow."""

    def __init__(
        self, results: Mapping[str, Result], grade: Callable[[], Grade], folder: Path
    ) -> None:
        """Take the results by their tests' ids, what grades them, and where the code lies."""
        self._results, self._grade, self._folder = results, grade, folder
        self._word = secrets.token_hex(16)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Turn commands off."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter:
            reporter.write_line(f"::stop-commands::{self._word}")

    @pytest.hookimpl(trylast=True)  # after everything of a student's
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Turn commands on again, and give ours."""
        terminalreporter.write_line("")
        terminalreporter.write_line(f"::{self._word}::")
        if not self._results:
            return
        grade, results = self._grade(), list(self._results.values())
        for line in [*marks(results, self._folder), *points(grade)]:
            terminalreporter.write_line(line)
        if path := os.environ.get("GITHUB_STEP_SUMMARY"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(summary(grade, results))


def marks(results: Sequence[Result], folder: Path) -> list[str]:
    """Return commands that mark lines of the student's files, the first for each line."""
    found: dict[tuple[str, str], str] = {}
    for result in results:
        place = PLACE.match(result.failure.where) if result.failure else None
        if result.failure is None or place is None or result.status in RIGHT:
            continue
        path = os.path.relpath(folder / place["file"])
        title = f"{result.question} {result.title}"
        found.setdefault(
            (path, place["line"]),
            f"::error file={_value(path)},line={place['line']},title={_value(title)}::"
            f"{_text(result.failure.what)}",
        )
    return list(found.values())[:MARKED]


def points(grade: Grade) -> list[str]:
    """Return the notices by which GitHub Classroom learns the points."""
    said = json.dumps({"totalPoints": grade.earned, "maxPoints": grade.possible})
    return [
        f"::notice title=Autograding complete::Points {grade.earned:g}/{grade.possible:g}",
        f"::notice title=Autograding report::{_text(said)}",
    ]


def summary(grade: Grade, results: Sequence[Result]) -> str:
    """Return the table of questions in Markdown, and what to do first in each."""
    head = " | ".join(inline(translated(name)) for name in (*COLUMNS, "What to do next"))
    lines = [f"### {total(grade.earned, grade.possible, grade.pending)}", ""]
    lines += [f"| {head} |", "|---|---|---|---|---|"]
    first: dict[str, str] = {}
    for same in causes(result.metadata() for result in results if result.status not in RIGHT):
        for check in same:
            first.setdefault(check["question"], failure_of(same[0]).what)
    for each in grade.questions:
        cells = (
            each.id,
            each.title,
            f"{each.earned:g} / {each.possible:g}",
            translated(each.status),
            first.get(each.id, ""),
        )
        lines.append(f"| {' | '.join(map(inline, cells))} |")
    return "\n".join([*lines, ""])


def _text(text: str) -> str:
    """Return the text of a command, as its runner reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    """Return the value of a command's property."""
    return _text(text).replace(":", "%3A").replace(",", "%2C")
