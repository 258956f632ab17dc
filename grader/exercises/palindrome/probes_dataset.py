"""The probe that asks a student's dataset for items; runs in the worker."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from grader.worker.binding import find_class
from grader.worker.received import named, number


def palindromes(module: ModuleType, length: int, count: int) -> dict[str, Any]:
    """The first items of the student's dataset: digits read, digit to predict."""
    dataset = find_class(module, "PalindromeDataset")(length)
    names, what = ("digits", "digit"), "Digits read, and the digit to predict,"
    items = [named(dataset[index], names, what) for index in range(count)]
    return {
        "digits": [item["digits"].ravel() for item in items],
        "target": [number(item["digit"], "The digit to predict") for item in items],
    }
