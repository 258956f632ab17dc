"""Keep what people decide in an SQLite file, such that nothing is lost and everything is known.

Theory of operation. There is one table of entries: the present value, a JSON object, of each thing
that a person can decide, by its kind, student, question and name. And there is one table of events,
which only grows: each change of an entry, with its author, its time, and the value before and
after. Both are written in one transaction. So the history is whole, and undoing a change means to
save the value before.

A change names the version that it starts from. If the entry has another version now, `Stale` says
so and nothing is saved: two people can't overwrite each other without noticing.

A transaction is on the disk before it returns (WAL, ``synchronous=FULL``): a process that is
killed, or a machine that loses its power, loses nothing that was acknowledged. Any number of
threads and processes of one machine may use the file at a time; no network file system can hold it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from grader.core.errors import UserError
from grader.marking.data import Event
from grader.marking.entries import (
    EVENTS,
    SCHEMA,
    SELECT,
    Action,
    Entry,
    Key,
    current,
    entry_of,
    event_of,
)

VERSION = 1  # of the schema
BUSY = 20.0  # seconds to wait for another writer


# Later events of an entry that are neither taken back by their author nor take anything back.
_LATER = (
    "SELECT 1 FROM event AS e WHERE kind = ? AND student = ? AND question = ? AND name = ? "
    "AND id > ? AND NOT (author = ? AND (undoes IS NOT NULL OR EXISTS "
    "(SELECT 1 FROM event AS u WHERE u.undoes = e.id AND u.author = e.author)))"
)


class Database:
    """An open file; closed with `close`."""

    def __init__(self, path: Path) -> None:
        """Open the file; make it if there is none.

        Raises:
            UserError: It is damaged, lost, of a newer version of the kit, or can't be written.
        """
        self.path = path
        self._lock = threading.RLock()
        if not path.exists() and self._backup.exists():  # else a new one would replace the copy
            raise UserError(
                f"{path} is missing, but {self._backup.name} is there: put it in its place, or "
                "remove it as well."
            )
        with self._explained():
            self._connection = sqlite3.connect(
                path, timeout=BUSY, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise UserError(f"{self.path} was written by a newer version of the kit: use that one.")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        if version < VERSION:
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in one line what is wrong with the file, and what to do.

        Raises:
            UserError: SQLite has failed.
        """
        try:
            yield
        except sqlite3.Error as error:
            advice = (
                "wait until the other program is done"
                if "locked" in str(error)
                else "it stays as it is; make sure that the disk has space and that you may write "
                f"there. If the file is damaged, put {self._backup.name} in its place"
            )
            said = " ".join(str(error).split())
            raise UserError(f"{self.path} can't be used ({said}): {advice}.") from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection, to one thread at a time."""
        with self._lock, self._explained():
            yield self._connection

    def entry(self, key: Key) -> Entry:
        """Return one entry, of version 0 if there has never been one."""
        with self.reading() as connection:
            return current(connection, key)

    def entries(
        self, kind: str, *, student: str | None = None, question: str | None = None
    ) -> list[Entry]:
        """Return the entries of a kind that exist, of one student or question if one is named."""
        where, values = ["kind = ?", "value IS NOT NULL"], [kind]
        for column, wanted in (("student", student), ("question", question)):
            if wanted is not None:
                where.append(f"{column} = ?")
                values.append(wanted)
        query = f"{SELECT} WHERE {' AND '.join(where)} ORDER BY rowid"
        with self.reading() as connection:
            return [entry_of(row) for row in connection.execute(query, values)]

    @contextlib.contextmanager
    def action(self, author: str) -> Iterator[Action]:
        """Make changes that are saved together or not at all; they are one step for `undo`.

        Raises:
            Stale: An entry was changed meanwhile; nothing is saved.
        """
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Action(self._connection, author)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def history(self, student: str | None = None, question: str | None = None) -> list[Event]:
        """Return what happened, the oldest first, to one student or question if one is named."""
        where, values = ["1"], []
        for column, wanted in (("student", student), ("question", question)):
            if wanted is not None:
                where.append(f"{column} = ?")
                values.append(wanted)
        query = f"{EVENTS} WHERE {' AND '.join(where)} ORDER BY id"
        with self.reading() as connection:
            return [event_of(row) for row in connection.execute(query, values)]

    def undo(self, author: str) -> list[Event]:
        """Take back an author's last action, and return its events; none if there is none left.

        Raises:
            Stale: Somebody has changed the same thing since.
        """
        last = (
            f"{EVENTS} WHERE author = ? AND undoes IS NULL AND id NOT IN "
            "(SELECT undoes FROM event WHERE author = ? AND undoes IS NOT NULL) "
            "ORDER BY id DESC LIMIT 1"
        )
        with self.action(author) as action:
            found = action.connection.execute(last, (author, author)).fetchone()
            if found is None:
                return []
            of_action = f"{EVENTS} WHERE action = ? ORDER BY id DESC"
            rows = action.connection.execute(of_action, (found[1],)).fetchall()
            for row in rows:
                event = event_of(row)
                key = Key(event.kind, event.student, event.question, event.name)
                # What came later may be only this author's own changes that were taken back, too.
                settled = not action.connection.execute(_LATER, (*key, event.id, author)).fetchone()
                version = None if settled else row[11]
                action.put(key, event.before, version=version, undoes=event.id)
            return [event_of(row) for row in rows]

    @property
    def _backup(self) -> Path:
        return self.path.with_name(f"{self.path.name}.backup")

    def back_up(self) -> None:
        """Copy the file, as it is now and after a check, to one beside it.

        Raises:
            UserError: The file is damaged; the copy of before stays.
        """
        partial = self._backup.with_name(f"{self._backup.name}.partial")
        with self.reading() as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            partial.unlink(missing_ok=True)
            with contextlib.closing(sqlite3.connect(partial)) as copy:
                connection.backup(copy)
            partial.replace(self._backup)
