"""Check the gradients of both networks of the sheet."""

from __future__ import annotations

import numpy as np

from grader.checks.arrays import close, require
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.checks.mistakes import matches
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.equations import FRESH, Random, check_fresh, place, workable
from grader.exercises.palindrome.mistakes_gradients import gradient_variants
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.oracle import Sizes, Weights

CUT = (
    "The graph is cut somewhere on the way: look for .data, .detach(), detach_(), "
    "torch.no_grad() or a state that is copied into another tensor."
)


def gradients_agree_with_the_equations(network: Network, rng: Random) -> None:
    """Compare the gradient of each parameter with that of the equations."""
    sizes = workable(network, Sizes(B=3, T=int(rng.integers(4, 9)), d=1, n=7))
    digits = oracle.random_digits(rng, sizes.B, sizes.T)
    arrays = network.draw(rng, sizes)
    direction = rng.normal(size=(sizes.B, sizes.K))
    got = network.gradients(sizes, arrays, digits, direction)
    check_all_present(network, got)
    sheet = network.sheet_weights(arrays)
    x = network.inputs(arrays, sheet, digits)
    expected = oracle.gradients(network.model, sheet, x, direction, network.form)
    # The gradient of W_ph is made of the last state alone, here of a second pass.
    tolerance = 10 * network.tolerance
    last = network.fit.mapping.unpack(got).get("W_ph", expected["W_ph"])
    stale = network.follows_sheet and not matches(last, expected["W_ph"], tolerance)
    for _, names, gradient in network.fit.mapping.pieces(got):
        if not names or names[0] not in expected:
            continue
        name = names[0]
        hint = FRESH if stale else ""
        if not network.follows_sheet:
            hint = "Mend the forward pass first: its output is not right."
        close(
            gradient,
            expected[name],
            f"The gradient of {name} should be that of the sheet's equations.",
            tolerance=tolerance,
            where=place(network, sizes),
            hint=hint,
            mistakes=gradient_variants(network.model, name, sheet, x, direction, network.form),
        )


def gradients_agree_with_differences(network: Network, rng: Random) -> None:
    """Compare central differences of the student's own forward, along a line per parameter."""
    sizes = workable(network, Sizes(B=3, T=5, d=1, n=6))
    digits = rng.integers(0, 3, (sizes.B, sizes.T)).astype(float)  # small: little curvature
    arrays = network.draw(rng, sizes)
    direction = rng.normal(size=(sizes.B, sizes.K))
    gradients = network.gradients(sizes, arrays, digits, direction)
    check_all_present(network, gradients)
    gradients = {k: g for k, g in gradients.items() if k not in network.fit.mapping.dead}
    # The step balances the rule's own error, step², against rounding, precision / step.
    step, tolerance = (1e-5, 1e-6) if network.precision == "float64" else (1e-2, 5e-2)
    lines = draw_lines(rng, {name: arrays[name] for name in gradients})
    cases = [arrays, *shifted(arrays, lines, step), arrays]
    first, *outputs, again = network.run(sizes, [(case, digits) for case in cases])
    check_fresh(network, sizes, first, again)
    values = [float((direction * output).sum()) for output in outputs]
    numeric = directional(values, lines, step)
    scale = max((float(np.abs(gradient).max()) for gradient in gradients.values()), default=0.0)
    for name, gradient in gradients.items():
        require_directional(
            gradient,
            lines[name],
            numeric[name],
            f"The gradient of {name} should be the derivative of the output.",
            of="your own forward",
            tolerance=tolerance,
            scale=scale,
            where=place(network, sizes),
            hint=CUT,
        )


def check_all_present(network: Network, gradients: Weights) -> None:
    """Check that every parameter that the equations use has a gradient.

    An initial state needs none: the sheet's is fixed.
    """
    for name, part in network.fit.mapping.parts.items():
        if {key for keys in part.targets for key in keys} <= {"h_0", "c_0"}:
            continue
        require(
            name in gradients,
            f"backward() should reach every parameter: {name}.",
            expected="a gradient",
            got="none",
            where=f"{network.file}, {network.model}",
            hint="The parameter is not used in forward, or the graph is cut behind it "
            "(.data, .detach(), torch.tensor(…) of a tensor, torch.no_grad()), or the parameter "
            "asks for none (requires_grad).",
        )
