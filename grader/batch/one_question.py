"""Grade single questions of single students again, and leave all other results as they are.

The exercise runs as a whole, because a mistake that was counted in another question may be carried
into this one. Only the checks and points of the questions that were asked for replace those of
before.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterable, Sequence

from rich.console import Console

from grader.batch import executors, outcome
from grader.batch.attempts import HandIn
from grader.batch.chosen import chosen
from grader.batch.grading import Grading, Work, make_task, opened_grading, pytest_arguments
from grader.batch.progress import say
from grader.batch.store import Store
from grader.batch.task import Settings, Task, archive_in
from grader.core.errors import UserError
from grader.core.report import QuestionReport, Report, TestReport
from grader.core.rubric import Question, read_rubric
from grader.core.text import shown


def regrade(
    console: Console, store: Store, found: Sequence[HandIn], args: argparse.Namespace
) -> int:
    """Grade ``args.question`` of the students ``args.again`` again.

    Returns:
        The exit status: 1 if the grader or the machine failed on one, whose result then stays.

    Raises:
        UserError: There is no such question or student, or no result of this hand-in to change.
    """
    questions = _questions(args)
    works = works_of(store, found)
    named = chosen([work.participant for work in works], args.again)
    works = [work for work in works if work.participant in named]
    for work in works:
        if "grade" not in store.result(work.participant):
            name = shown(work.participant.name)
            raise UserError(f"{name} has no graded result: leave --question out.")
    exercises = sorted({question.exercise for question in questions})
    args.exercise = exercises
    settings = Settings(store.seed(args.seed), pytest_arguments(args), args.isolation)
    ids = [question.id for question in questions]
    tasks = [(work, _unchanged(store, work, settings)) for work in works]
    with opened_grading(console, store, settings, args) as grading:
        failed = [work for work, task in tasks if not _regrade_one(grading, work, task, ids)]
    return 1 if failed else 0


def merged(before: Report, after: Report, questions: Collection[str]) -> Report:
    """Return a result with the checks and points of some questions from another one."""
    places = [question.id for question in read_rubric()]
    old = before.get("tests", [])
    place = next((i for i, test in enumerate(old) if _question_of(test) in questions), len(old))
    tests = old[:place] + [test for test in after["tests"] if _question_of(test) in questions]
    tests += [test for test in old[place:] if _question_of(test) not in questions]
    kept = [row for row in before["grade"]["questions"] if row["id"] not in questions]
    new = [row for row in after["grade"]["questions"] if row["id"] in questions]
    rows = sorted(kept + new, key=lambda row: places.index(row["id"]))
    pending = _sum(map(_pending, rows))
    grade = before["grade"] | {
        "earned": _sum(row["earned"] for row in rows),
        "possible": round(_sum(row["possible"] for row in rows) - pending, 6),
        "pending": pending,
        "questions": rows,
    }
    return {**before, "tests": tests, "grade": grade}


def _unchanged(store: Store, work: Work, settings: Settings) -> Task:
    """Return what is to be graded, if it is what the result is of.

    Raises:
        UserError: It is something else: points of two hand-ins would be mixed.
    """
    task = make_task(work, settings)
    of = archive_in(store.result(work.participant)["batch"].get("key", ""))
    if of and of != archive_in(task.key):
        name = shown(work.participant.name)
        raise UserError(
            f"{name} has handed in something new: run batch without --question (it grades all "
            "questions of the new hand-in)."
        )
    return task


def _regrade_one(grading: Grading, work: Work, task: Task, questions: Sequence[str]) -> bool:
    """Grade one student's questions, twice if the machine may have been at fault."""
    for _ in range(2):
        ((_, _, data),) = executors.grade_all([(work, task)], grading.executor, lambda: 1)
        after: Report = json.loads(data)
        if not outcome.is_unsettled(after):
            break
    name = shown(work.participant.name)
    if after["batch"]["status"] != "graded":
        say(grading.console, f"error: {name} stays as it was: {after['batch']['message']}")
        return False
    before = grading.store.result(work.participant)
    result = merged(before, after, questions)
    data = json.dumps(result, ensure_ascii=False).encode(errors="replace")
    grading.store.save(work.participant, before["batch"].get("key", ""), data)
    for id in questions:
        was, now = _points(before, id), _points(result, id)
        say(grading.console, f"{name}, question {id}: {now} points, before {was}")
    return True


def _questions(args: argparse.Namespace) -> list[Question]:
    """Return the questions that are asked for.

    Raises:
        UserError: One isn't graded by tests, or other options don't go with it.
    """
    if not args.again or args.select:
        raise UserError("--question goes with --again NAME, and not with -k.")
    known = {question.id: question for question in read_rubric() if question.by == "tests"}
    for id in args.question:
        if id not in known:
            raise UserError(
                f"--question {id}: tests grade {', '.join(known)}; the marks of other questions "
                "are given at the desk."
            )
    return [known[id] for id in args.question]


def works_of(store: Store, found: Sequence[HandIn]) -> list[Work]:
    """Return the students of the last run whose hand-ins are there now."""
    files = store.files_by_identity()
    people = {person.file: person for person in store.participants()}
    works = []
    for hand_in in found:
        person = people.get(files.get(hand_in.identity, ""))
        if person:
            hand_in.student = person.name
            works.append(Work(person, hand_in))
    return works


def _question_of(test: TestReport) -> str:
    return test["metadata"]["question"] if "metadata" in test else ""


def _pending(row: QuestionReport) -> float:
    return row.get("pending", row["possible"] if row["status"] == "pending" else 0.0)


def _points(result: Report, id: str) -> str:
    found = [row["earned"] for row in result["grade"]["questions"] if row["id"] == id]
    return f"{found[0]:g}" if found else "none"


def _sum(points: Iterable[float]) -> float:
    return round(sum(points), 6)
