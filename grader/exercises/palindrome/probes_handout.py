"""Probes for what stands beside the networks: the formula of 1.5b and the given dataset."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

from grader.core.spelling import squeeze
from grader.worker.answering import Unusable
from grader.worker.calling import bind, find_class, parameters, takes
from grader.worker.values import named, number

SPEAKS_OF_PARAMETERS = re.compile(r"param|count|anzahl", re.IGNORECASE)
ITEMS = 1000  # for a dataset that wants to know how many it has
SIZES = {
    "T": "seqlength sequencelength seqlen",
    "d": "inputdim inputsize features numfeatures",
    "n": "numhidden hiddensize hiddendim units numunits h",
    "m": "batchsize batch",
    "K": "numclasses outputdim classes",
}


def parameter_count(
    module: ModuleType, cases: list[dict[str, int]], name: str = ""
) -> dict[str, Any]:
    """Evaluate the student's formula for each case.

    Args:
        name: The function; by default the first whose name speaks of parameters.
    """
    own = [
        value
        for key, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and (key == name or (not name and SPEAKS_OF_PARAMETERS.search(key)))
    ]
    if not own:
        raise Unusable(
            "The file should define a function lstm_parameter_count.",
            expected="lstm_parameter_count(T, d, n, m)",
            got="no function whose name speaks of parameters",
            hint="Write the formula as a function of T, d, n and m, or into the PDF.",
        )
    values = [bind(own[0], case, SIZES) for case in cases]
    counts = [number(value, "The number of parameters") for value in values]
    return {"counts": counts, "has_K": takes(own[0], "K", SIZES)}


def palindromes(module: ModuleType, length: int, count: int) -> dict[str, Any]:
    """Draw the first items of the student's dataset: digits read, digit to predict.

    A constructor that asks for more than the length may want the number of items.
    """
    kind = find_class(module, "PalindromeDataset")
    names = [parameter.name for parameter in parameters(kind)]
    first = {squeeze(names[0]): length} if names else {}
    dataset = bind(kind, first, {}, lambda _: ITEMS)
    labels, what = ("digits", "digit"), "Digits read, and the digit to predict,"
    items = [named(dataset[index], labels, what) for index in range(count)]
    return {
        "digits": [item["digits"].ravel() for item in items],
        "target": [number(item["digit"], "The digit to predict") for item in items],
    }
