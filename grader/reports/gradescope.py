"""Write Gradescope's `results.json`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from grader.core.language import total, translated
from grader.core.report import CheckReport, FailureReport, Report, checks_of
from grader.core.text import plain

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
TEXT = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}


def results(
    report: Report, seconds: float, visibility: str = "visible", leaderboard: bool = False
) -> dict[str, Any]:
    """Return the results of one run; written questions are left to Gradescope's own rubric.

    Args:
        report: Of the run.
        seconds: How long it took.
        visibility: When students see it, one of `VISIBILITIES`.
        leaderboard: Whether all students see each other's points and times.
    """
    grade = report["grade"]
    summary = total(grade["earned"], grade["possible"], grade["pending"])
    counts: Counter[str] = Counter()
    tests = []
    for check in checks_of(report):
        counts[check["question"]] += 1
        tests.append(_test(check, counts[check["question"]], visibility))
    board = {"leaderboard": _leaderboard(report)} if leaderboard else {}
    return {
        "score": grade["earned"],
        "execution_time": round(seconds),
        "output": plain("\n".join([summary, *report["notices"]])),
        **TEXT,
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "tests": tests,
        **board,
        "extra_data": {"seed": report["seed"]},
    }


def refused(message: str) -> dict[str, Any]:
    """Return the results of a submission that can't be graded."""
    return {"score": 0.0, "output": plain(message), **TEXT, "visibility": "visible", "tests": []}


def _leaderboard(report: Report) -> list[dict[str, Any]]:
    """Return the columns of the leaderboard, those that decide first."""
    return [
        {"name": "Points", "value": round(report["grade"]["earned"], 2)},
        {"name": "Seconds", "value": round(report["duration"], 1), "order": "asc"},
    ]


def _test(check: CheckReport, place: int, visibility: str) -> dict[str, Any]:
    """Return one check; ``place`` counts those of its question."""
    is_right = check["status"] in ("passed", "carried", "advice")
    verdict = {"status": "passed" if is_right else "failed"}
    return {
        "score": check["earned"],
        "max_score": check["points"],
        **({} if check["status"] == "pending" else verdict),
        "name": check["title"],
        "number": f"{check['question']}.{place}",
        "output": plain(_explained(check, check["failure"])) if check["failure"] else "",
        "tags": [check["question"], check["status"]],
        "visibility": visibility,
    }


def _explained(check: CheckReport, failure: FailureReport) -> str:
    parts = {
        "expected": failure["expected"],
        "got": failure["got"],
        "where": failure["where"],
        "hint": failure["hint"],
        "traceback": failure["traceback"],
        "repeat": check["repeat"],
    }
    lines = [failure["what"]]
    lines += [f"{translated(label)}: {text}" for label, text in parts.items() if text]
    if failure["output"].strip():
        lines.append(f"{translated('your code printed')}:\n{failure['output']}")
    return "\n".join(lines)
