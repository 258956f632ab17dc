"""Read a network: how it takes digits, what it returns, and which parameter is which.

The network is run on random weights, first in the sheet's input format. A trial tries to explain
the output by the sheet's equations. If that settles it, no other format is tried: a network may
take one by accident, and broadcast [B, T, 1] to a hundred times the work. Else it is run in all the
others, and where no trial finds the sheet's equations, known mistakes in them are tried, then a
guess.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from grader.core.failures import Failure
from grader.exercises.palindrome.oracle import Model
from grader.exercises.palindrome.parameters.fit import DEFAULTS, ONE_DIGIT, Fit, Runs
from grader.exercises.palindrome.parameters.formats import InputFormat, Precision, formats
from grader.exercises.palindrome.parameters.survey import draw, survey
from grader.exercises.palindrome.parameters.trial import Trial

INPUT_DIMS = (1, 10)
INFINITE = Failure(
    "forward should return finite numbers.",
    got="NaN or infinity, for small random weights and digits from 0 to 9",
    hint="Look for a division by zero, the logarithm of a number that may be 0, and memory that "
    "was never set: torch.empty, torch.Tensor(n, m) and torch.FloatTensor(n, m) hold whatever lay "
    "there before. Begin each forward with torch.zeros.",
)


def read(runs: Runs, model: Model, rng: np.random.Generator) -> Fit:
    """Return the first exact fit; else the first that a known mistake explains; else a guess.

    Single precision is tried only if the network runs in no format in double precision.

    Raises:
        Failure: The network gives finite numbers in no format, hangs, or ends its process.
    """
    found: list[Trial] = []
    first_failure: Failure | None = None
    for precision in Precision:
        first_failure = None  # in double precision, which its author doesn't use, others come first
        for surplus in dict.fromkeys((0, runs.surplus())):
            for input_dim in INPUT_DIMS:
                try:
                    forms = list(formats(input_dim, precision, surplus))
                    for fit in exact_fits(trials(runs, model, rng, forms), found):
                        return fit
                except Failure as failure:
                    if failure.status not in ("failed", "error"):
                        raise
                    first_failure = first_failure or failure
        if found:
            break
    if not found:
        raise first_failure or replace(INFINITE)
    for trial in found:
        if shifted := trial.by_shifts():
            return next(_with_one_digit(trial, shifted), shifted)
    looks = (Trial.mistaken_by_names, Trial.mistaken_by_moves, Trial.likely)
    return next(fit for look in looks for trial in found for fit in look(trial))


def trials(
    runs: Runs, model: Model, rng: np.random.Generator, forms: Sequence[InputFormat]
) -> Iterator[list[Trial]]:
    """Yield the trial in the first format, if it runs, then those of all the others.

    There is one trial for each distinct output; formats with equal output share one.

    Raises:
        Failure: There is none.
    """
    cuts, embedding = survey(runs, model, forms[0])
    shapes, _ = runs.shapes(forms[0], DEFAULTS)
    weights = draw(shapes, rng, forms[0].precision)
    digits = rng.integers(0, 10, (DEFAULTS.B, DEFAULTS.T)).astype(float)
    found: list[Trial] = []
    runs_at_all = False
    for some in (forms[:1], forms[1:]):
        before = len(found)
        for number, output in runs.attempts(some, weights, digits, runs_at_all).items():
            runs_at_all = True
            alike = [trial for trial in found if np.array_equal(trial.output, output)]
            for trial in alike:
                trial.forms.append(some[number])
            if not alike and np.isfinite(output).all():
                known = cuts, shapes, embedding, weights, digits, output
                found.append(Trial(runs, model, rng, [some[number]], *known))
        yield found[before:]
    if not runs_at_all:
        runs.outputs(forms[0], DEFAULTS, [(weights, digits)])  # raises what stands in the way
    if not found:
        raise replace(INFINITE)


def exact_fits(groups: Iterator[list[Trial]], found: list[Trial]) -> Iterator[Fit]:
    """Yield the exact fit of the first trial that has one; add all that were tried to ``found``.

    It comes in the first format that also reads a single digit, if there is one.
    """
    exact: tuple[Trial, Fit] | None = None
    for group in groups:
        found += group
        looks = ((look, trial) for look in (Trial.by_names, Trial.by_moves) for trial in group)
        fits = ((trial, fit) for look, trial in looks if (fit := look(trial)))
        exact = exact or next(fits, None)
        if exact:
            yield from _with_one_digit(*exact)
    if exact:
        yield exact[1]


def _with_one_digit(trial: Trial, fit: Fit) -> Iterator[Fit]:
    """Yield the fit in those of its equivalent formats that also read a single digit.

    ``x.squeeze(-1)`` takes [B, T, 1], and does nothing to [B, T] but where T = 1.
    """
    for form in trial.forms:
        with contextlib.suppress(Failure):
            trial.runs.outputs(form, ONE_DIGIT, [({}, np.zeros((ONE_DIGIT.B, ONE_DIGIT.T)))])
            yield replace(fit, input_format=form)
