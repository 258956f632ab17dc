"""The judge's view of a student's network: how it wants its input and where its weights are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from grader.checks import TOLERANCE, as_numbers, matches
from grader.exercises.palindrome import layout, oracle, probes
from grader.exercises.palindrome.layout import Shape
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Sizes, Weights
from grader.failures import Failure
from grader.worker.student import Student

FILES: dict[Model, str] = {"VanillaRNN": "vanilla_rnn.py", "LSTM": "lstm.py"}
DEFAULTS = Sizes(B=128, T=4, d=1, n=128)  # of the sheet: what every submission has been tried with
OUTPUT = ("W_ph", "b_p")
LARGEST = 2_000_000  # numbers in all parameters; at the defaults there are under 200,000
TRIAL = 4  # rows that are compared while a reading is looked for
FORMS: tuple[OutputForm, ...] = ("logits", "softmax", "log_softmax")


Form = Literal["digits", "column", "one-hot"]
INPUTS: tuple[tuple[Form, int], ...] = (
    ("digits", 1),
    ("digits", 10),
    ("column", 1),
    ("one-hot", 10),
)
Precision = Literal["float64", "float32", "int64"]
PRECISIONS: tuple[Precision, ...] = ("float64", "int64", "float32")


@dataclass(frozen=True)
class Way:
    """How a network takes its digits; the sheet's is the first of :data:`WAYS`."""

    form: Form
    input_dim: int
    dtype: Precision
    time_first: bool = False

    def feed(self, digits: Array) -> Array:
        """``digits`` (B, T) in this way's form."""
        x = digits.T if self.time_first else digits
        if self.form != "digits":
            x = oracle.features(x, 10 if self.form == "one-hot" else 1)
        return np.ascontiguousarray(x.astype(self.dtype))


WAYS = [
    Way(form, width, dtype, time_first)
    for dtype in PRECISIONS
    for time_first in (False, True)
    for form, width in INPUTS
    if dtype != "int64" or form == "digits"
]


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
        self.layout: layout.Layout = {}
        for sizes in layout.SURVEYS:
            self.survey, self.plain = self._parameters(sizes)
            self._readings = list(layout.candidates(model, self.survey, sizes))
            if self._readings and not set(OUTPUT) & set(self.missing(self._readings[0])):
                break
        self._find_way(rng)

    @property
    def tolerance(self) -> float:
        return TOLERANCE["float64" if self.way.dtype == "float64" else "float32"]

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> Weights:
        """Random values for the student's parameters, large enough for every digit to matter."""
        found, _ = self._parameters(sizes)
        unused = set(found) - set(self.layout)
        arrays = {}
        for name, shape in found.items():
            scale = 0.4 if len(shape) < 2 else 1.2 / np.sqrt(max(shape))
            arrays[name] = rng.normal(0.0, scale, shape)
            if name in unused and not layout.is_embedding(name):
                arrays[name][:] = 0.0  # what the sheet does not have must not matter
        if self.way.dtype != "float64":
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

        :raises Failure: a weight matrix of the sheet is missing.
        """
        return complete(self.model, layout.unpack(self.layout, arrays, units(self.layout, arrays)))

    def missing(self, reading: layout.Layout | None = None) -> list[str]:
        """The sheet's parameters that no parameter of the student's holds."""
        zeros = {name: np.zeros(shape) for name, shape in self.survey.items()}
        found = layout.unpack(reading or self.layout, zeros, layout.SURVEYS[0].n)
        return [name for name in oracle.shapes(self.model, 1, 1, 1) if name not in found]

    def inputs(self, arrays: Weights, sheet: Weights, digits: Array) -> Array:
        """(B, T, d): what the equations' x is, by the width of W_x and the embedding if any."""
        embeddings = [name for name in arrays if layout.is_embedding(name)]
        if embeddings and embeddings[0] not in self.layout:
            table = arrays[embeddings[0]]
            if table.ndim != 2 or len(table) <= digits.max():
                raise Failure(
                    "An embedding has a row for each digit.", got=f"shape {list(table.shape)}"
                )
            rows: Array = table[digits.astype(int)]
            return rows
        width = sheet[f"W_{oracle.GATES[self.model][0]}x"].shape[1]
        return oracle.features(digits, width)

    def expected(self, arrays: Weights, digits: Array) -> Array:
        """What the sheet's equations give with the student's parameters at these values."""
        sheet = self.sheet_weights(arrays)
        return oracle.output(self.model, sheet, self.inputs(arrays, sheet, digits), self.form)

    def _parameters(self, sizes: Sizes) -> tuple[dict[str, Shape], dict[str, Shape]]:
        """The shapes of the parameters, and of the tensors that are none."""
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
        return parameters, plain

    def _find_way(self, rng: np.random.Generator) -> None:
        """Settle way, layout and form: the first that give the equations' output, at defaults."""
        readings = self._readings
        self.layout = readings[0] if readings else {}
        digits = oracle.random_digits(rng, DEFAULTS.B, DEFAULTS.T)
        first_failure: Failure | None = None
        first_way: Way | None = None
        for way in WAYS:
            self.way = way
            try:
                arrays = self.draw(rng, DEFAULTS)
                (got,) = self.outputs(DEFAULTS, [(arrays, digits)])
            except Failure as failure:
                if failure.status not in ("failed", "error"):
                    raise
                first_failure = first_failure or failure
                continue
            first_way = first_way or way
            if self._find_reading(readings, arrays, digits[:TRIAL], got[:TRIAL]):
                return
        if first_way is None and first_failure is not None:
            raise first_failure
        self.way = first_way or WAYS[0]
        self.layout = readings[0] if readings else {}
        self.form = _form(got) if first_way is self.way else "logits"

    def _find_reading(
        self, readings: list[layout.Layout], arrays: Weights, digits: Array, got: Array
    ) -> bool:
        """Whether a reading of the parameters explains the output; if so, it is settled."""
        for self.layout in readings:
            for self.form in FORMS:
                try:
                    expected = self.expected(arrays, digits)
                except Failure:
                    continue
                if matches(got, expected, self.tolerance):
                    self.follows_sheet = True
                    return True
        return False

    def _probe(self, probe: Any, sizes: Sizes, **inputs: Any) -> Any:
        return self.student.run(
            probe,
            self.file,
            defines=(self.model,),
            name=self.model,
            sizes={
                "seq_length": sizes.T,
                "input_dim": self.way.input_dim,
                "num_hidden": sizes.n,
                "num_classes": sizes.K,
                "batch_size": sizes.B,
            },
            dtype="float64" if self.way.dtype == "int64" else self.way.dtype,
            **inputs,
        )


def units(reading: layout.Layout, arrays: Weights) -> int:
    """n, from the weights that go from the state to the output."""
    for name, block in reading.items():
        if block.rows == ("p",) and block.columns and name in arrays:
            matrix = np.squeeze(arrays[name])
            return int(matrix.shape[0] if block.transposed else matrix.shape[-1])
    raise Failure("W_ph was not found.", expected="a parameter of shape [num_classes, num_hidden]")


def complete(model: Model, found: Weights) -> Weights:
    """``found`` with zeros for missing biases; a missing matrix is a Failure."""
    n, K = found["W_ph"].shape[1], found["W_ph"].shape[0]
    for name, shape in oracle.shapes(model, 1, n, K).items():
        if name not in found and name.startswith("W"):
            raise Failure(
                f"{name} was not found among the parameters.",
                expected="the sheet's parameters, each either way round, alone or stacked",
            )
        found.setdefault(name, np.zeros(shape))
    return found


def _form(got: Array) -> OutputForm:
    """What an output looks like that is not the equations'."""
    if np.allclose(got.sum(1), 1) and (got >= 0).all():
        return "softmax"
    return "log_softmax" if np.allclose(np.exp(got).sum(1), 1) else "logits"
