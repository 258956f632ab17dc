"""Write all reports with the marks as they are now."""

from __future__ import annotations

from grader.batch.store import Store
from grader.batch.write_reports import publish


def publish_now(store: Store) -> tuple[str, list[str]]:
    """Write all reports; return what came out, and what went wrong, which may hold names.

    Raises:
        UserError: A batch is at work in the folder.
    """
    with store.locked():
        published = publish(store)
    pending = sum(row.pending > 0 for row in published.rows)
    state = "Some reports can't be written" if published.failures else "All reports are written"
    words = f"{state}; {pending} of {len(published.rows)} students wait for marks."
    return words, [*published.failures, *published.wrong]
