"""Draw the screen of a watched folder: failures first, then every question and what has changed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, JustifyMethod, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.core.causes import causes, failure_of
from grader.core.language import COLUMNS, translated
from grader.core.report import QuestionReport
from grader.terminal import COLORS
from grader.watch.rounds import Check

BLOCKS = 3  # failures that are shown in full
GOOD = ("passed", "carried", "pending", "advice")


def screen(
    questions: Iterable[QuestionReport],
    earlier: dict[str, float],
    checks: dict[str, Check],
    running: set[str],
    footer: str,
) -> RenderableType:
    """Return what the terminal shows.

    Args:
        questions: The grade so far.
        earlier: The points of each question before the last save.
        checks: All checks, by node id.
        running: The questions that are being graded.
        footer: A line on what is going on.
    """
    return Group(*_failures(checks, running), _table(questions, earlier, running), Text(footer))


def _failures(checks: dict[str, Check], running: set[str]) -> list[RenderableType]:
    """Return a block for each of the first causes of failures."""
    all_causes = causes(c.report for c in checks.values() if c.status not in (*GOOD, "not started"))
    found: list[RenderableType] = []
    for check, *_ in all_causes[:BLOCKS]:
        question, kind = check["question"], check["status"]
        first, _, rest = str(failure_of(check)).partition("\n")
        color = "dim" if question in running else COLORS.get(kind, "red")
        status = f"[{color}]{translated(kind).upper()}[/]"
        title = f"{status}  {escape(question)}  {escape(first)}"
        found += [Text.from_markup(title), Padding(Text(rest), (0, 0, 1, 2))]
    if more := len(all_causes) - BLOCKS:
        found += [Text(translated("and {count} more", count=more) + "\n")] if more > 0 else []
    return found


def _table(
    questions: Iterable[QuestionReport], earlier: dict[str, float], running: set[str]
) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in COLUMNS:
        justify: JustifyMethod = "right" if name == "points" else "left"
        table.add_column(translated(name), justify=justify, no_wrap=True)
    for question in questions:
        id, earned = question["id"], question["earned"]
        change = earned - earlier.get(id, earned)
        status = question["status"]
        shown = "…" if id in running else translated(status)
        table.add_row(
            escape(id),
            escape(question["title"]),
            f"{earned:.2f} / {question['possible']:.2f}",
            f"[{COLORS.get(status, 'default')}]{shown}[/]" + (f"  {change:+.2f}" if change else ""),
        )
    return table
