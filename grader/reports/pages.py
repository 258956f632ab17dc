"""Feedback for a student, and the report on the course: Jinja2 templates, everything escaped.

The pages hold all that they need. They forbid themselves any network and any script but their own.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.reports.rows import Row
from grader.reports.statistics import course, fraction
from grader.reports.tables import points

TEMPLATES = Path(__file__).parent / "templates"
PNG = b"\x89PNG\r\n\x1a\n"
# What Markdown takes for a sign of its own, anywhere or at the beginning of a line.
SPECIAL = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|^[#+=-]|(?<=^\d)[.)](?=\s)|(?<=^\d\d)[.)](?=\s)")


def feedback_html(row: Row, result: Mapping[str, Any]) -> str:
    """The page for a student: points, and each check that did not pass with all it has to say."""
    return _render("feedback.html", row, result)


def feedback_md(row: Row, result: Mapping[str, Any]) -> str:
    """The same as Markdown, without figures."""
    return _render("feedback.md", row, result)


def feedback_comment(row: Row) -> str:
    """The same in a few lines of HTML, for a field of a learning platform."""
    return " ".join(_environment().get_template("comment.html").render(row=row).split())


def course_html(rows: Sequence[Row], similar: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The page for the course's staff; ``similar`` are pairs of submissions, None if not sought."""
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    files = {row.student: row.file for row in rows}
    return (
        _environment()
        .get_template("report.html")
        .render(
            course=course(rows),
            similar=similar,
            files=files,
            script=Markup(script),
            script_hash=allowed,
        )
    )


def figures(test: Mapping[str, Any]) -> list[dict[str, str]]:
    """The pictures that a test's metadata holds, as data URLs; what is no PNG is left out."""
    found = []
    for figure in test.get("figures", []):
        try:
            data = base64.b64decode(figure["png"], validate=True)
        except binascii.Error:
            continue
        if data.startswith(PNG):
            source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
            found.append({"title": figure["title"], "source": source})
    return found


def alike(tests: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The tests, those that failed in the very same way together: it need be read only once."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for number, test in enumerate(tests):
        failure = test["failure"]
        said = {**failure, "output": ""} if failure else number
        groups.setdefault(json.dumps(said, sort_keys=True), []).append(test)
    return list(groups.values())


def _render(template: str, row: Row, result: Mapping[str, Any]) -> str:
    tests = [test["metadata"] for test in result.get("tests", []) if "metadata" in test]
    batch = result.get("batch", {})
    return (
        _environment()
        .get_template(template)
        .render(
            row=row,
            tests={mark.id: [t for t in tests if t["question"] == mark.id] for mark in row.marks},
            remarks=[*batch.get("remarks", []), *result.get("notices", [])],
            seed=result.get("seed"),
        )
    )


@functools.cache  # a template is compiled once, not for every student
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "points": points,
        "alike": alike,
        "breakable": lambda name: Markup("_<wbr>").join(name.split("_")),
        "inline": inline,
        "fenced": fenced,
        "figures": figures,
        "fraction": fraction,
        "kind": lambda status: status.replace(" ", "-"),
    }
    return environment


def inline(text: str) -> Markup:
    """``text`` as it is, in one line of Markdown."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return Markup(SPECIAL.sub(r"\\\g<0>", escaped))


def fenced(text: str) -> Markup:
    """``text`` as it is, in a block of code that it can't end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}\n{text.rstrip()}\n{fence}")
