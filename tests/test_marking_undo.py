"""Undo takes back one's own steps, one after the other, and nobody else's."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.marking.data import Conflict
from grader.marking.store import MarkingStore

Q = "1.4"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MarkingStore]:
    with MarkingStore(tmp_path / "marking.sqlite") as store:
        yield store


def give(store: MarkingStore, points: float, author: str = "Ann") -> None:
    mark = store.marks.get("Lee", Q)
    store.marks.save(dataclasses.replace(mark, adjustment=points, decided=True), author)


def test_several_steps_on_one_mark_are_taken_back_one_after_the_other(store: MarkingStore) -> None:
    for points in (0.5, 1.0, 1.5):
        give(store, points)
    for points in (1.0, 0.5):
        assert store.undo("Ann")
        assert store.marks.get("Lee", Q).adjustment == points
    give(store, 2.0)
    assert store.undo("Ann")
    assert store.undo("Ann")
    assert not store.marks.get("Lee", Q).decided
    assert store.undo("Ann") == []


def test_a_step_of_somebody_else_in_between_stays(store: MarkingStore) -> None:
    give(store, 0.5)
    give(store, 1.0, author="Ben")
    with pytest.raises(Conflict, match="Ben"):
        store.undo("Ann")
    assert store.marks.get("Lee", Q).adjustment == 1.0


def test_a_step_that_somebody_else_has_taken_back_is_no_obstacle_to_them(
    store: MarkingStore,
) -> None:
    give(store, 0.5)
    give(store, 1.0, author="Ben")
    store.undo("Ben")
    assert store.marks.get("Lee", Q).adjustment == 0.5
    with pytest.raises(Conflict):  # Ben has looked at it since
        store.undo("Ann")
