"""The judge's view of a student's network: how it wants its input and where its weights are."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch

from grader.checks.arrays import TOLERANCE, as_numbers, name_misconception, require
from grader.checks.mistakes import matches
from grader.core.failures import Failure
from grader.exercises.palindrome import layout, oracle, probes
from grader.exercises.palindrome.layout import Shape
from grader.exercises.palindrome.mistakes import mistakes
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Sizes, Weights
from grader.exercises.palindrome.ways import WAYS, Way
from grader.sandbox.student import Student

OTHER_SIZES = (
    "With 128 units and batches of 128 the same code runs: look for a size that is written into "
    "the code, or for two dimensions that are exchanged."
)
FILES: dict[Model, str] = {"VanillaRNN": "vanilla_rnn.py", "LSTM": "lstm.py"}
DEFAULTS = Sizes(B=128, T=4, d=1, n=128)  # of the sheet: what every submission has been tried with
SINGLE = Sizes(B=1, T=1, d=1, n=3)
OUTPUT = ("W_ph", "b_p")
LARGEST = 2_000_000  # numbers in all parameters; at the defaults there are under 200,000
MOST_TRIALS, MOST_READINGS, MOST_EXPLAINED = 8, 240, 48  # four gates have 24 orders
TRIAL = 4  # rows that are compared while a reading is looked for


@dataclass
class Trial:
    """Readings that use the same parameters, and values to try them with; the others' are zero."""

    readings: list[layout.Layout]
    arrays: Weights
    expected: list[Array | None] = field(default_factory=list)  # logits, as far as they are known


class Network:
    """A student's ``VanillaRNN`` or ``LSTM``.

    ``follows_sheet`` says whether some reading of its parameters makes its output that of the
    sheet's equations; if none does, ``layout`` is the likeliest reading, to explain the difference.
    """

    def __init__(self, student: Student, model: Model, rng: np.random.Generator) -> None:
        self.student = student
        self.model: Model = model
        self.file = FILES[model]
        self.way = WAYS[0]
        self.form: OutputForm = "logits"
        self.follows_sheet = False
        self._settled = False  # whether way and layout are found
        self.layout: layout.Layout = {}
        for sizes in layout.SURVEYS:
            self.survey, plain, self.embeddings = self._parameters(sizes)
            self.plain = [
                name
                for name, shape in plain.items()
                if layout.kind_of(model, name, shape, {}, sizes)
            ]
            readings = layout.candidates(model, self.survey, self.embeddings, sizes)
            self._readings = list(islice(readings, MOST_READINGS))
            if self._readings and not set(OUTPUT) & set(self.missing(self._readings[0])):
                break
        self._find_way(rng)
        self._settled = True

    @property
    def tolerance(self) -> float:
        return TOLERANCE[self.way.precision]

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> Weights:
        """Random values for the student's parameters, large enough for every digit to matter."""
        found, *_ = self._parameters(sizes)
        unused = set(found) - set(self.layout)
        arrays = {}
        for name, shape in found.items():
            scale = 0.4 if len(shape) < 2 else 1.2 / np.sqrt(max(shape))
            arrays[name] = np.asarray(rng.normal(0.0, scale, shape))
            if name in unused and name not in self.embeddings:
                arrays[name] *= 0.0  # what the sheet does not have must not matter
        if self.way.precision != "float64":
            arrays = {k: v.astype(np.float32).astype(np.float64) for k, v in arrays.items()}
        return arrays

    def outputs(self, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]) -> list[Array]:
        """What one network of these sizes gives for weights and digits (B, T), in turn."""
        answer = self._probe(
            probes.outputs,
            sizes,
            cases=[
                {"weights": weights, "x": self.way.feed(digits), "batch": len(digits)}
                for weights, digits in cases
            ],
        )
        return [as_numbers(part, "forward returns finite numbers") for part in answer]

    def gradients(self, sizes: Sizes, weights: Weights, digits: Array, direction: Array) -> Weights:
        """The gradient of sum(direction ⊙ output), by the student's parameter names."""
        found: Weights = self._probe(
            probes.gradients,
            sizes,
            weights=weights,
            x=self.way.feed(digits),
            batch=len(digits),
            direction=direction,
        )
        return found

    def run_watched(self) -> None:
        """Forward and backward, at the sheet's sizes; Failure if these reach a banned layer."""
        digits = np.zeros((DEFAULTS.B, DEFAULTS.T))
        self._probe(probes.watched, DEFAULTS, x=self.way.feed(digits))

    def sheet_weights(self, arrays: Weights) -> Weights:
        """The sheet's parameters in the student's; missing biases are zero.

        :raises Failure: a weight matrix of the sheet is missing, or a shape is none of the sheet's.
        """
        try:
            n = layout.units(self.layout, arrays)
            return layout.complete(self.model, layout.unpack(self.layout, arrays, n))
        except ValueError as error:
            raise Failure(
                "The parameters have the shapes that the constructor's sizes give them.",
                got=f"shapes {', '.join(str(list(array.shape)) for array in arrays.values())}",
                where=f"{self.file}, {self.model}.__init__",
            ) from error

    def missing(self, reading: layout.Layout | None = None) -> list[str]:
        """The sheet's parameters that no parameter of the student's holds."""
        zeros = {name: np.zeros(shape) for name, shape in self.survey.items()}
        found = layout.unpack(reading or self.layout, zeros, layout.SURVEYS[0].n)
        return [name for name in oracle.shapes(self.model, 1, 1, 1) if name not in found]

    def inputs(self, arrays: Weights, sheet: Weights, digits: Array) -> Array:
        """(B, T, d): what the equations' x is, by the width of W_x and the embedding if any."""
        width = sheet[f"W_{oracle.GATES[self.model][0]}x"].shape[1]
        for name in self.embeddings:
            if name not in self.layout and arrays[name].shape == (10, width):
                rows: Array = arrays[name][digits.astype(int)]
                return rows
        require(
            width == 1 or width >= 10,
            "The weights of the input are as wide as a digit (1), or as its one-hot code (10).",
            got=f"a width of {width}",
        )
        return oracle.features(digits, width)

    def _parameters(self, sizes: Sizes) -> tuple[dict[str, Shape], dict[str, Shape], list[str]]:
        """The shapes of the parameters, and of the tensors that are none; which are embeddings."""
        found = self._probe(probes.parameters, sizes)
        parameters, plain = (
            {name: tuple(shape) for name, shape in shapes.items()}
            for shapes in (found["parameters"], found["plain"])
        )
        count = sum(math.prod(map(abs, shape)) for shape in parameters.values())
        negative = any(size < 0 for shape in parameters.values() for size in shape)
        if negative or count > LARGEST:  # the judge draws values for them all
            raise Failure(
                "The network has no more parameters than it needs.",
                expected=f"at most {LARGEST:,} numbers",
                got=f"{count:,}",
                where=f"{self.file}, {self.model}.__init__",
            )
        return (
            parameters,
            plain,
            [name for name in found["embeddings"] if len(parameters.get(name, ())) == 2],
        )

    def _find_way(self, rng: np.random.Generator) -> None:
        """Settle way, layout and form: the first that give the equations' output, at defaults."""
        digits = oracle.random_digits(rng, DEFAULTS.B, DEFAULTS.T)
        trials: dict[tuple[Any, ...], list[Trial]] = {}  # ways can share them
        first_failure: Failure | None = None
        ran: list[tuple[Way, list[Trial], list[Array]]] = []
        for way in WAYS:
            self.way = way
            try:
                key = way.precision, *self._parameters(DEFAULTS)[0].items()
                trials[key] = trials.get(key) or self._trials(rng)
                outputs = self.outputs(DEFAULTS, [(trial.arrays, digits) for trial in trials[key]])
            except Failure as failure:
                if failure.status not in ("failed", "error"):
                    raise
                first_failure = first_failure or failure
                continue
            known = [before for _, tried, before in ran if tried is trials[key]]
            if any(all(map(np.array_equal, before, outputs)) for before in known):
                continue  # an input of another form that is made into the same
            self.form = _form(outputs[0])
            ran.append((way, trials[key], outputs))
            for trial, got in zip(trials[key], outputs, strict=True):
                if self._find_reading(trial, digits[:TRIAL], got[:TRIAL]):
                    self._prefer_single((trial.arrays, digits), got)
                    return
        if not ran and first_failure is not None:
            raise first_failure
        self._explain(ran, digits)

    def _explain(self, ran: list[tuple[Way, list[Trial], list[Array]]], digits: Array) -> None:
        """Settle on what explains the output of a network that doesn't follow the sheet."""
        for self.way, tried, outputs in ran:
            if self.way.precision == ran[0][0].precision:
                self.form = _form(outputs[0])
                for trial, got in zip(tried, outputs, strict=True):
                    if self._find_misconception(trial, digits[:TRIAL], got[:TRIAL]):
                        return
        self.layout = self._readings[0] if self._readings else {}
        self.way, _, outputs = ran[0]
        self.form = _form(outputs[0])

    def _prefer_single(self, case: tuple[Weights, Array], got: Array) -> None:
        """Of the ways that come to the same, settle on one that can read a single digit, if any.

        ``x.squeeze(-1)`` takes [B, T, 1], and does nothing to [B, T] but where T = 1.
        """
        first = self.way
        alike = (first.precision, first.input_dim)
        for self.way in (first, *(w for w in WAYS if (w.precision, w.input_dim) == alike)):
            with contextlib.suppress(Failure):
                self.outputs(SINGLE, [({}, np.zeros((SINGLE.B, SINGLE.T)))])
                if np.array_equal(self.outputs(DEFAULTS, [case])[0], got):
                    return
        self.way = first

    def _trials(self, rng: np.random.Generator) -> list[Trial]:
        by_use: dict[frozenset[str], list[layout.Layout]] = {}
        for reading in self._readings or [{}]:
            by_use.setdefault(frozenset(reading), []).append(reading)
        trials = []
        for readings in islice(by_use.values(), MOST_TRIALS):
            self.layout = readings[0]
            trials.append(Trial(readings, self.draw(rng, DEFAULTS)))
        return trials

    def _find_reading(self, trial: Trial, digits: Array, got: Array) -> bool:
        """Whether a reading of the parameters explains the output; if so, it is settled."""
        for index, self.layout in enumerate(trial.readings):
            if index == len(trial.expected):
                trial.expected.append(self._logits(trial.arrays, digits))
            p = trial.expected[index]
            if p is not None and matches(got, _as_form(p, self.form), self.tolerance):
                self.follows_sheet = True
                return True
        return False

    def _find_misconception(self, trial: Trial, digits: Array, got: Array) -> bool:
        """Whether a wrong reading of the equations explains the output by one of the parameters."""
        for self.layout in trial.readings[:MOST_EXPLAINED]:
            with contextlib.suppress(Failure):
                sheet = self.sheet_weights(trial.arrays)
                x = self.inputs(trial.arrays, sheet, digits)
                wrong = mistakes(self.model, sheet, x, self.form)
                if name_misconception(got, wrong, self.tolerance):
                    return True
        return False

    def _logits(self, arrays: Weights, digits: Array) -> Array | None:
        """What the sheet's equations give with the student's parameters at these values."""
        with contextlib.suppress(Failure):
            sheet = self.sheet_weights(arrays)
            return oracle.output(self.model, sheet, self.inputs(arrays, sheet, digits))
        return None

    def _probe(self, probe: Any, sizes: Sizes, **inputs: Any) -> Any:
        values = {
            "seq_length": sizes.T,
            "input_dim": self.way.input_dim,
            "num_hidden": sizes.n,
            "num_classes": sizes.K,
            "batch_size": sizes.B,
        }
        inputs |= {"name": self.model, "sizes": values, "dtype": self.way.precision}
        try:
            return self.student.run(probe, self.file, defines=(self.model,), **inputs)
        except Failure as failure:
            if self._settled and failure.status == "error" and sizes != DEFAULTS:
                failure.hint = failure.hint or OTHER_SIZES
            raise


def _form(got: Array) -> OutputForm:
    """What an output looks like, by its rows."""
    if (got >= 0).all() and np.allclose(got.sum(1), 1):
        return "softmax"
    return "log_softmax" if (got <= 0).all() and np.allclose(np.exp(got).sum(1), 1) else "logits"


def _as_form(p: Array, form: OutputForm) -> Array:
    result: Array = oracle.as_form(torch.from_numpy(p), form).numpy()
    return result
