"""Hold the judge's description of a student's network."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.checks.arrays import as_numbers
from grader.checks.tolerances import TOLERANCE
from grader.core.failures import Failure
from grader.exercises.palindrome import oracle, probes, probes_construct
from grader.exercises.palindrome.oracle import Array, Model, OutputForm, Sizes, Weights
from grader.exercises.palindrome.parameters import reading
from grader.exercises.palindrome.parameters.cuts import SURVEYS, Shape, cuts_of
from grader.exercises.palindrome.parameters.fit import DEFAULTS
from grader.exercises.palindrome.parameters.formats import InputFormat
from grader.exercises.palindrome.parameters.mapping import complete
from grader.exercises.palindrome.parameters.survey import draw
from grader.sandbox.student import Student

OTHER_SIZES = (
    "With 128 units and batches of 128 the same code runs: look for a size that is written into "
    "the code, or for two dimensions that are exchanged."
)
FILES: dict[Model, str] = {"VanillaRNN": "vanilla_rnn.py", "LSTM": "lstm.py"}
LARGEST = 2_000_000  # numbers in all parameters; at the defaults there are under 200,000
TOO_LARGE = "Is a parameter made for each sequence or each step? None depends on their numbers."
MOST_SOURCES = 40  # files in which the network's call is looked for


class Network:
    """A student's ``VanillaRNN`` or ``LSTM``.

    Attributes:
        fit: What it was read as.
        registered: Shapes of its parameters, at sizes that all differ.
        plain: Names of its tensors that could be parameters, but are not registered.
    """

    def __init__(self, student: Student, model: Model, rng: np.random.Generator) -> None:
        self.student = student
        self.model: Model = model
        self.file = FILES[model]
        self._settled = False  # whether the fit is found
        self._format = InputFormat()
        self._own: probes_construct.Own = {"surplus": 0, "extra": {}, "turned": False}
        self._own = self._find_own_call()
        self.fit = reading.read(self, model, rng)
        self._format = self.fit.input_format
        self._settled = True
        self._small: bool | None = None
        self.registered, self.plain = self._surveyed()

    @property
    def path(self) -> str:
        """Return the path of the file that defines it."""
        return self.student.find(self.file, (self.model,))

    @property
    def follows_sheet(self) -> bool:
        """Return whether the output is that of the sheet's equations."""
        return self.fit.exact

    @property
    def form(self) -> OutputForm:
        """Return what the output looks like."""
        return self.fit.output_form

    @property
    def tolerance(self) -> float:
        """Return the tolerance for the precision in which the output comes."""
        return TOLERANCE[self.precision]

    @property
    def precision(self) -> str:
        """Return the precision in which the output comes."""
        return "float64" if self.fit.precise else "float32"

    def draw(self, rng: np.random.Generator, sizes: Sizes, *, whole: bool = False) -> Weights:
        """Draw values for the student's parameters, large enough for every digit to matter.

        Args:
            rng: Where they come from.
            sizes: Of the network.
            whole: Draw also what belongs to no equation; it is zero otherwise.
        """
        shapes, _ = self.shapes(self._format, sizes)
        arrays = draw(shapes, rng, self._format.precision)
        if not whole:
            arrays |= {name: 0 * arrays[name] for name in self.fit.mapping.extra if name in arrays}
        return arrays

    def shapes(self, form: InputFormat, sizes: Sizes) -> tuple[dict[str, Shape], list[str]]:
        """Return the parameters' shapes, and which of them hold a row for each digit."""
        found = self._probe(probes.parameters, form, sizes)
        parameters = {name: tuple(shape) for name, shape in found["parameters"].items()}
        count = sum(math.prod(map(abs, shape)) for shape in parameters.values())
        negative = any(size < 0 for shape in parameters.values() for size in shape)
        if negative or count > LARGEST:  # the judge draws values for them all
            raise Failure(
                "The network should have no more parameters than it needs.",
                expected=f"at most {LARGEST:,} numbers",
                got=f"{count:,}",
                where=f"{self.file}, {self.model}.__init__",
                hint=TOO_LARGE,
            )
        rows = [name for name in found["embeddings"] if len(parameters.get(name, ())) == 2]
        return parameters, rows

    def surplus(self) -> int:
        """Return the length that their own code gives, less the digits that are read."""
        return self._own["surplus"]

    def attempts(
        self, forms: Sequence[InputFormat], weights: Weights, digits: Array, hurry: bool
    ) -> dict[int, Array]:
        """Return outputs (B, K) by the number of the format, of those that run.

        All have half a second together: from the start in a ``hurry``, else once one has run.
        """
        found = self._probe(
            probes.attempts,
            forms[0],
            DEFAULTS,
            weights=weights,
            inputs={str(number): form.feed(digits) for number, form in enumerate(forms)},
            hurry=hurry,
        )
        wanted = (DEFAULTS.B, DEFAULTS.K)
        return {int(key): output for key, output in found.items() if output.shape == wanted}

    def outputs(
        self, form: InputFormat, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]
    ) -> list[Array]:
        """Return what one network of these sizes gives for weights and digits (B, T), in turn."""
        answer = self._probe(
            probes.outputs,
            form,
            sizes,
            cases=[
                {"weights": weights, "x": form.feed(digits), "batch": len(digits)}
                for weights, digits in cases
            ],
        )
        return [as_numbers(part, "forward should return finite numbers.") for part in answer]

    def run(self, sizes: Sizes, cases: Sequence[tuple[Weights, Array]]) -> list[Array]:
        """Return the outputs in the network's own format."""
        return self.outputs(self._format, sizes, cases)

    def runs_small(self, sizes: Sizes) -> bool:
        """Return whether it runs at these sizes, which are smaller than the sheet's."""
        if self._small is None:
            try:
                self.run(sizes, [({}, np.zeros((sizes.B, sizes.T)))])
                self._small = True
            except Failure as failure:
                if failure.status not in ("failed", "error"):
                    raise
                self._small = False
        return self._small

    def gradients(self, sizes: Sizes, weights: Weights, digits: Array, direction: Array) -> Weights:
        """Return the gradient of sum(direction ⊙ output), by the student's parameter names."""
        found: Weights = self._probe(
            probes.gradients,
            self._format,
            sizes,
            weights=weights,
            x=self._format.feed(digits),
            batch=len(digits),
            direction=direction,
        )
        return found

    def run_watched(self) -> None:
        """Run forward and backward at the sheet's sizes.

        Raises:
            Failure: They reach a banned layer.
        """
        digits = np.zeros((DEFAULTS.B, DEFAULTS.T))
        self._probe(probes.watched, self._format, DEFAULTS, x=self._format.feed(digits))

    def sheet_weights(self, arrays: Weights) -> Weights:
        """Return the sheet's parameters in the student's; missing biases are zero.

        Raises:
            Failure: A matrix of the sheet is missing, or a shape is none of the sheet's.
        """
        try:
            return complete(self.model, self.fit.mapping, arrays)
        except ValueError as error:
            raise Failure(
                "The parameters should have the shapes that the constructor's sizes give them.",
                got=f"shapes {', '.join(str(list(array.shape)) for array in arrays.values())}",
                where=f"{self.file}, {self.model}.__init__",
                hint="Make each parameter from input_dim, num_hidden and num_classes alone.",
            ) from error

    def missing(self) -> list[str]:
        """Return the sheet's parameters that no parameter of the student's holds."""
        held = self.fit.mapping.held()
        return [name for name in oracle.shapes(self.model, 1, 1, 1) if name not in held]

    def inputs(
        self, arrays: Weights, sheet: Weights, digits: Array, codes: Array | None = None
    ) -> Array:
        """Return the equations' x (B, T, d) for digits (B, T), perhaps in codes (10, d)."""
        return self.fit.mapping.features(arrays, sheet, digits, codes)

    def _surveyed(self) -> tuple[dict[str, Shape], list[str]]:
        """Return the shapes of the parameters, and names of tensors that could be some."""
        gates, width = len(oracle.GATES[self.model]), self._format.input_dim
        for sizes in SURVEYS:
            with contextlib.suppress(Failure):
                found = self._probe(probes.parameters, self._format, sizes)
                shapes = {name: tuple(shape) for name, shape in found["parameters"].items()}
                plain = {name: tuple(shape) for name, shape in found["plain"].items()}
                return shapes, [n for n in plain if cuts_of(plain[n], gates, sizes, (width,))]
        return {}, []

    def _find_own_call(self) -> probes_construct.Own:
        """Return what their own code gives to the constructor."""
        submission = self.student.submission
        files = [file for file in submission.files if file.suffix == ".py"]
        texts = {str(file): submission.source_of(file) for file in files}
        others = [name for name in texts if name != self.path]
        ranked = [*sorted(others, key=lambda name: "train" not in name.lower()), self.path]
        found: probes_construct.Own = self.student.run(
            probes_construct.own_arguments,
            self.file,
            defines=(self.model,),
            name=self.model,
            sources=[texts[name] for name in ranked[:MOST_SOURCES] if name in texts],
            elsewhere=any(self.model in texts[name] for name in others),
        )
        return found

    def _probe(self, probe: Any, form: InputFormat, sizes: Sizes, **inputs: Any) -> Any:
        values = {
            "seq_length": sizes.T + form.surplus,
            "input_dim": form.input_dim,
            "num_hidden": sizes.n,
            "num_classes": sizes.K,
            "batch_size": sizes.B,
        }
        inputs |= {"name": self.model, "sizes": values, "dtype": form.precision.value}
        inputs["own"] = self._own
        try:
            return self.student.run(probe, self.file, defines=(self.model,), **inputs)
        except Failure as failure:
            if self._settled and failure.status == "error" and sizes != DEFAULTS:
                failure.hint = failure.hint or OTHER_SIZES
            raise
