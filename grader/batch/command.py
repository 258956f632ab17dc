"""Run the commands `batch` and `marks`."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from grader.batch import missing_packages
from grader.batch.attempts import HandIn
from grader.batch.before import check_arguments, check_space, check_table
from grader.batch.chosen import chosen
from grader.batch.grading import Work, grade_missing
from grader.batch.intake import described, hand_ins
from grader.batch.marks_files import check_marks, publish_marks
from grader.batch.one_question import regrade, works_of
from grader.batch.outcome import described as described_error
from grader.batch.progress import say
from grader.batch.similar_kept import Archives, drop_changed
from grader.batch.store import Store, write
from grader.batch.write_reports import publish
from grader.core.errors import UserError
from grader.core.text import shown
from grader.marking import late
from grader.reports.rows import Row

INTERRUPTED = 130  # a shell's exit status for Ctrl-C


def run_batch(args: argparse.Namespace) -> int:
    """Return 0 if every submission has been judged, 1 if the grader or the machine failed."""
    console = Console(soft_wrap=True)
    store = Store(args.output)
    check_arguments(args)
    try:
        with hand_ins(args.submissions, args.platform) as (found, remarks):
            say(console, described(found))
            check_table(found, args)
            store.create()
            with store.locked():
                check_space(store, len(found), args.jobs)
                keep_late_rule(store, args.late)
                say_wrong(console, check_marks(store))
                if args.question:
                    status = regrade(console, store, found, args)
                    drop_stale(console, store, works_of(store, found))
                    return max(status, finish(console, store, args))
                works = begin(store, found, args)
                for remark in remarks:
                    say(console, f"note: {remark}")
                for remark in missing_packages.remarks(work.hand_in for work in works):
                    say(console, f"note: {remark}")
                grade_missing(console, store, works, args)
                drop_stale(console, store, works)
                status = finish(console, store, args)
                return max(status, add_similar(console, store, works, args) if args.similar else 0)
    except KeyboardInterrupt:
        console.print(f"interrupted; the same command goes on where this one ended: {args.output}")
        return INTERRUPTED


def run_marks(args: argparse.Namespace) -> int:
    """Read a person's marks into all reports, and write a table to fill in."""
    store = Store(args.output)
    store.participants()  # of no run, there is nothing to lock
    with store.locked():
        keep_late_rule(store, args.late)
        path = publish_marks(store)
        published = publish(
            store,
            args.worksheet,
            dict(args.column),
            provisional=args.provisional,
            part_size=args.part_size,
        )
    console = Console(soft_wrap=True)
    for line in published.failures:
        say(console, f"error: {line}")
    for remark in published.remarks:
        say(console, f"note: {remark}")
    say_wrong(console, published.wrong)
    rows = published.rows
    pending = sum(row.pending > 0 for row in rows)
    end = "some reports are out of date." if published.failures else "all reports are up to date."
    say(console, f"{path}: {pending} of {len(rows)} students wait for marks; {end}")
    return 1 if published.failures or published.wrong else 0


def keep_late_rule(store: Store, path: Path | None) -> None:
    """Copy the rule for late hand-ins into the folder of results, and check the one that is there.

    Raises:
        UserError: There is no such file, or it is no such rule.
    """
    kept = store.folder / late.FILE
    if path and late.read_late(path) is None:
        raise UserError(f"There is no file {path}: check --late.")
    if path:
        write(kept, path.read_bytes())
    late.read_late(kept)


def say_wrong(console: Console, errors: Sequence[str]) -> None:
    """Print which rows of marks.csv don't count."""
    for line in errors:
        say(console, f"error: {line}. It does not count, and the file stays, until that is mended.")


def begin(store: Store, found: Sequence[HandIn], args: argparse.Namespace) -> list[Work]:
    """Note the students of this run, and forget the results that should be made again.

    Raises:
        UserError: --again names nobody.
    """
    participants = store.begin(store.seed(args.seed), found, args.submissions)
    works = [
        Work(participant, hand_in) for participant, hand_in in zip(participants, found, strict=True)
    ]
    again = chosen(participants, args.again)
    for work in works:
        work.hand_in.student = work.participant.name
        if work.participant in again:
            store.forget(work.participant)
    return works


def archives_of(works: Sequence[Work]) -> Archives:
    """Return how to read the archive that counts of each student."""
    return [(work.participant.name, partial(_archive_of, work)) for work in works]


def _archive_of(work: Work) -> bytes:
    return work.hand_in.choose().read()


def drop_stale(console: Console, store: Store, works: Sequence[Work]) -> None:
    """Drop what was found of submissions that have changed since they were compared."""
    for remark in drop_changed(store, archives_of(works)):
        say(console, f"note: {remark}")


def add_similar(
    console: Console, store: Store, works: Sequence[Work], args: argparse.Namespace
) -> int:
    """Find which submissions share code, and add that to the reports, which are there already.

    Returns:
        The exit status: 1 if that failed, and the reports stay without it.
    """
    from grader.batch import similar  # here, because it imports NumPy

    try:
        remarks = similar.find(store, archives_of(works))
    except Exception as error:  # noqa: BLE001 (of any kind: a hint is no reason to end a batch)
        said = str(error) if isinstance(error, UserError) else described_error(error)
        say(console, f"error: submissions can't be compared, the other reports are there: {said}")
        return 1
    for remark in remarks:
        say(console, f"note: {remark}")
    published = publish(store, args.worksheet, dict(args.column), provisional=args.provisional)
    for line in published.failures:
        say(console, f"error: {line}")
    return 1 if published.failures else 0


def finish(console: Console, store: Store, args: argparse.Namespace) -> int:
    """Write the reports, print what came out, and return the exit status."""
    unwritten = store.write_again()
    published = publish(
        store,
        args.worksheet,
        dict(args.column),
        provisional=args.provisional,
        part_size=args.part_size,
    )
    rows = published.rows
    for row in rows:
        if row.status != "graded":
            say(console, f"{row.status}: {shown(row.student)}: {row.message}")
    for row in rows:
        if row.doubt:
            say(console, f"to look at: {shown(row.student)}: {row.doubt}")
    for remark in published.remarks:
        say(console, f"note: {remark}")
    for line in published.failures:
        say(console, f"error: {line}")
    say_wrong(console, published.wrong)
    if unwritten:
        say(
            console,
            f"error: {len(store.unwritten)} results can't be written to {store.folder} "
            f"({unwritten}). What is finished stays: mend that, and the same command goes on.",
        )
    if failed := sum(row.needs_a_look for row in rows):
        say(
            console,
            f"error: {failed} could not be judged, also when tried alone: mend what is said above, "
            "and the same command goes on where this one ended.",
        )
    statuses = Counter(row.status for row in rows)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(statuses.items()))
    say(console, f"{len(rows)} in all: {counts}. See {store.folder / 'report.html'}")
    failed_reports = published.failures or published.wrong
    return 1 if unwritten or failed_reports or incomplete(rows) else 0


def incomplete(rows: Sequence[Row]) -> bool:
    """Return whether the grader failed somewhere, so that a person has to decide."""
    return any(row.needs_a_look for row in rows)
