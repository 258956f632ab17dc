"""Grade what has no valid result yet; try the machine's failures a second time, alone.

One submission never ends a batch: every error while a hand-in is listed, read, graded or stored is
that row's. Only errors of the settings, or of the machines as a whole, end it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from rich.console import Console

from grader.batch import executors, judge_pool, outcome
from grader.batch.attempts import HandIn
from grader.batch.participant import Participant
from grader.batch.progress import BEFORE, Advance, progress, say
from grader.batch.store import Store
from grader.batch.task import Settings, Task, kit_version
from grader.core.text import shown

NAMED = 10  # students in a line


@dataclass(frozen=True)
class Work:
    """A student of this run, and what was handed in."""

    participant: Participant
    hand_in: HandIn


@dataclass(frozen=True)
class Grading:
    """The tools and settings that all submissions of a run share."""

    console: Console
    store: Store
    settings: Settings
    executor: Executor
    capacity: Callable[[], int]  # how many submissions can be graded at a time


def grade_missing(
    console: Console, store: Store, works: Sequence[Work], args: argparse.Namespace
) -> None:
    """Grade what has no valid result yet, and what is unsettled once more.

    Raises:
        UserError: With these settings, or on these machines, nothing can be graded.
    """
    settings = Settings(store.seed(None), pytest_arguments(args), args.isolation)
    with opened_grading(console, store, settings, args) as grading:
        with progress(console, len(works)) as advance:
            unsettled = grade(grading, works, advance)
        if unsettled:
            say(
                console,
                f"graded once more, one at a time: {len(unsettled)} of {len(works)}, because a "
                f"busy machine may be why they timed out or crashed: {_some(unsettled)}",
            )
            with progress(console, len(unsettled)) as advance:
                grade(grading, unsettled, advance, alone=True)


def _some(works: Sequence[Work]) -> str:
    """Return whose works these are; of many the first."""
    names = ", ".join(shown(work.participant.name) for work in works[:NAMED])
    return f"{names} and {len(works) - NAMED} more" if len(works) > NAMED else names


@contextlib.contextmanager
def opened_grading(
    console: Console, store: Store, settings: Settings, args: argparse.Namespace
) -> Iterator[Grading]:
    """Get judges ready, here or on a cluster; they end with the context.

    Raises:
        UserError: With these settings, or on these machines, nothing can be graded.
    """
    if args.scheduler:
        judges = executors.cluster_executor(args.scheduler, kit_version(), settings.isolation)
    else:
        judge_pool.check(kit_version(), settings.isolation)
        judges = executors.local_executor(args.jobs)
    with judges as (executor, capacity):
        yield Grading(console, store, settings, executor, capacity)


def grade(
    grading: Grading, works: Sequence[Work], advance: Advance, *, alone: bool = False
) -> list[Work]:
    """Grade what has no valid result and return what is worth another try.

    Args:
        grading: What all share.
        works: What to grade.
        advance: Takes what happens to submissions.
        alone: Whether this is the last try, one submission at a time.
    """
    unsettled: list[Work] = []

    def keep(work: Work, key: str, report: bytes) -> None:
        again = outcome.is_unsettled(json.loads(report))
        if again:
            unsettled.append(work)
        advance(_save(grading.store, work, key, report, again, alone))

    tasks = missing_tasks(grading, works, keep, advance)
    capacity = (lambda: 1) if alone else grading.capacity
    for work, task, report in executors.grade_all(
        tasks, grading.executor, capacity, advance.running
    ):
        keep(work, task.key, report)
        for remark in () if alone else task.remarks:
            say(grading.console, f"note: {task.student}: {remark}")
    return sorted(unsettled, key=lambda work: work.participant.name)


def _save(store: Store, work: Work, key: str, report: bytes, unsettled: bool, alone: bool) -> str:
    """Keep a report, unless the grader failed on a second try and not on the first."""
    before = store.result(work.participant).get("batch") if alone and unsettled else None
    failed = json.loads(report)["batch"]["status"] == "internal"
    if failed and before and before["status"] != "internal":
        return before["status"]
    return store.save(work.participant, key, report, provisional=unsettled and not alone)


def missing_tasks(
    grading: Grading,
    works: Sequence[Work],
    keep: Callable[[Work, str, bytes], None],
    advance: Advance,
) -> Iterator[tuple[Work, Task]]:
    """Yield what a judge has to grade; a result that needs no judge is kept at once."""
    for work in works:
        try:
            task = make_task(work, grading.settings)
            done = grading.store.is_done(work.participant, task.key)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this row's)
            keep(work, "", outcome.report_of(error))
            continue
        if done:
            advance(BEFORE)
        else:
            yield work, task


def make_task(work: Work, settings: Settings) -> Task:
    """Read what counts of a hand-in.

    Raises:
        UserError: There is nothing to grade, or it can't be read.
    """
    archive = work.hand_in.choose()
    return Task(
        work.participant.name,
        archive.name,
        archive.read(),
        tuple(archive.remarks),
        settings,
        kit_version(),
    )


def pytest_arguments(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the part of the command line that is for pytest."""
    arguments = [f"--exercise={exercise}" for exercise in args.exercise]
    if args.select:
        arguments.append(f"-k={args.select}")
    if args.time_scale != 1.0:
        arguments.append(f"--time-scale={args.time_scale}")
    if args.isolation == "full":  # else as well as can be done
        arguments.append("--isolation=full")
    return tuple(arguments)
