"""Read and write the rows of the database: entries, and the events that change them."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import NamedTuple

from grader.core.text import plain
from grader.marking.data import Event

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
  kind TEXT NOT NULL, student TEXT NOT NULL, question TEXT NOT NULL, name TEXT NOT NULL,
  value TEXT, version INTEGER NOT NULL, author TEXT NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (kind, student, question, name)
);
CREATE INDEX IF NOT EXISTS by_question ON entry (kind, question);
CREATE TABLE IF NOT EXISTS event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, action INTEGER NOT NULL, time REAL NOT NULL,
  author TEXT NOT NULL, kind TEXT NOT NULL, student TEXT NOT NULL, question TEXT NOT NULL,
  name TEXT NOT NULL, before TEXT, after TEXT, version INTEGER NOT NULL, undoes INTEGER
);
CREATE INDEX IF NOT EXISTS of_student ON event (student, question);
CREATE INDEX IF NOT EXISTS of_author ON event (author, undoes);
CREATE TABLE IF NOT EXISTS presence (
  author TEXT PRIMARY KEY, student TEXT NOT NULL, question TEXT NOT NULL, time REAL NOT NULL
);
"""
Value = dict[str, object]


class Key(NamedTuple):
    """The place of an entry; parts that a kind has no use for are empty."""

    kind: str
    student: str = ""
    question: str = ""
    name: str = ""


class Entry(NamedTuple):
    """The present state of one thing; ``value`` is None before it is made and once it is gone."""

    key: Key
    value: Value | None
    version: int = 0
    author: str = ""
    time: float = 0.0


class Stale(Exception):
    """An entry has another version than the one that a change starts from."""

    def __init__(self, current: Entry) -> None:
        self.current = current
        super().__init__(f"{current.key} has version {current.version}")


class Action:
    """Changes of one author in one transaction."""

    def __init__(self, connection: sqlite3.Connection, author: str) -> None:
        self.connection = connection
        self.author = plain(author)
        self.time = time.time()
        (last,) = connection.execute("SELECT max(action) FROM event").fetchone()
        self._number = (last or 0) + 1

    def current(self, key: Key) -> Entry:
        """Return an entry as it is now, within the transaction."""
        return current(self.connection, key)

    def put(
        self, key: Key, value: Value | None, *, version: int | None, undoes: int | None = None
    ) -> Entry:
        """Save a value; None takes the thing away.

        Args:
            key: The thing.
            value: Its new value.
            version: The version that the change starts from; None for whichever there is.
            undoes: The event that this takes back.

        Raises:
            Stale: There is another version.
        """
        before = self.current(key)
        if version is not None and version != before.version:
            raise Stale(before)
        after = Entry(key, value, before.version + 1, self.author, self.time)
        texts = [_raw(self.connection, key), _text(value)]
        self.connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = "
            "excluded.value, version = excluded.version, author = excluded.author, "
            "time = excluded.time",
            (*key, texts[1], after.version, self.author, self.time),
        )
        self.connection.execute(
            "INSERT INTO event (action, time, author, kind, student, question, name, before, "
            "after, version, undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._number, self.time, self.author, *key, *texts, after.version, undoes),
        )
        return after


SELECT = "SELECT kind, student, question, name, value, version, author, time FROM entry"
EVENTS = (
    "SELECT id, action, time, author, kind, student, question, name, before, after, undoes, "
    "version FROM event"
)


_THIS = "WHERE kind = ? AND student = ? AND question = ? AND name = ?"


def current(connection: sqlite3.Connection, key: Key) -> Entry:
    """Return an entry, of version 0 if there has never been one."""
    row = connection.execute(f"{SELECT} {_THIS}", key).fetchone()
    return entry_of(row) if row else Entry(key, None)


def _raw(connection: sqlite3.Connection, key: Key) -> str | None:
    """Return a value as it stands in the file, so that the history keeps even a bad one."""
    row = connection.execute(f"SELECT value FROM entry {_THIS}", key).fetchone()
    return row[0] if row else None


def entry_of(row: tuple[str, str, str, str, str | None, int, str, float]) -> Entry:
    """Return the entry that a row of `SELECT` holds."""
    return Entry(Key(*row[:4]), _value(row[4]), *row[5:])


def event_of(row: tuple[object, ...]) -> Event:
    """Return the event that a row of `EVENTS` holds."""
    fields = list(row[:11])
    fields[8], fields[9] = _value(fields[8]), _value(fields[9])
    return Event(*fields)  # type: ignore[arg-type]


def _text(value: Value | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _value(text: object) -> Value | None:
    """Return a value; {} for one that is no JSON object, which then fits no kind."""
    if text is None:
        return None
    try:
        value = json.loads(str(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
