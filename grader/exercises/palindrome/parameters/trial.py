"""Try to explain the output of a network by the sheet's equations, or by mistakes in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from grader.checks.mistakes import Mistake, matches
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure
from grader.exercises.palindrome import mistakes, oracle
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Weights
from grader.exercises.palindrome.parameters import names, shifts
from grader.exercises.palindrome.parameters.cuts import Cut, Kind, Shape
from grader.exercises.palindrome.parameters.fit import DEFAULTS, Fit, Runs, form_of, tolerance_of
from grader.exercises.palindrome.parameters.formats import InputFormat, Precision
from grader.exercises.palindrome.parameters.mapping import ParameterMap, Part, complete
from grader.exercises.palindrome.parameters.moves import ROWS, Experiment
from grader.exercises.palindrome.recursion import SHEET, Recursion

ROUNDING = 5e-6  # of float32; the outputs of different gates may differ by little more


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
        """Return the exact fit that the parameters' names propose, if there is one."""
        for mapping in names.proposals(self.model, self.cuts, self.embedding):
            if self._follows(mapping):
                return self._fit(self._with_rest(mapping), exact=True)
        return None

    def by_moves(self) -> Fit | None:
        """Return the exact fit that is found by moving parameters (moves.py), if there is one."""
        found = self._moves(SHEET)
        if found is None or found.extra or found.shared() or self._missing(found):
            return None
        return self._fit(found, exact=True) if self._follows(found) else None

    def by_shifts(self) -> Fit | None:
        """Return the exact fit where forward adds constants to biases, if there is one."""
        digits, got = self.digits[:ROWS], self.output[:ROWS]
        for mapping in names.proposals(self.model, self.cuts, self.embedding):
            with contextlib.suppress(Failure, ValueError):
                sheet = complete(self.model, mapping, self.weights)
                x = mapping.features(self.weights, sheet, digits)
                found = shifts.find(self.model, sheet, x, got, self.form, self.tolerance)
                if found and not self._missing(mapping):
                    return self._fit(replace(self._with_rest(mapping), shifts=found), exact=True)
        return None

    def mistaken_by_names(self) -> Iterator[Fit]:
        """Yield fits that names propose, with a mistake that explains the output."""
        for mapping in names.proposals(self.model, self.cuts, self.embedding):
            with contextlib.suppress(Failure, ValueError):
                sheet = complete(self.model, mapping, self.weights)
                x = mapping.features(self.weights, sheet, self.digits)
                for mistake in mistakes.rowwise(self.model, x.shape[2]):
                    if self._agrees(mistake, sheet, x[:ROWS], self.output[:ROWS]):
                        yield self._fit(self._with_rest(mapping), mistake=mistake)
                for mistake in mistakes.mixing(self.model, alike=True):
                    if self._agrees(mistake, sheet, x, self.output):
                        yield self._fit(self._with_rest(mapping), mistake=mistake)

    def mistaken_by_moves(self) -> Iterator[Fit]:
        """Yield fits that moving parameters finds, with a mistake that explains the output."""
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
        nothing = ParameterMap({}, self.embedding, tuple(self.cuts))
        yield self._fit(self._with_holders(nothing))

    def _agrees(self, mistake: Mistake, sheet: Weights, x: Array, got: Array) -> bool:
        recursion = mistakes.recursion_with(mistake)
        p = recursion.run(self.model, mistakes.as_tensors(sheet), torch.from_numpy(x))
        return matches(got, oracle.as_form(p, self.form).numpy(), self.tolerance)

    def _follows(self, mapping: ParameterMap) -> bool:
        """Return whether the output is that of the sheet's equations by this mapping."""
        with contextlib.suppress(Failure, ValueError):
            digits = self.digits[:ROWS]
            sheet = complete(self.model, mapping, self.weights)
            x = mapping.features(self.weights, sheet, digits)
            wanted = oracle.output(self.model, sheet, x, self.form)
            return matches(self.output[:ROWS], wanted, self.tolerance)
        return False

    def _moves(self, recursion: Recursion) -> ParameterMap | None:
        """Return the mapping that moving parameters finds under ``recursion``; None if none."""
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
        """Return the vectors that leave the output unchanged if all digits are zero.

        They are weights of an input of one number, or biases that nothing uses.
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

    def _missing(self, mapping: ParameterMap) -> list[str]:
        return [k for k in oracle.shapes(self.model, 1, 1, 1) if k not in mapping.held()]

    def _with_rest(self, mapping: ParameterMap) -> ParameterMap:
        """Return the mapping with all parameters that it leaves out as dead.

        That is sure only if the fit is exact: all were random when the output was compared.
        """
        rest = [n for n in self.shapes if n not in mapping.parts and n != mapping.embedding]
        return replace(mapping, dead=tuple(rest))

    def _with_holders(self, mapping: ParameterMap) -> ParameterMap:
        """Return the mapping with dead parameters as the missing ones, where their shapes fit."""
        parts, dead, missing = dict(mapping.parts), list(mapping.dead), self._missing(mapping)
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
        return replace(mapping, parts=parts, dead=tuple(dead))

    def _fit(
        self, mapping: ParameterMap, *, exact: bool = False, mistake: Mistake | None = None
    ) -> Fit:
        precise = self.tolerance == TOLERANCE[Precision.DOUBLE.value]
        return Fit(self.forms[0], self.form, mapping, exact, precise, mistake)
