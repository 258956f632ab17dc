"""Grade edited copies of the reference in one process, for the measurements beside this file."""

from __future__ import annotations

import ast
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader import api
from grader.release.faults import Fault
from tests.conftest import ROOT
from tests.test_faults import FAULTS

REFERENCE = ROOT / "reference"
Checks = dict[str, dict[str, Any]]  # by name: status, points, earned, mistake, hint


def checks_of(report: Any) -> Checks:
    """Return what a report says of each check."""
    kept = ("question", "status", "points", "earned", "mistake", "hint")
    return {
        test["nodeid"].rpartition("/")[2]: {key: test["metadata"][key] for key in kept}
        | {"says": said(test["metadata"]["failure"])}
        for test in report.get("tests", [])
        if "metadata" in test
    }


def said(failure: dict[str, Any] | None) -> str:
    """Return what a student is told of a failure but its hint, in one line."""
    parts = ("what", "expected", "got", "where")
    return " · ".join(failure[part] for part in parts if failure[part]) if failure else ""


def grade(folder: Path, exercise: str, seed: int, arguments: Sequence[str] = ()) -> Checks:
    """Return the checks of a whole exercise for a submission; use :func:`grader.api.warm`."""
    run = api.run(folder, seed=seed, arguments=["--exercise", exercise, *arguments])
    return checks_of(run.report)


def grade_files(files: dict[str, str], exercise: str, seed: int) -> Checks:
    """Return the checks for the reference with these files in place of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "submission"
        shutil.copytree(REFERENCE, folder, ignore=shutil.ignore_patterns("__pycache__", "figures"))
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return grade(folder, exercise, seed)


def grade_fault(fault: Fault, seed: int, *, selected: bool = False) -> Checks:
    """Return the checks of a fault's whole exercise, or of those alone that its file selects.

    Of palindrome it is always those, for a whole grading trains two networks. A grading in which
    time ran out is repeated once: the machine may have been busy.
    """
    selected = selected or fault.exercise == "palindrome"
    arguments = fault.arguments if selected else fault.rules.get("arguments", [])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "submission"
        fault.build(ROOT, folder)
        if fault.rules.get("base") not in ("reference", "student_template"):
            complete(folder)
        found = grade(folder, fault.exercise, seed, arguments)
        if any(check["status"] == "timeout" for check in found.values()):
            found = grade(folder, fault.exercise, seed, arguments)
        return found


def complete(folder: Path) -> None:
    """Add what the reference defines and a submission lacks.

    Some fixtures hold one function and no others; what they leave out is no mistake of theirs.
    """
    for reference in REFERENCE.glob("*.py"):
        file = folder / reference.name
        if not file.exists():
            shutil.copy(reference, file)
        text, whole = (path.read_text(encoding="utf-8") for path in (file, reference))
        defined = {name for part in ast.parse(text).body for name in names_of(part)}
        parts = [part for part in ast.parse(whole).body if not defined & names_of(part)]
        missing = [ast.unparse(part) for part in parts if names_of(part)]
        if any(isinstance(part, ast.FunctionDef | ast.ClassDef) for part in parts):
            file.write_text("\n\n".join([text, *missing]), encoding="utf-8")


def names_of(part: ast.stmt) -> set[str]:
    """Return the names that a top-level statement defines."""
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return {part.name}
    if isinstance(part, ast.Import | ast.ImportFrom):
        return {each.asname or each.name for each in part.names}
    targets = part.targets if isinstance(part, ast.Assign) else []
    return {
        name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
    }


def edits_of(fault: Fault) -> list[dict[str, str]]:
    """Return a fault's edits of the reference; none, if it consists of more or of other files."""
    plain = fault.rules.get("base") == "reference" and fault.path.name != "fault.toml"
    edits: list[dict[str, str]] = fault.rules.get("edit", []) if plain else []
    return edits


def edited(edits: Sequence[dict[str, str]]) -> dict[str, str] | None:
    """Return the reference's files after these edits; None if they don't fit together."""
    files: dict[str, str] = {}
    for edit in edits:
        text = files.get(edit["file"]) or (REFERENCE / edit["file"]).read_text(encoding="utf-8")
        if text.count(edit["old"]) != 1:
            return None
        files[edit["file"]] = text.replace(edit["old"], edit["new"])
    return files


def mistakes_of(checks: Checks, statuses: Sequence[str] = ("failed",)) -> list[str]:
    """Return the mistakes that these checks name, in their order, each once."""
    found = [check["mistake"] for check in checks.values() if check["status"] in statuses]
    return list(dict.fromkeys(part for name in found for part in name.split("+") if part))


def is_legal(fault: Fault) -> bool:
    """Return whether a fixture has no fault, but is right in another way."""
    return fault.name.startswith(("legal_", "other_legal"))


def faults_of(exercise: str) -> dict[str, Fault]:
    """Return an exercise's faults by name, without fixtures that are right."""
    own = [fault for fault in FAULTS if fault.exercise == exercise]
    return {fault.name: fault for fault in own if not is_legal(fault)}


class Store:
    """Results in a JSON file, written after each, so that a long measurement goes on later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, key: str, value: Any) -> None:
        """Keep a result."""
        self.found[key] = value
        self.path.write_text(json.dumps(self.found, indent=1), encoding="utf-8")
