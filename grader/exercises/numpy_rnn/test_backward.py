"""Question N3 of sheet 003: backpropagation through time, every step against autograd.

What concerns batches is judged apart, by the network's own gradients of single sequences, and each
other test has a single sequence: so a mistake costs its points once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.checks.arrays import (
    SINGLE,
    as_numbers,
    require,
    require_in_sources,
    require_raised,
    require_untampered,
    same,
)
from grader.checks.carry import is_assumed
from grader.checks.cost import WIDE, Sized, require_formula
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.checks.mistakes import Mistake, Variant, matches
from grader.checks.shapes import shape_hint
from grader.checks.tolerances import BY_DIFFERENCES, TOLERANCE
from grader.exercises.given_rnn import oracle
from grader.exercises.given_rnn.oracle import Array, Sizes, Weights
from grader.exercises.numpy_rnn import probes
from grader.exercises.numpy_rnn.judging import FILE, ask_network, held, require_held
from grader.exercises.numpy_rnn.mistakes_backward import (
    AVERAGED,
    SUMMED,
    clipped,
    telling,
)
from grader.exercises.numpy_rnn.mistakes_forward import VIEWED, gradient_variants
from grader.sandbox.student import PROBE_SECONDS, Student

Random = np.random.Generator
GRADIENTS = tuple(f"d_{name}" for name in oracle.WEIGHTS)
LOUD = 20.0  # so that gradients exceed what anybody would clip them to
MEND_FORWARD = "Mend forward first: its output is not right, and backward goes by its states."


def place(sizes: Sizes) -> str:
    """Return where a check of these sizes looks."""
    return FILE.place("RNN.backward", sizes)


class Case:
    """A network with an input and ∂L/∂ŷ of size ``loud``, all random."""

    def __init__(self, rng: Random, sizes: Sizes, loud: float = 0.1) -> None:
        self.sizes = sizes
        self.weights = oracle.random_weights(rng, sizes)
        self.x = oracle.random_input(rng, sizes)
        self.d_loss: Array = rng.normal(0, loud, (sizes.B, sizes.K))

    def ask(
        self,
        student: Student,
        probe: Callable[..., Any] = probes.gradients,
        seconds: float = PROBE_SECONDS,
    ) -> Any:
        """Return what the probe finds, by default the student's gradients."""
        asked = {"weights": self.weights, "x": self.x, "d_loss": self.d_loss}
        return ask_network(student, probe, self.sizes, seconds=seconds, **asked)

    def sized(self, student: Student) -> Sized:
        """Return the call that asks for the student's gradients, and what is right."""
        right = oracle.gradients(self.weights, self.x, self.d_loss)
        return Sized(lambda s: self.ask(student, seconds=s), [right], place(self.sizes))

    def variants(self, name: str) -> Iterator[Variant]:
        """Return what wrong backward and forward passes give for that gradient."""
        return gradient_variants(name, self.weights, self.x, self.d_loss)

    def forward_is_right(self, student: Student) -> bool:
        """Return whether the student's ŷ is the sheet's; backward goes by its states."""
        case = {"weights": self.weights, "x": self.x}
        (got,) = ask_network(student, probes.outputs_anew, self.sizes, cases=[case])
        return matches(got, oracle.output(self.weights, self.x), TOLERANCE["float64"])

    def compare(self, got: Weights, *names: str, hint: str) -> None:
        """Fail unless these gradients are the sheet's, the recurrent ones per time step."""
        expected = oracle.gradients(self.weights, self.x, self.d_loss)
        for name in names:
            require_held(got, name, place(self.sizes))
            what = f"{name} is the gradient of the sheet's equations"
            what += ", for each time step." if expected[name].ndim == 3 else "."
            right = expected[name]
            if got[name].shape == right.shape[1:]:
                require(
                    is_assumed(SUMMED),
                    what,
                    expected=f"shape {list(right.shape)}, an entry for each time step",
                    got=f"shape {list(got[name].shape)}",
                    where=place(self.sizes),
                    **SUMMED.named(),
                )
                right = right.sum(0)
            same(
                got[name],
                right,
                what,
                where=place(self.sizes),
                hint=hint,
                mistakes=clipped(got[name], right, self.variants(name)),
            )


def agrees(student: Student, rng: Random, *names: str) -> None:
    """Check these gradients for a batch of one with a loud ∂L/∂ŷ."""
    case = Case(rng, oracle.random_sizes(rng, B=1), LOUD)
    got = case.ask(student)
    hint = "" if case.forward_is_right(student) else MEND_FORWARD
    case.compare(got, *names, hint=hint)


@pytest.mark.question(id="N3", required=True)
def test_by_hand(student: Student, rng: Random) -> None:
    """The gradients are formulas, computed in NumPy: neither torch nor differences give them."""
    sources = FILE.sources(student)
    require_untampered(sources, "NumPy")
    few, many = (
        Case(rng, Sizes(WIDE["T"], 1, d, n, K)).sized(student)
        for d, n, K in ((2, 4, 3), (WIDE["d"], WIDE["n"], WIDE["K"]))
    )
    require_formula("What backward returns", few, many, PROBE_SECONDS)
    require_in_sources(sources)


@pytest.mark.question(id="N3", share="1/15")
def test_shapes(student: Student, rng: Random) -> None:
    """The gradients have the weights' shapes, the recurrent ones an entry per time step."""
    case = Case(rng, oracle.random_sizes(rng, B=1))
    got = case.ask(student)
    shapes = {
        f"d_{name}": (case.sizes.T, *shape) if name in oracle.RECURRENT else shape
        for name, shape in case.sizes.shapes().items()
    }
    names = held(got, shapes, place(case.sizes))
    wrong = [name for name in names if got[name].shape != shapes[name]]
    summed = all(got[name].shape == shapes[name][1:] for name in wrong)
    hints = [shape_hint(got[name].shape, shapes[name]) for name in wrong]
    require(
        not wrong or (summed and is_assumed(SUMMED)),
        "Each gradient should have its weight's shape, d_W, d_R and d_bs an entry per time step.",
        expected=", ".join(f"{name} {list(shapes[name])}" for name in wrong),
        got=", ".join(f"{name} {list(got[name].shape)}" for name in wrong),
        where=place(case.sizes),
        **(SUMMED.named() if summed else {"hint": hints[0]}),
    )


@pytest.mark.question(id="N3", share="2/15")
def test_output_layer(student: Student, rng: Random) -> None:
    """The gradients of V and b_y are those of the equations."""
    agrees(student, rng, "d_V", "d_by")


@pytest.mark.question(id="N3", share="1/6")
def test_input_weights(student: Student, rng: Random) -> None:
    """The gradient of W is that of the equations, at every time step."""
    agrees(student, rng, "d_W")


@pytest.mark.question(id="N3", share="1/5")
def test_recurrent_weights(student: Student, rng: Random) -> None:
    """The gradient of R is that of the equations, at every time step."""
    agrees(student, rng, "d_R")


@pytest.mark.question(id="N3", share="2/15")
def test_bias(student: Student, rng: Random) -> None:
    """The gradient of b_s is that of the equations, at every time step."""
    agrees(student, rng, "d_bs")


@pytest.mark.question(id="N3", share="1/10")
def test_batch(student: Student, rng: Random) -> None:
    """The gradients of a batch are the sums of those that its sequences have by themselves."""
    case = Case(rng, oracle.random_sizes(rng))
    found = case.ask(student, probes.gradients_of_batch)
    for name in held(found["batch"], GRADIENTS, place(case.sizes)):
        for row in found["rows"]:
            require_held(row, name, place(case.sizes))
        rows = np.stack([row[name] for row in found["rows"]])
        require_some(rows, name, case.sizes)
        same(
            found["batch"][name],
            rows.sum(0),
            f"{name} is the sum over the batch of what {name} is for each sequence alone.",
            where=place(case.sizes),
            mistakes=[
                (AVERAGED, partial(np.mean, rows, 0)),
                (
                    Mistake("first_sequence_alone", "Only the first sequence of the batch counts."),
                    partial(np.copy, rows[0]),
                ),
                (
                    Mistake("last_sequence_alone", "Only the last sequence of the batch counts."),
                    partial(np.copy, rows[-1]),
                ),
                *(variant for variant in case.variants(name) if variant[0] is VIEWED),
            ],
        )


@pytest.mark.question(id="N3", share="1/15")
def test_single_sequence(student: Student, rng: Random) -> None:
    """A single sequence, [T, in] with d_loss [out], has the gradients of a batch of one."""
    case = Case(rng, oracle.random_sizes(rng, B=1))
    found = case.ask(student, probes.gradients_of_sequence)
    for name in held(found["batch"], GRADIENTS, place(case.sizes)):
        require_held(found["sequence"], name, place(case.sizes))
        require_some(found["batch"][name], name, case.sizes)
        same(
            found["sequence"][name],
            found["batch"][name],
            f"{name} is the same for [T, in] as for [T, 1, in].",
            where=place(case.sizes),
        )


def require_some(gradient: Array, name: str, sizes: Sizes) -> None:
    """Fail if a gradient is zero everywhere: sums of zeros would agree."""
    require(
        bool(gradient.any()),
        f"{name} should not be zero everywhere.",
        got="zeros",
        where=place(sizes),
        hint="Sums of zeros agree with everything: compute the gradient itself first.",
    )


@pytest.mark.question(id="N3", share="1/10")
def test_finite_differences(student: Student, rng: Random) -> None:
    """The gradients, summed over time, are the slopes of the network's own output."""
    case = Case(rng, oracle.random_sizes(rng, B=1))
    gradients = case.ask(student)
    # What float32 rounds to would drown a smaller step.
    single = is_assumed(SINGLE)
    step, tolerance = BY_DIFFERENCES["float32" if single else "float64"]
    lines = draw_lines(rng, case.weights)
    cases = [{"x": case.x, "weights": moved} for moved in shifted(case.weights, lines, step)]
    outputs = ask_network(student, probes.outputs_anew, case.sizes, cases=cases)
    for output in outputs:
        as_numbers(
            output, "forward returns ŷ.", shape=case.d_loss.shape, where=FILE.place("RNN.forward")
        )
    numeric = directional([float((case.d_loss * output).sum()) for output in outputs], lines, step)
    right = oracle.over_time(oracle.gradients(case.weights, case.x, case.d_loss))
    for d_name in held(gradients, GRADIENTS, place(case.sizes)):
        name = d_name.removeprefix("d_")
        gradient, line = gradients[d_name], lines[name]
        what = f"d_{name}, summed over time, should be the derivative of the output."
        if gradient.size % line.size == 0:
            gradient = gradient.reshape(-1, *line.shape).sum(0)
        require_directional(
            gradient,
            line,
            numeric[name],
            what,
            of="your own forward",
            tolerance=tolerance,
            where=place(case.sizes),
            hint="Where the other checks pass, forward is what is wrong.",
            mistakes=telling(case.variants(f"d_{name}"), right[f"d_{name}"]),
        )


@pytest.mark.question(id="N3", share="1/30")
def test_refuses(student: Student, rng: Random) -> None:
    """backward refuses to run before forward, or with a d_loss of another shape."""
    case = Case(rng, oracle.random_sizes(rng, B=1))
    found = case.ask(student, probes.out_of_turn)
    require_raised(
        found["fresh"],
        "RuntimeError",
        "backward needs a forward before it.",
        where=f"{place(case.sizes)}; before any forward",
    )
    require_raised(
        found["bad"],
        "ValueError",
        "d_loss has the shape of the last ŷ.",
        where=f"{place(case.sizes)}; for a d_loss of two rows after a batch of one",
    )


@pytest.mark.question(id="N3")
def test_needs_another_forward(student: Student, rng: Random) -> None:
    """backward refuses to run on states that the weights have changed since."""
    case = Case(rng, oracle.random_sizes(rng, B=1))
    for name, found in case.ask(student, probes.stale).items():
        require_raised(
            found,
            "RuntimeError",
            "backward needs another forward once the weights have changed.",
            where=f"{place(case.sizes)}; after {name}",
        )
