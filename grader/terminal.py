"""Show the end of a run: a block per cause of failures, the table of points, what to do first."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pytest
from rich.cells import cell_len, set_cell_size

from grader.core.causes import causes, failure_of
from grader.core.failures import label_width, labelled
from grader.core.language import COLUMNS, task_of, total, translated
from grader.core.report import CheckReport
from grader.core.rubric import Grade, QuestionGrade, Result

GAP = "  "  # between columns
SHORTEST = 12  # characters of a title that are shown on any terminal

# A letter for the progress line, and a colour.
MARKS = {
    "passed": (".", "green"),
    "failed": ("F", "red"),
    "carried": ("c", "green"),
    "not started": ("-", "yellow"),
    "error": ("E", "red"),
    "timeout": ("T", "red"),
    "crashed": ("C", "red"),
    "blocked": ("B", "red"),
    "pending": ("?", "cyan"),
    "internal": ("I", "purple"),
    "advice": ("a", "yellow"),
}
COLORS = {status: color for status, (_, color) in MARKS.items()} | {
    "partly passed": "yellow",
}


def summarize(
    out: pytest.TerminalReporter, grade: Grade, results: Sequence[Result], notices: Sequence[str]
) -> None:
    """Write everything that the reader of this run should see."""
    for notice in notices:
        out.write_line(f"{translated('note')}: {notice}")
    shown = [r.metadata() for r in results if r.failure and r.status != "not started"]
    for same in causes(shown):
        _write_block(out, same)
    _write_table(out, grade)
    _write_next(out, grade, results)


def _write_block(out: pytest.TerminalReporter, same: Sequence[CheckReport]) -> None:
    """Write the first of failures that have one cause, and how many more there are."""
    check, failure = same[0], failure_of(same[0])
    questions = ", ".join(dict.fromkeys(each["question"] for each in same))
    out.write_line("")
    status = check["status"]
    out.write(f"{translated(status).upper()}  ", bold=True, **{COLORS[status]: True})
    out.write_line(f"{questions}  {check['title']}", bold=True)
    out.write_line(_wrapped(out, failure.what, "  ", "  "))
    for line in "\n".join(failure.details()).splitlines():
        out.write_line(_wrapped(out, line, "  ", " " * (2 + label_width() + 1)))
    if count := len(same) - 1:
        if status == "carried":
            more = translated("{count} more agree with this", count=count)
        else:
            more = translated("{count} more stop at this", count=count)
        out.write_line(f"  {labelled('also', more)}")
    out.write_line(f"  {labelled('repeat', check['repeat'])}")  # whole, to be copied
    if failure.traceback:
        out.write_line(textwrap.indent(failure.traceback.rstrip(), "  | "))
    if failure.output.strip():
        out.write_line(f"  {translated('your code printed')}:")
        out.write_line(textwrap.indent(failure.output.rstrip(), "  > "))


def _write_table(out: pytest.TerminalReporter, grade: Grade) -> None:
    """Write one line per question, none wider than the terminal."""
    digits = max((len(f"{question.possible:.2f}") for question in grade.questions), default=0)
    rows = [tuple(_shown(out, text) for text in _row(q, digits)) for q in grade.questions]
    head = tuple(_shown(out, translated(name)) for name in COLUMNS)
    widths = [max(cell_len(row[i]) for row in (head, *rows)) for i in range(4)]
    room = max(SHORTEST, out._tw.fullwidth - 1 - (sum(widths) - widths[1]) - 3 * len(GAP))
    widths[1] = min(widths[1], room)
    out.write_line("")
    out.write_line(_line(head, widths) + head[3], bold=True)
    for row, question in zip(rows, grade.questions, strict=True):
        out.write(_line(row, widths))
        out.write_line(row[3], **{COLORS[question.status]: True})
    out.write_line("")
    out.write_line(total(grade.earned, grade.possible, grade.pending), bold=True)


def _row(question: QuestionGrade, digits: int) -> tuple[str, str, str, str]:
    """Return a question's columns; possible points are ``digits`` wide, so that slashes align."""
    is_open = question.pending and question.pending == question.possible
    earned = "-" if is_open else f"{question.earned:.2f}"
    status = translated(question.status)
    if 0 < question.pending < question.possible:
        status += ", " + translated("{points} open", points=f"{question.pending:g}")
    return question.id, question.title, f"{earned} / {question.possible:{digits}.2f}", status


def _shown(out: pytest.TerminalReporter, text: str) -> str:
    """Return a text as this terminal can show it; pytest would write escapes, of another width."""
    encoding = getattr(out._tw._file, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return the row up to its status; some letters take two places on a terminal."""
    title = row[1]
    if cell_len(title) > widths[1]:
        title = f"{set_cell_size(title, widths[1] - 3)}..."
    id, title = set_cell_size(row[0], widths[0]), set_cell_size(title, widths[1])
    return f"{id}{GAP}{title}{GAP}{row[2]:>{widths[2]}}{GAP}"


def _write_next(out: pytest.TerminalReporter, grade: Grade, results: Sequence[Result]) -> None:
    """Write which questions are done, which files are missing, and what to do first."""
    _write_done(out, grade)
    missing: dict[str, list[str]] = {}
    for result in results:
        if result.status == "not started" and result.failure and result.failure.expected:
            missing.setdefault(result.failure.what, []).append(result.question)
    for what, questions in missing.items():
        named = ", ".join(dict.fromkeys(questions))
        _write_wrapped(out, f"{translated('not started')}: {what} ({named})")
    first = next((q for q in grade.questions if q.status not in ("passed", "pending")), None)
    own = [r.metadata() for r in results if first and r.question == first.id and _counts(r)]
    if first and own:
        failure = failure_of(causes(own)[0][0])
        where = f" ({failure.where})" if failure.where else ""
        task = failure.hint if failure.mistake else task_of(failure.what, first.id)
        text = translated("First: question {question}: {task}", question=first.id, task=task)
        _write_wrapped(out, f"{text}{where}", bold=True)


def _write_done(out: pytest.TerminalReporter, grade: Grade) -> None:
    """Write in one line which questions have earned all that tests give."""
    own = [question for question in grade.questions if question.possible > question.pending]
    done = [question.id for question in own if question.status in ("passed", "carried")]
    if not done:
        return
    counts = {"done": len(done), "all": len(own)}
    named = ", ".join(done)
    text = translated("Done: {questions} ({done} of {all} questions).", questions=named, **counts)
    if len(done) == len(own) > 1:
        text = translated(
            "All {all} questions are done: that is every point that tests give.", **counts
        )
    elif len(text) >= out._tw.fullwidth:
        text = translated("Done: {done} of {all} questions.", **counts)
    out.write_line(text, green=True)


def _counts(result: Result) -> bool:
    return bool(result.points or result.required) and result.failure is not None


def _write_wrapped(out: pytest.TerminalReporter, text: str, **markup: bool) -> None:
    out.write_line(_wrapped(out, text, "", "  "), **markup)


def _wrapped(out: pytest.TerminalReporter, text: str, first: str, others: str) -> str:
    """Return a text in lines that fit the terminal; words are kept whole."""
    return "\n".join(
        textwrap.wrap(
            text,
            out._tw.fullwidth - 1,
            initial_indent=first,
            subsequent_indent=others,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
    )
