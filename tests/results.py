"""Make results of gradings, with hostile text in them, and the rows that reports show of them."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

from grader.reports.rows import Given, Row, complete, read_row

EVIL = "<script>alert(1)</script>"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n pixels").decode()


def a_result(
    earned: float = 2.0, status: str = "failed", hint: str = "", **metadata: Any
) -> Any:  # a report with what is read of it
    failure = {
        "what": f"What {EVIL}",
        "expected": "1",
        "got": EVIL,
        "where": "",
        "hint": hint,
        "status": status,
        "traceback": f"</pre>{EVIL}",
        "output": f"```\n{EVIL}",
    }
    test = {
        "title": "The output",
        "question": "1.6",
        "points": 4.0,
        "earned": earned,
        "status": status,
        "hint": hint,
        "mistake": "a_mistake" if hint else "",
        "seed": 1,
        "failure": None if status == "passed" else failure,
        "repeat": "pytest it",
        **metadata,
    }
    questions = [
        {"id": "1.4", "title": "Words", "earned": 0.0, "possible": 2.0, "status": "pending"},
        {"id": "1.6", "title": "LSTM", "earned": earned, "possible": 4.0, "status": status},
    ]
    return {
        "seed": 1,
        "duration": 3.0,
        "times": {
            "start": 0.5,
            "student": 1.5,
            "judging": 1.0,
            "reports": 0.25,
            "questions": {"1.4": 0.5, "1.6": 2.0},
        },
        "notices": [f"Left out: {EVIL}."],
        "grade": {"questions": questions},
        "tests": [{"metadata": test}, {"outcome": "passed"}],
        "batch": {"status": "graded", "message": "", "remarks": ["The newest counts."]},
    }


REFUSED: Any = {"batch": {"status": "refused", "message": f"no ZIP: {EVIL}", "remarks": []}}
INTERNAL: Any = {"batch": {"status": "internal", "message": "ours", "remarks": []}}


def rows_of(
    results: dict[str, Any], given: dict[tuple[str, str], Given] | None = None
) -> list[Row]:
    rows = [read_row(name, f"file-{i}", "", r) for i, (name, r) in enumerate(results.items())]
    complete(rows, given or {})
    return rows


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
