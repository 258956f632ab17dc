"""Build submissions with a known fault, and compare what a grading gave with what it should.

``faults/EXERCISE/NAME.toml`` says what is wrong, and what its grading must give:

    base = "reference"        the files it starts from: reference or student_template (left out:
                              the folder's own alone)
    select = "lstm"           pytest's -k, so that only what the fault concerns is run
    arguments = ["--time-scale", "0.1"]    further ones
    [[edit]]                  file, old, new: an edit of the base; ``old`` stands there once
    [expect."1.6"]            earned, status of a question
    [[says]]                  test, text: a failing test and what its message must contain

A fault that brings files is a folder ``NAME/`` with ``fault.toml``; its other files are laid over
the base.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from grader.core.errors import UserError
from grader.core.report import CheckReport, FailureReport, Report, checks_of


@dataclass(frozen=True)
class Fault:
    """A fault's file, and what stands in it."""

    path: Path
    rules: dict[str, Any]

    @property
    def name(self) -> str:
        """Return the name of its file, or of its folder."""
        return self._place.name

    @property
    def exercise(self) -> str:
        """Return the exercise that it belongs to."""
        return self._place.parent.name

    @property
    def _place(self) -> Path:
        return self.path.parent if self.path.name == "fault.toml" else self.path.with_suffix("")

    def __str__(self) -> str:
        return f"{self.exercise}-{self.name}"

    @property
    def arguments(self) -> list[str]:
        """Return the arguments for pytest."""
        select = ["-k", self.rules["select"]] if "select" in self.rules else []
        return [*self.rules.get("arguments", []), *select]

    def build(self, root: Path, target: Path) -> None:
        """Write the submission that has the fault to ``target``.

        Args:
            root: The folder in which its base stands.
            target: A new folder.

        Raises:
            UserError: An edit does not fit the base.
        """
        ignored = shutil.ignore_patterns("__pycache__", "fault.toml")
        if "base" in self.rules:
            shutil.copytree(root / self.rules["base"], target, ignore=ignored)
        if self.path.name == "fault.toml":
            shutil.copytree(self.path.parent, target, dirs_exist_ok=True, ignore=ignored)
        for edit in self.rules.get("edit", []):
            file = target / edit["file"]
            text = file.read_text(encoding="utf-8")
            if text.count(edit["old"]) != 1:
                raise UserError(f"{self.path}: {edit['old']!r} should stand once in {edit['file']}")
            file.write_text(text.replace(edit["old"], edit["new"]), encoding="utf-8")

    def differences(self, report: Report) -> Iterator[str]:
        """Yield what a grading's report has otherwise than the fault's file."""
        questions = {row["id"]: cast(dict[str, Any], row) for row in report["grade"]["questions"]}
        for question, expected in self.rules["expect"].items():
            found = {key: questions.get(question, {}).get(key) for key in expected}
            if found != expected:
                yield f"question {question} should have {_listed(expected)}, got {_listed(found)}"
        failed = [(name, check) for name, check in _by_test(report) if check["failure"]]
        for name, check in failed:
            if check["status"] == "internal" and check["failure"]:
                yield f"{name}: the grader failed:\n{check['failure']['traceback']}"
        lost = [c["mistake"] for _, c in failed if c["status"] == "failed" and c["points"]]
        counted = {part for mistake in lost for part in mistake.split("+")}
        for name, check in failed:
            if check["status"] == "carried" and not set(check["mistake"].split("+")) <= counted:
                yield f"{name}: {check['mistake']} is carried, but counted nowhere"
        for said in self.rules.get("says", []):
            told = [check["failure"] for name, check in failed if name == said["test"]]
            if not any(said["text"] in str(failure) for failure in told):
                got = "\n".join(map(_sentences, told)) or "it did not fail"
                yield f"{said['test']} should say: {said['text']}\ngot: {got}"


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _sentences(failure: FailureReport | None) -> str:
    """Return what a failed check says, without its numbers."""
    return " | ".join(filter(None, (failure["what"], failure["hint"]))) if failure else ""


def _by_test(report: Report) -> list[tuple[str, CheckReport]]:
    """Return the checks with the names of their tests."""
    names = [test["nodeid"].split("::")[-1] for test in report["tests"] if "metadata" in test]
    return list(zip(names, checks_of(report), strict=True))


def read_faults(folder: Path) -> list[Fault]:
    """Return the faults of a folder, in the order of their paths."""
    paths = sorted([*folder.glob("*/*.toml"), *folder.glob("*/*/fault.toml")])
    return [Fault(path, tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths]
