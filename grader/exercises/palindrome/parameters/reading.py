"""Read a network: how it takes digits, what it returns, and which parameter is which.

The network is run in every input format on random weights. A trial of each then tries to explain
the output: by the sheet's equations, else by equations with a known mistake, else by a guess.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
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
                    forms = formats(input_dim, precision, surplus)
                    tried = trials(runs, model, rng, list(forms))
                except Failure as failure:
                    if failure.status not in ("failed", "error"):
                        raise
                    first_failure = first_failure or failure
                    continue
                for look in (Trial.by_names, Trial.by_moves):
                    for trial in tried:
                        if fit := look(trial):
                            return _preferred(trial, fit)
                found += tried
        if found:
            break
    if not found:
        raise first_failure or replace(INFINITE)
    for trial in found:
        if fit := trial.by_shifts():
            return _preferred(trial, fit)
    looks = (Trial.mistaken_by_names, Trial.mistaken_by_moves, Trial.likely)
    return next(fit for look in looks for trial in found for fit in look(trial))


def trials(
    runs: Runs, model: Model, rng: np.random.Generator, forms: Sequence[InputFormat]
) -> list[Trial]:
    """Return a trial for each distinct output; formats with equal output share one."""
    cuts, embedding = survey(runs, model, forms[0])
    shapes, _ = runs.shapes(forms[0], DEFAULTS)
    weights = draw(shapes, rng, forms[0].precision)
    digits = rng.integers(0, 10, (DEFAULTS.B, DEFAULTS.T)).astype(float)
    outputs = runs.attempts(forms, weights, digits)
    if not outputs:
        runs.outputs(forms[0], DEFAULTS, [(weights, digits)])  # raises what stands in the way
    found: list[Trial] = []
    for number, output in outputs.items():
        alike = [trial for trial in found if np.array_equal(trial.output, output)]
        for trial in alike:
            trial.forms.append(forms[number])
        if not alike and np.isfinite(output).all():
            trial = Trial(
                runs, model, rng, [forms[number]], cuts, shapes, embedding, weights, digits, output
            )
            found.append(trial)
    if not found:
        raise replace(INFINITE)
    return found


def _preferred(trial: Trial, fit: Fit) -> Fit:
    """Return the fit in the first of its equivalent formats that also reads a single digit.

    ``x.squeeze(-1)`` takes [B, T, 1], and does nothing to [B, T] but where T = 1.
    """
    for form in trial.forms if len(trial.forms) > 1 else ():
        with contextlib.suppress(Failure):
            trial.runs.outputs(form, ONE_DIGIT, [({}, np.zeros((ONE_DIGIT.B, ONE_DIGIT.T)))])
            return replace(fit, input_format=form)
    return fit
