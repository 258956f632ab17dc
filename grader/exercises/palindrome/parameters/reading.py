"""Read a network: how it takes digits, what it returns, and which parameter is which."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from grader.checks.arrays import TOLERANCE
from grader.checks.mistakes import Mistake, matches
from grader.core.failures import Failure
from grader.exercises.palindrome import mistakes, oracle
from grader.exercises.palindrome.oracle import GATES, Array, Model, OutputForm, Sizes, Weights
from grader.exercises.palindrome.parameters import names
from grader.exercises.palindrome.parameters.cuts import SURVEYS, Cut, Kind, Shape, cuts_of
from grader.exercises.palindrome.parameters.formats import InputFormat, Precision, formats
from grader.exercises.palindrome.parameters.mapping import Part, Reading, complete
from grader.exercises.palindrome.parameters.moves import ROWS, Experiment
from grader.exercises.palindrome.recursion import SHEET, Recursion

DEFAULTS = Sizes(B=128, T=4, d=1, n=128)  # of the sheet: what every submission has been tried with
SINGLE = Sizes(B=1, T=1, d=1, n=3)
INPUT_DIMS = (1, 10)
ROUNDING = 5e-6  # of single precision; the gates' answers to a move may differ by little more


@dataclass(frozen=True)
class Fit:
    """The reading of a network.

    Attributes:
        input_format: How it takes digits.
        output_form: What it returns.
        mapping: What its parameters are.
        exact: Whether its output is that of the sheet's equations.
        precise: Whether its output comes in double precision.
        mistake: The mistake that explains its output otherwise, if one does.
    """

    input_format: InputFormat
    output_form: OutputForm
    mapping: Reading
    exact: bool
    precise: bool = True
    mistake: Mistake | None = None


class Runs(Protocol):
    """Runs of a student's network; each may raise a Failure."""

    def surplus(self) -> int:
        """Return the ``seq_length`` that their own code gives, less the digits that are read."""

    def shapes(self, form: InputFormat, sizes: Sizes) -> tuple[dict[str, Shape], list[str]]:
        """Return the parameters' shapes, and which of them hold a row for each digit."""

    def attempts(
        self, forms: Sequence[InputFormat], weights: Weights, digits: Array
    ) -> dict[int, Array]:
        """Return outputs (B, K) by the number of the format, of those that run."""

    def outputs(
        self, form: InputFormat, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]
    ) -> list[Array]:
        """Return the outputs of one network for weights and digits, in turn."""


def read(runs: Runs, model: Model, rng: np.random.Generator) -> Fit:
    """Return the first fit that is exact, else the one that a mistake explains best.

    Raises:
        Failure: The network runs in no format.
    """
    found: list[Trial] = []
    first_failure: Failure | None = None
    for precision in Precision:
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
        raise first_failure or Failure("forward should return finite numbers.")
    looks = (Trial.mistaken_by_names, Trial.mistaken_by_moves, Trial.likely)
    return next(fit for look in looks for trial in found for fit in look(trial))


def trials(
    runs: Runs, model: Model, rng: np.random.Generator, forms: Sequence[InputFormat]
) -> list[Trial]:
    """Return a trial for each format that the network runs in and that no other one equals."""
    cuts, embedding = _survey(runs, model, forms[0])
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
    return found


def _survey(runs: Runs, model: Model, form: InputFormat) -> tuple[dict[str, list[Cut]], str]:
    """Return the ways to cut each parameter, and the one that holds features of digits."""
    failure: Failure | None = None
    gates = len(GATES[model])
    for sizes in SURVEYS:
        try:
            shapes, rows = runs.shapes(form, sizes)
        except Failure as raised:
            failure = raised
            continue
        widths = {form.input_dim, 10, sizes.K, *(shapes[name][-1] for name in rows)} - {1}
        cuts = {
            name: cuts_of(shape, gates, sizes, tuple(widths))
            for name, shape in shapes.items()
            if name not in rows
        }
        embedding = _embedding(cuts, shapes, rows, gates)
        if rows and not embedding:  # one of them takes the place of W_x itself
            own = tuple({form.input_dim, 10, sizes.K} - {1})
            cuts = {name: cuts_of(shape, gates, sizes, own) for name, shape in shapes.items()}
            cuts |= {name: [c for c in cuts[name] if c.kind is Kind.INPUT] for name in rows}
        found = {name: ways for name, ways in cuts.items() if ways}
        if any(cut.kind is Kind.OUTPUT for ways in found.values() for cut in ways):
            return found, embedding
    if failure and sizes == SURVEYS[-1]:
        raise failure
    return found, embedding


def _embedding(
    cuts: Mapping[str, Sequence[Cut]], shapes: Mapping[str, Shape], rows: Sequence[str], gates: int
) -> str:
    """Return which of ``rows`` other parameters multiply, or ""."""
    for name in rows:
        width = shapes[name][-1]
        wide = {n: {cut.kind for cut in ways} for n, ways in cuts.items() if width in shapes[n]}
        square = [n for n in wide if shapes[n] == (width, width)]
        reads = any(
            cut.kind is Kind.INPUT and shapes[other][cut.axes.index("i")] == width
            for other in wide
            for cut in cuts[other]
            if Kind.STATE not in wide[other]
        )
        both = any(cut.kind is Kind.BOTH for ways in cuts.values() for cut in ways)
        if reads or both or len(square) > gates:
            return name
    return ""


def draw(shapes: Mapping[str, Shape], rng: np.random.Generator, precision: Precision) -> Weights:
    """Draw values for the student's parameters, large enough for every digit to matter."""
    arrays = {}
    for name, shape in shapes.items():
        scale = 0.4 if len(shape) < 2 else 1.2 / np.sqrt(max(shape))
        array = np.asarray(rng.normal(0.0, scale, shape))
        single = precision is not Precision.DOUBLE
        arrays[name] = array.astype(np.float32).astype(np.float64) if single else array
    return arrays


@dataclass
class Trial:
    """A network in one format, with its output for random weights.

    Attributes:
        forms: Formats that come to the same, the likeliest first.
        cuts: The ways to cut each parameter.
        shapes: The parameters' shapes at the sheet's sizes.
        embedding: The parameter that holds features of digits, if any.
        weights: Random values for all parameters.
        digits: What was read, (B, T).
        output: What came of it, (B, K).
    """

    runs: Runs
    model: Model
    rng: np.random.Generator
    forms: list[InputFormat]
    cuts: dict[str, list[Cut]]
    shapes: Mapping[str, Shape]
    embedding: str
    weights: Weights
    digits: Array
    output: Array

    @property
    def tolerance(self) -> float:
        """Return the tolerance for the precision in which the output came."""
        return tolerance_of(self.forms[0], self.output)

    @cached_property
    def form(self) -> OutputForm:
        """Return what the output looks like."""
        return form_of(self.output)

    def by_names(self) -> Fit | None:
        """Return the fit that names tell, if the output is that of the sheet's equations."""
        for reading in names.proposals(self.model, self.cuts, self.embedding):
            if self._follows(reading):
                return self._fit(self._with_rest(reading), exact=True)
        return None

    def by_moves(self) -> Fit | None:
        """Return the fit that moves tell, if the output is that of the sheet's equations."""
        found = self._moves(SHEET)
        if found is None or found.extra or found.shared() or self._missing(found):
            return None
        return self._fit(found, exact=True) if self._follows(found) else None

    def mistaken_by_names(self) -> Iterator[Fit]:
        """Yield fits that names tell, with a mistake that explains the output."""
        for reading in names.proposals(self.model, self.cuts, self.embedding):
            with contextlib.suppress(Failure, ValueError):
                sheet = complete(self.model, reading.unpack(self.weights))
                x = reading.features(self.weights, sheet, self.digits)
                for mistake in mistakes.rowwise(self.model, x.shape[2]):
                    if self._agrees(mistake, sheet, x[:ROWS], self.output[:ROWS]):
                        yield self._fit(self._with_rest(reading), mistake=mistake)
                for mistake in mistakes.mixing(self.model, alike=True):
                    if self._agrees(mistake, sheet, x, self.output):
                        yield self._fit(self._with_rest(reading), mistake=mistake)

    def mistaken_by_moves(self) -> Iterator[Fit]:
        """Yield fits that moves tell, with a mistake that explains the output."""
        found = self._moves(SHEET)
        if found is not None and not found.extra:
            yield self._fit(self._with_holders(found))  # some of the sheet's are shared, or unused
        for mistake in mistakes.rowwise(self.model, max(form.input_dim for form in self.forms)):
            if mistake.change.keys() <= {"source", "used"}:
                continue  # to share or not to use parameters is no other recursion
            found = self._moves(mistakes.recursion_with(mistake))
            if found is not None and not found.extra and found.held():
                yield self._fit(self._with_holders(found), mistake=mistake)

    def likely(self) -> Iterator[Fit]:
        """Yield likely fits where no mistake explains the output."""
        if (found := self._moves(SHEET)) is not None and found.held():
            yield self._fit(self._with_holders(found))
        for proposed in names.proposals(self.model, self.cuts, self.embedding):
            yield self._fit(self._with_rest(proposed))
        nothing = Reading({}, self.embedding, tuple(self.cuts))
        yield self._fit(self._with_holders(nothing))

    def _agrees(self, mistake: Mistake, sheet: Weights, x: Array, got: Array) -> bool:
        recursion = mistakes.recursion_with(mistake)
        p = recursion.run(self.model, mistakes.as_tensors(sheet), torch.from_numpy(x))
        return matches(got, oracle.as_form(p, self.form).numpy(), self.tolerance)

    def _follows(self, reading: Reading) -> bool:
        """Return whether the output is that of the sheet's equations by this reading."""
        with contextlib.suppress(Failure, ValueError):
            digits = self.digits[:ROWS]
            sheet = complete(self.model, reading.unpack(self.weights))
            x = reading.features(self.weights, sheet, digits)
            wanted = oracle.output(self.model, sheet, x, self.form)
            return matches(self.output[:ROWS], wanted, self.tolerance)
        return False

    def _moves(self, recursion: Recursion) -> Reading | None:
        """Return what moves tell if the network follows ``recursion``; None if it doesn't."""
        with contextlib.suppress(Failure, ValueError):
            got = self._answers
            if got:
                digits = self._few_digits[:ROWS]
                tolerance = min(self.tolerance, ROUNDING)
                return self._experiment.read(recursion, digits, got, self.form, tolerance)
        return None

    @cached_property
    def _answers(self) -> list[Array]:
        """Return outputs (ROWS, K) of the experiment's cases; none where one can't be run."""
        if not any(cut.kind is Kind.OUTPUT for cuts in self.cuts.values() for cut in cuts):
            return []
        with contextlib.suppress(Failure):
            cases = [(case, self._few_digits) for case in self._experiment.cases()]
            outputs = self.runs.outputs(self.forms[0], DEFAULTS, cases)
            return [output[:ROWS] for output in outputs]
        return []

    @cached_property
    def _few_digits(self) -> Array:
        """Return digits from 0 to 3, which saturate nothing."""
        return self.rng.integers(0, 4, (DEFAULTS.B, DEFAULTS.T)).astype(float)

    @cached_property
    def _experiment(self) -> Experiment:
        single = self.forms[0].precision is not Precision.DOUBLE
        return Experiment(
            self.model, self.cuts, self.shapes, DEFAULTS.n, self.embedding, self._numbers,
            self.rng, single,
        )  # fmt: skip

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """Return the vectors that multiply an input of one number.

        Where all digits are zero, they move nothing, and biases do.
        """
        kinds = {cut.kind for cuts in self.cuts.values() for cut in cuts}
        vectors = [n for n, cuts in self.cuts.items() if cuts[0].kind is Kind.VECTOR]
        if Kind.BOTH in kinds or self.embedding or not vectors:
            return frozenset()
        cases, moved = [dict(self.weights)], ""
        for name in vectors:
            undone = {moved: self.weights[moved]} if moved else {}
            cases.append({**undone, name: self.weights[name] + 0.5})
            moved = name
        zeros = np.zeros_like(self.digits)
        start, *others = self.runs.outputs(self.forms[0], DEFAULTS, [(c, zeros) for c in cases])
        silent = {n for n, out in zip(vectors, others, strict=True) if np.array_equal(out, start)}
        return frozenset(silent)

    def _missing(self, reading: Reading) -> list[str]:
        return [k for k in oracle.shapes(self.model, 1, 1, 1) if k not in reading.held()]

    def _with_rest(self, reading: Reading) -> Reading:
        """Return the reading with the parameters that it leaves out, as far as they move nothing.

        All were drawn at random when the output was compared.
        """
        rest = [n for n in self.shapes if n not in reading.parts and n != reading.embedding]
        return replace(reading, dead=tuple(rest))

    def _with_holders(self, reading: Reading) -> Reading:
        """Return the reading in which what moves nothing holds what is missing, where it fits."""
        parts, dead, missing = dict(reading.parts), list(reading.dead), self._missing(reading)
        for name, part in parts.items():  # gates of a stack that move nothing
            targets = list(part.targets)
            for place, held in enumerate(targets):
                number = name in self._numbers
                if not held and (free := names.fitting(part.cut, place, missing, number=number)):
                    targets[place] = (free[0],)
                    missing.remove(free[0])
            parts[name] = replace(part, targets=tuple(targets))
        spelled = {name: names.sheet_name(self.model, name) for name in dead}
        for name in sorted(dead, key=lambda name: spelled[name] not in missing):
            for cut in self.cuts.get(name, ()):
                wanted = sorted(missing, key=lambda key: key != spelled[name])
                count = len(cut.pieces(self.weights[name], DEFAULTS.n))
                taken = names.fill(cut, count, wanted, number=name in self._numbers)
                if taken:
                    parts[name] = Part(cut, tuple((key,) for key in taken))
                    missing = [key for key in missing if key not in taken]
                    dead.remove(name)
                    break
        return replace(reading, parts=parts, dead=tuple(dead))

    def _fit(self, reading: Reading, *, exact: bool = False, mistake: Mistake | None = None) -> Fit:
        precise = self.tolerance == TOLERANCE[Precision.DOUBLE.value]
        return Fit(self.forms[0], self.form, reading, exact, precise, mistake)


def tolerance_of(form: InputFormat, output: Array) -> float:
    """Return the tolerance for numbers that came in single precision, or in double."""
    single = form.precision is not Precision.DOUBLE
    rounded = np.array_equal(output, output.astype(np.float32))
    return TOLERANCE["float32" if single or rounded else "float64"]


def form_of(output: Array) -> OutputForm:
    """Return what an output looks like, by its rows."""
    if (output >= 0).all() and np.allclose(output.sum(1), 1):
        return "softmax"
    logarithms = (output <= 0).all() and np.allclose(np.exp(output).sum(1), 1)
    return "log_softmax" if logarithms else "logits"


def _preferred(trial: Trial, fit: Fit) -> Fit:
    """Return the fit in the first format, of those that come to the same, that reads one digit.

    ``x.squeeze(-1)`` takes [B, T, 1], and does nothing to [B, T] but where T = 1.
    """
    for form in trial.forms if len(trial.forms) > 1 else ():
        with contextlib.suppress(Failure):
            trial.runs.outputs(form, SINGLE, [({}, np.zeros((SINGLE.B, SINGLE.T)))])
            return replace(fit, input_format=form)
    return fit
