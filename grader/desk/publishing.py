"""Write all reports with the marks as they are now."""

from __future__ import annotations

from grader.batch.store import Store
from grader.batch.write_reports import publish


def publish_now(store: Store) -> str:
    """Write all reports, and return what a person should know.

    Raises:
        UserError: A batch is at work in the folder.
    """
    with store.locked():
        published = publish(store)
    pending = sum(row.pending > 0 for row in published.rows)
    words = [
        f"All reports are written; {pending} of {len(published.rows)} students wait for marks."
    ]
    return " ".join([*words, *published.failures, *published.wrong, *published.remarks])
