"""Define the lists in which an exercise says what its students must not use."""

from __future__ import annotations

from collections.abc import Mapping


class Table:
    """Names of torch that are banned, by the place where torch keeps them.

    Attributes:
        titles: What messages call each banned name: ``LSTM`` → ``torch.nn.LSTM``.
        operators: The names that torch's profiler has for them: ``aten::lstm``.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        """Read the names, with blanks between, of places like ``torch.nn.``."""
        names = [(place, name) for place, text in places.items() for name in text.split()]
        self.titles = {name: place + name for place, name in names}
        self.operators = frozenset(f"{_library(place)}::{name}" for place, name in names)


def _library(place: str) -> str:
    return place.split(".")[2] if place.startswith("torch.ops.") else "aten"
