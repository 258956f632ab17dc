"""Check a course before students get it: `rnn-autograder course FOLDER`.

The reference should earn every point that tests give, the template none, and each fault in
``faults/`` what its file says. See faults.py and docs/course_owners.md.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

from grader.core.course import Course, choose, course
from grader.core.errors import UserError
from grader.core.report import Report
from grader.core.rubric import read_rubric
from grader.release.comparison import outdated_files
from grader.release.faults import Fault, read_faults

SEED = 1


def run_course(args: argparse.Namespace) -> int:
    """Print a line for each check of a course; return 1 if one failed.

    Raises:
        UserError: The folder holds no course, or one that can't be read.
    """
    choose(args.folder)
    found = course()
    read_rubric()
    print(f"{len(found.names)} exercises: {', '.join(found.names)}", flush=True)
    failed = False
    for name, problems in _checks(found):
        failed |= bool(problems)
        print(f"{'FAILED' if problems else 'ok':<7} {name}", flush=True)
        for problem in problems:
            print(textwrap.indent(problem, " " * 8))
    return 1 if failed else 0


def _checks(found: Course) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each check, and what is wrong."""
    from grader.api import warm  # here, because torch takes a moment

    if found.reference.is_dir() and found.template.is_dir():
        outdated = outdated_files(found.reference, found.template)
        todo = "run `rnn-autograder template`, with the same --course"
        yield "template", [f"{name} is out of date: {todo}" for name in outdated]
    with warm(), tempfile.TemporaryDirectory() as folder:
        if found.reference.is_dir():
            yield "reference", list(_lost(_grade(found.reference)))
        if found.template.is_dir():
            yield "student_template", list(_earned(_grade(found.template)))
        for fault in read_faults(found.faults):
            yield f"fault {fault}", _of_fault(fault, found, Path(folder) / str(fault))


def _grade(submission: Path, *arguments: str) -> Report:
    """Grade a submission and return its report.

    Raises:
        UserError: It can't be graded.
    """
    from grader.api import run

    done = run(submission, seed=SEED, arguments=arguments)
    if not done.is_judged:
        raise UserError(f"{submission} can't be graded:\n{done.text.strip()}")
    return done.report


def _lost(report: Report) -> Iterator[str]:
    """Yield the questions in which a solution loses points."""
    for row in report["grade"]["questions"]:
        if row["earned"] < row["possible"] - row.get("pending", 0.0):
            yield (
                f"question {row['id']} should earn {row['possible']:g}, got {row['earned']:g} "
                f"({row['status']}): rnn-autograder check shows why"
            )


def _earned(report: Report) -> Iterator[str]:
    """Yield the questions in which the unchanged template earns points, or is not understood."""
    for row in report["grade"]["questions"]:
        if row["earned"] or row["status"] not in ("not started", "pending"):
            yield (
                f"question {row['id']} should be not started and earn 0, "
                f"got {row['status']}, {row['earned']:g}"
            )


def _of_fault(fault: Fault, found: Course, target: Path) -> list[str]:
    try:
        fault.build(found.reference.parent, target)
        return list(fault.differences(_grade(target, *fault.arguments)))
    except (UserError, OSError) as error:
        return [str(error)]
