"""A process that is killed while it saves marks loses nothing that was acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from grader.marking.data import Conflict, Mark
from grader.marking.store import FILE, MarkingStore
from tests.conftest import ROOT

KILLS = 30
# Saves marks for ever; prints the number of each once `save` has returned.
WRITER = """
import sys
from pathlib import Path
from grader.marking.data import Mark
from grader.marking.store import MarkingStore

store, number = MarkingStore(Path(sys.argv[1])), int(sys.argv[2])
while True:
    mark = Mark(f"student {number}", "1.4", ("momentum",), comment=f"comment {number}")
    store.marks.save(mark, "Ann")
    print(number, flush=True)
    number += 1
"""


def killed_writer(path: Path, start: int, marks: int) -> int:
    """Kill a writer once it has acknowledged some marks, and return the last that it did."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(start)], stdout=subprocess.PIPE, cwd=ROOT
    ) as writer:
        assert writer.stdout
        for _ in range(marks):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split(b"\n")
        acknowledged = [int(line) for line in rest[:-1] if line]  # the last may be cut off
    return acknowledged[-1] if acknowledged else start + marks - 1


@pytest.mark.slow
def test_a_killed_process_loses_no_mark(tmp_path: Path) -> None:
    path, draw = tmp_path / FILE, random.Random(1)
    begins = 0
    for _ in range(KILLS):
        last = killed_writer(path, begins, draw.randint(1, 40))
        with MarkingStore(path) as store:
            marks = store.marks.of_question("1.4")
            store.back_up()  # checks the file
            assert store.problems() == []
        # One more may have been saved when the process died before it could say so.
        assert last + 1 <= len(marks) <= last + 2
        for number in range(last + 1):
            mark = marks[f"student {number}"]
            assert (mark.items, mark.comment) == (("momentum",), f"comment {number}")
        begins = len(marks)
    assert begins > 5 * KILLS
    with MarkingStore(path) as store:
        assert len(store.history(question="1.4")) == begins


def test_a_cut_journal_loses_the_unfinished_change_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE
    store = MarkingStore(path)
    for number in range(20):
        store.marks.save(Mark(f"student {number}", "1.4", ("momentum",)), "Ann")
    copy = tmp_path / "copy"
    copy.mkdir()
    journal = path.with_name(f"{FILE}-wal").read_bytes()
    (copy / FILE).write_bytes(path.read_bytes())  # as if the power went off
    (copy / f"{FILE}-wal").write_bytes(journal[:-100])
    with MarkingStore(copy / FILE) as left:
        assert len(left.marks.all()) == 19
        left.back_up()
    store.close()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[MarkingStore]]:
    opened = [MarkingStore(tmp_path / FILE) for _ in range(4)]
    yield opened
    for store in opened:
        store.close()


def test_writers_at_once_overwrite_nothing(stores: list[MarkingStore]) -> None:
    """Each adds one to a number in the comment; a conflict shows the number to go on from."""
    stores[0].marks.save(Mark("Bo", "1.4", comment="0", decided=False), "begin")
    conflicts = []

    def count(store: MarkingStore, author: str) -> None:
        mark = store.marks.get("Bo", "1.4")
        for _ in range(25):
            while True:
                try:
                    mark = store.marks.save(
                        replace(mark, comment=str(int(mark.comment) + 1)), author
                    )
                    break
                except Conflict as conflict:
                    conflicts.append(conflict.author)
                    mark = cast(Mark, conflict.current)

    threads = [
        threading.Thread(target=count, args=(store, f"person {number}"))
        for number, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].marks.get("Bo", "1.4").comment == "100"
    assert conflicts
    assert set(conflicts) <= {"begin", *(f"person {number}" for number in range(4))}
    events = stores[0].history("Bo", "1.4")
    assert [event.after and event.after["comment"] for event in events] == list(
        map(str, range(101))
    )


def test_one_store_serves_many_threads(stores: list[MarkingStore]) -> None:
    store = stores[0]

    def mark(author: int) -> None:
        for number in range(20):
            store.marks.save(Mark(f"{author} {number}", "1.4", ("momentum",)), f"person {author}")

    threads = [threading.Thread(target=mark, args=(author,)) for author in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.marks.all()) == 160
