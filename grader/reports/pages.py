"""Render the HTML pages: feedback for a student, and the report on the course.

The pages hold all that they need. They forbid themselves any network and any script but their own.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from jinja2 import Environment
from markupsafe import Markup

from grader.core.causes import causes, failure_of
from grader.core.language import COLUMNS, task_of
from grader.core.markdown import inline
from grader.core.report import CheckReport, FailureReport, Report, checks_of
from grader.reports.pictures import Pictures
from grader.reports.reasons import reasons, signed
from grader.reports.rows import Row
from grader.reports.statistics import course, fraction
from grader.reports.student_data import student_data
from grader.reports.templating import environment, translated_markup

STEPS = 3  # that a student is told at a time
OPEN = ("failed", "not started", "error", "timeout", "crashed", "blocked")
TEMPLATES = Path(__file__).parent / "templates"
LARGEST = 150 * 2**10  # bytes of a student's page
NOTES = 4096  # bytes that are kept for what a page says of pictures that it leaves out
PART = 1000  # characters of a long text's beginning, and of its end


class Step(NamedTuple):
    """Say what to do about a question; ``number`` is that of its place on the page."""

    number: int
    question: str
    what: str
    where: str
    hint: str


class Block(NamedTuple):
    """Tell of one cause: checks, those that failed in the very same way together."""

    groups: list[list[CheckReport]]
    told_in: str  # the earlier question that tells of this cause; "" if none does


def feedback_html(row: Row, result: Report) -> str:
    """Return a student's page: points, and each check that did not pass with all details.

    Of the pictures, as many are on it as leave it at most `LARGEST` bytes large.
    """
    pictures = Pictures()
    page = _render("feedback.html", row, result, pictures)
    excess = len(page.encode()) - LARGEST
    if excess <= 0 or not pictures.sizes:
        return page
    room = sum(pictures.sizes) - excess - NOTES
    return _render("feedback.html", row, result, Pictures(pictures.sizes, room))


def feedback_md(row: Row, result: Report) -> str:
    """Return a student's page as Markdown, without figures."""
    return _render("feedback.md", row, result, Pictures())


def feedback_comment(row: Row) -> str:
    """Return a student's points in a few lines of HTML, for a field of a learning platform."""
    return " ".join(templates().get_template("comment.html").render(row=row).split())


def course_html(
    rows: Sequence[Row],
    similar: Sequence[Mapping[str, object]] | None = None,
) -> str:
    """Return the page for staff; the same rows always give the same page.

    Args:
        rows: One a student.
        similar: Groups of submissions; None if they were not sought.
    """
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    found = course(rows)
    return (
        templates()
        .get_template("report.html")
        .render(
            course=found,
            data=student_data(found),
            similar=similar,
            files={row.student: row.file for row in rows},
            script=Markup(script),
            script_hash=allowed,
        )
    )


def alike(checks: Iterable[CheckReport]) -> list[list[CheckReport]]:
    """Group the checks that failed in the very same way, so that it is read only once."""
    groups: dict[str, list[CheckReport]] = {}
    for check in checks:
        said = json.dumps({**cast(FailureReport, check["failure"]), "output": ""}, sort_keys=True)
        groups.setdefault(said, []).append(check)
    return list(groups.values())


def blocks(checks: Sequence[CheckReport]) -> dict[str, list[Block]]:
    """Return what a page says of failed checks, by their question: each cause once on the page."""
    found: dict[str, list[Block]] = {}
    for same in causes(checks):
        first = same[0]["question"]
        for question in dict.fromkeys(check["question"] for check in same):
            own = [check for check in same if check["question"] == question]
            told_in = "" if question == first else first
            found.setdefault(question, []).append(Block(alike(own), told_in))
    return found


def next_steps(row: Row, checks: Sequence[CheckReport]) -> list[Step]:
    """Return what a student should do first: a cause for each of the first questions not done."""
    open_causes = causes(check for check in checks if check["status"] in OPEN)
    told: list[list[CheckReport]] = []
    found: list[Step] = []
    for number, mark in enumerate(row.marks, start=1):
        own = [same for same in open_causes if any(c["question"] == mark.id for c in same)]
        if own and own[0] not in told:
            failure = failure_of(own[0][0])
            task = task_of(failure.what, mark.id)
            found.append(Step(number, mark.id, task, failure.where, failure.hint))
        told += own[:1]
    return found[:STEPS]


def _render(template: str, row: Row, result: Report, pictures: Pictures) -> str:
    checks = checks_of(result)
    remarks = result["batch"].get("remarks", []) if "batch" in result else []
    return (
        templates()
        .get_template(template)
        .render(
            row=row,
            tests={mark.id: [c for c in checks if c["question"] == mark.id] for mark in row.marks},
            blocks=blocks(checks),
            numbers={mark.id: number for number, mark in enumerate(row.marks, start=1)},
            remarks=[*remarks, *result.get("notices", [])],
            seed=result.get("seed"),
            steps=next_steps(row, checks),
            pictures=pictures,
            columns=COLUMNS,
        )
    )


@functools.cache  # a template is compiled once, not for every student
def templates() -> Environment:
    """Return what renders the pages of reports."""
    return environment(
        TEMPLATES,
        translated=translated_markup,
        reasons=reasons,
        signed=signed,
        breakable=lambda name: Markup("_<wbr>").join(name.split("_")),
        inline=lambda text: Markup(inline(text)),
        fenced=fenced,
        brief=brief,
        fraction=fraction,
    )


def brief(text: str) -> str:
    """Leave out the middle of a long text: a page holds the texts of many checks."""
    left_out = len(text) - 2 * PART
    return (
        text
        if left_out <= 0
        else f"{text[:PART]}\n[... {left_out:,} characters ...]\n{text[-PART:]}"
    )


def fenced(text: str) -> Markup:
    """Return text as it is, in a block of Markdown code that it can't end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}\n{text.rstrip()}\n{fence}")
