"""results.json as Gradescope's specification has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from grader.reports.tables import points

TEXT = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}


def results(report: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The results of one run; written questions are left to Gradescope's own rubric."""
    grade = report["grade"]
    summary = f"{points(grade['earned'])} of {points(grade['possible'])} automatic points"
    if grade["pending"]:
        summary += f"; {points(grade['pending'])} more are to be graded by a person"
    counts: Counter[str] = Counter()
    tests = []
    for test in report["tests"]:
        if "metadata" in test:
            counts[test["metadata"]["question"]] += 1
            tests.append(_test(test["metadata"], counts[test["metadata"]["question"]]))
    return {
        "score": grade["earned"],
        "execution_time": round(seconds),
        "output": "\n".join([summary, *report["notices"]]),
        **TEXT,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"seed": report["seed"]},
    }


def refused(message: str) -> dict[str, Any]:
    """The results of a submission that can't be graded."""
    return {"score": 0.0, "output": message, **TEXT, "visibility": "visible", "tests": []}


def _test(metadata: Mapping[str, Any], place: int) -> dict[str, Any]:
    failure = metadata["failure"]
    lines = []
    if failure:
        labels = ("expected", "got", "where", "hint", "traceback")
        lines = [failure["what"]]
        lines += [f"{label}: {failure[label]}" for label in labels if failure[label]]
        lines += [f"repeat: {metadata['repeat']}"] if metadata["repeat"] else []
        lines += [f"your code printed:\n{failure['output']}"] if failure["output"].strip() else []
    return {
        "score": metadata["earned"],
        "max_score": metadata["points"],
        "status": "passed" if metadata["status"] in ("passed", "advice") else "failed",
        "name": metadata["title"],
        "number": f"{metadata['question']}.{place}",
        "output": "\n".join(lines),
        "tags": [metadata["question"], metadata["status"]],
        "visibility": "visible",
    }
