"""Check the history that a training returns, and the figures that it draws."""

from __future__ import annotations

import re

import numpy as np

from grader.checks.arrays import require
from grader.core.figure_data import Description
from grader.exercises.palindrome.losses import LAST
from grader.exercises.palindrome.oracle import Array
from grader.exercises.palindrome.probes_results import Results

TELLING = 3  # points of a curve; the first is there before the first step
TRAINING = re.compile(r"step|iter|epoch|batch|loss|update|schritt|verlust", re.IGNORECASE)


def check_history(found: Results, where: str) -> None:
    """Fail if a history is empty, or an accuracy is not that of the last batches."""
    for name, values in found["history"].items():
        require(
            len(values) > 0,
            "The history that train returns should have entries.",
            expected="numbers, of each step or each few steps",
            got=f"nothing under {name!r}",
            where=where,
            hint="Append to this list in each step, or leave it out.",
        )
        if name.lower().startswith("acc"):
            check_accuracies(values, found["accuracy"], found["rows"], where)


def check_accuracies(values: list[float], last: float | None, rows: int, where: str) -> None:
    """Fail if a list of accuracies ends with something else than those of the last batches.

    Args:
        last: The accuracy in as many batches as ``LAST``, or None if it was not seen.
        rows: Sequences in a batch.
    """
    recent = sum(values[-LAST:]) / len(values[-LAST:])
    known = {
        "": (1.0, 100.0),
        "A mean over the batch, not a sum.": (rows,),
    }
    hint = "A mean over the batch, not a sum." if max(values) > 100 else ""
    if last is not None:
        for meant, scales in known.items():
            if any(np.isclose(recent, scale * last, rtol=1e-3) for scale in scales):
                hint = meant
                break
        else:
            wrong = any(np.isclose(recent, scale * (1 - last), rtol=1e-3) for scale in (1, 100))
            hint = "Is it the share of what is wrong?" if wrong else hint
    require(
        not hint and 0 <= min(values) <= max(values) <= 100,
        "An accuracy in the history should be the share of a batch that is right.",
        expected="numbers from 0 to 1 (or to 100, in per cent)"
        + ("" if last is None else f", in the last batches about {last:.3g}"),
        got=f"numbers from {min(values):g} to {max(values):g}, at the end about {recent:.3g}",
        where=where,
        hint=hint,
    )


def is_of_a_training(figure: Description, steps: int) -> bool:
    """Return whether a figure shows how a training went, rather than results for lengths."""
    texts = [text for axes in figure["axes"] for text in (axes["xlabel"], axes["ylabel"])]
    longest = max((len(line["y"]) for axes in figure["axes"] for line in axes["lines"]), default=0)
    return bool(TRAINING.search(" ".join(texts))) or longest >= steps / 4


def check_origin(figure: Description, found: Results, other: Results, where: str) -> None:
    """Fail if a figure stays the same though the training went another way.

    Args:
        figure: One of ``found``, with the curves of a training.
        found: The results of the student's training.
        other: Those of the same training, disturbed from the first step on.
        where: The file that drew them.
    """
    curves = curves_of(figure)
    is_same_run = found["losses"] == other["losses"] or not other["figures"]
    if is_same_run or max(map(len, curves), default=0) < TELLING:
        return
    others = [curves_of(one) for one in other["figures"]]
    require(
        not any(curves == same for same in others),
        "The training figure should show what the training has recorded.",
        expected="other curves where the losses are other ones",
        got="the very same curves",
        where=where,
        hint="Draw the losses or accuracies that the loop has appended to a list.",
    )


def curves_of(figure: Description) -> list[list[float]]:
    """Return the vertical values of all curves."""
    return [[*map(float, line["y"])] for axes in figure["axes"] for line in axes["lines"]]


def is_one_hot(codes: Array) -> bool:
    """Return whether each of ten codes (10, 10) has one entry, in a column of its own."""
    entries = codes != 0
    return bool((entries.sum(0) == 1).all() and (entries.sum(1) == 1).all())
