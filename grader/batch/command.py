"""`python -m grader batch` and `python -m grader marks`."""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console

from grader.batch import executors, judges
from grader.batch.intake import HandIn, hand_ins, read_archive
from grader.batch.progress import BEFORE, Report, progress
from grader.batch.store import Store, Student, file_names
from grader.batch.task import Settings, Task, kit_version
from grader.batch.write_reports import publish, publish_marks, read_worksheet
from grader.core.errors import UserError
from grader.core.text import shown
from grader.reports.rows import Row

INTERRUPTED = 130  # a shell's exit status for Ctrl-C


@dataclass(frozen=True)
class Entry:
    """A student of this run, and what was handed in."""

    student: Student
    hand_in: HandIn


def run_batch(args: argparse.Namespace) -> int:
    """Status 0 if every submission has been judged, 1 if the grader failed on some."""
    console = Console(soft_wrap=True)
    store = Store(args.output)
    check_places(args)
    try:
        with hand_ins(args.submissions) as (found, remarks):
            store.create()
            with store.locked():
                entries = begin(store, found, args)
                for remark in remarks:
                    console.print(f"note: {remark}", markup=False, highlight=False)
                grade_missing(console, store, entries, args)
                if args.similar:
                    find_similar(store, entries)
                return finish(console, store, args)
    except KeyboardInterrupt:
        console.print(f"interrupted; the same command goes on where this one ended: {args.output}")
        return INTERRUPTED


def run_marks(args: argparse.Namespace) -> int:
    """Read a person's marks into all reports; write a table to fill in."""
    store = Store(args.output)
    store.students()  # of no run, there is nothing to lock
    with store.locked():
        path = publish_marks(store)
        rows, remarks = publish(store, args.worksheet, dict(args.column))
    for remark in remarks:
        print(f"note: {remark}")
    pending = sum(row.pending > 0 for row in rows)
    print(f"{path}: {pending} of {len(rows)} students wait for marks; all reports are up to date.")
    return 0


def check_places(args: argparse.Namespace) -> None:
    """Find out now what would be a pity to find out when all are graded.

    :raises UserError: the results would be taken for a submission, or the worksheet is none.
    """
    source, out = args.submissions.resolve(), args.output.resolve()
    if out.is_relative_to(source):
        raise UserError(f"{args.output} lies within {args.submissions}: name another for -o.")
    if args.worksheet:
        read_worksheet(args.worksheet, dict(args.column))


def begin(store: Store, found: Sequence[HandIn], args: argparse.Namespace) -> list[Entry]:
    """Note the students of this run, and forget the results that shall be made again.

    :raises UserError: --again names nobody.
    """
    names = file_names([hand_in.student for hand_in in found])
    entries = [
        Entry(Student(hand_in.student, names[hand_in.student], hand_in.folder), hand_in)
        for hand_in in found
    ]
    again = set()
    for pattern in args.again:
        matching = {e.student for e in entries if fnmatch.fnmatchcase(e.student.name, pattern)}
        if not matching:
            raise UserError(f"--again {pattern}: there is no such student.")
        again |= matching
    store.begin(store.seed(args.seed), [entry.student for entry in entries])
    for student in again:
        store.forget(student)
    return entries


def grade_missing(
    console: Console, store: Store, entries: Sequence[Entry], args: argparse.Namespace
) -> None:
    """Grade what has no valid result yet."""
    settings = Settings(store.seed(None), pytest_arguments(args), args.isolation)
    with contextlib.ExitStack() as stack:
        if args.scheduler:
            executor, room = stack.enter_context(
                executors.cluster_executor(args.scheduler, kit_version(), settings.isolation)
            )
        else:
            judges.check(kit_version(), settings.isolation)
            executor, room = stack.enter_context(executors.local_executor(args.jobs))
        advance = stack.enter_context(progress(console, len(entries)))
        tasks = missing_tasks(store, entries, settings, advance)
        for entry, task, report in executors.grade_all(tasks, executor, room):
            advance(store.save(entry.student, task.key, report))
            for remark in task.remarks:
                line = f"note: {shown(task.student)}: {remark}"
                console.print(line, markup=False, highlight=False)


def missing_tasks(
    store: Store, entries: Sequence[Entry], settings: Settings, advance: Report
) -> Iterator[tuple[Entry, Task]]:
    """What a judge has to look at; a result that needs none is made at once."""
    for entry in entries:
        try:
            task = make_task(entry, settings)
        except UserError as error:
            refused = {"batch": {"status": "refused", "message": str(error), "remarks": []}}
            advance(store.save(entry.student, "", json.dumps(refused).encode()))
            continue
        if store.is_done(entry.student, task.key):
            advance(BEFORE)
        else:
            yield entry, task


def make_task(entry: Entry, settings: Settings) -> Task:
    """:raises UserError: there is nothing to grade, or it can't be read."""
    name, read, remarks = entry.hand_in.choose()
    archive = read_archive(read)
    return Task(entry.student.name, name, archive, tuple(remarks), settings, kit_version())


def pytest_arguments(args: argparse.Namespace) -> tuple[str, ...]:
    """What of the command line is for pytest."""

    def arguments() -> Iterator[str]:
        for exercise in args.exercise:
            yield f"--exercise={exercise}"
        if args.select:
            yield f"-k={args.select}"
        if args.time_scale != 1.0:
            yield f"--time-scale={args.time_scale}"
        if args.isolation == "full":  # else as well as can be done
            yield "--isolation=full"

    return tuple(arguments())


def find_similar(store: Store, entries: Sequence[Entry]) -> None:
    """Note which submissions share code, for the report."""
    from grader.batch import similar  # here, because it needs an extra

    archives = []
    for entry in entries:
        with contextlib.suppress(UserError):  # which its row says
            archives.append((entry.student.name, entry.hand_in.choose()[1]))
    similar.find(store, archives)


def finish(console: Console, store: Store, args: argparse.Namespace) -> int:
    """Write the reports, say what came out."""
    rows, remarks = publish(store, args.worksheet, dict(args.column))
    for row in rows:
        if row.status != "graded":
            console.print(f"{row.status}: {shown(row.student)}: {row.message}", markup=False)
    for remark in remarks:
        console.print(f"note: {remark}", markup=False, highlight=False)
    statuses = Counter(row.status for row in rows)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
    console.print(f"{len(rows)} in all: {counts}. See {store.folder / 'report.html'}")
    return 1 if incomplete(rows) else 0


def incomplete(rows: Sequence[Row]) -> bool:
    """Whether the grader failed somewhere, so that a person has to decide."""
    return any(row.needs_a_look for row in rows)
