"""Read the rows of all results in a folder."""

from __future__ import annotations

import json

from grader.batch import outcome
from grader.batch.participant import Participant
from grader.batch.store import Store
from grader.core.report import Report
from grader.reports.rows import Row, complete, read_row


def read_rows(store: Store) -> list[Row]:
    """Return the rows of all results, with the same questions, without a person's marks."""
    rows = [_read_row(store, participant) for participant in store.participants()]
    complete(rows, {})
    return rows


def _read_row(store: Store, participant: Participant) -> Row:
    """Read one row; a result that is missing or damaged makes one that was not judged."""
    name, file, folder = participant.name, participant.file, participant.folder
    try:
        missing = json.loads(outcome.not_judged("there is no result"))
        row = read_row(name, file, folder, store.result(participant) or missing)
    except Exception as error:  # noqa: BLE001 (of any kind: it is this row's)
        why = outcome.not_judged(f"its result can't be read: {outcome.described(error)}")
        row = read_row(name, file, folder, json.loads(why))
    row.doubt, row.ids = participant.doubt, participant.ids
    row.submitted, row.late = participant.submitted, participant.late
    return row


def readable(store: Store, participant: Participant) -> Report:
    """Return a result, or an empty one if the file can't be read."""
    try:
        return store.result(participant)
    except OSError:  # its row says so
        return {}
