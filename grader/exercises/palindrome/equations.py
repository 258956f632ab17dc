"""What both networks of the sheet are checked for; the tests say which, and for how many points."""

from __future__ import annotations

from functools import partial

import numpy as np

from grader.bans.static import banned_uses
from grader.checks.arrays import (
    close,
    require,
    require_in_sources,
    require_untampered,
    require_unused,
)
from grader.checks.mistakes import matches
from grader.core.failures import Failure
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.bans import BANNED
from grader.exercises.palindrome.layout import units, unpack
from grader.exercises.palindrome.mistakes import gradient_misconceptions, mistakes
from grader.exercises.palindrome.network import DEFAULTS, SINGLE, Network
from grader.exercises.palindrome.oracle import Array, Sizes, Weights

Random = np.random.Generator
FRESH = (
    "The state is carried over from one call to the next, or starts from random numbers or from "
    "memory that was never set (torch.empty): begin each forward with zeros."
)
SMALL = Sizes(B=4, T=5, d=1, n=7)  # B ≠ T: outputs of all steps come batch first or time first


def several_sizes(rng: Random) -> list[Sizes]:
    """From one digit to 29 (palindromes of 2 to 30), single rows and batches, B ≠ n, B ≠ T, n ≠ K.

    A shape then tells which of several tensors that forward returns is the output.
    """
    n = int(rng.choice([5, 6, 7, 8, 9, 11]))
    return [
        Sizes(B=3, T=int(rng.integers(4, 9)), d=1, n=n),
        Sizes(B=n + 2, T=int(rng.integers(14, 20)), d=1, n=n),
        Sizes(B=2, T=29, d=1, n=8),
        SINGLE,  # last, for many mistakes look alike here
    ]


def uses_nothing_banned(network: Network) -> None:
    """Scan the sources, then record what runs: layers by their class, operators by their names."""
    sources = network.student.sources(network.file, (network.model,))
    check_sources(sources)
    network.run_watched()
    require_in_sources(sources)


def check_sources(sources: dict[str, str], *, is_program: bool = False) -> None:
    """Fail at the first use of something banned in these files (text by name).

    Args:
        is_program: Whether the files are executed, with their main blocks.
    """
    what, allowed = "A layer that the sheet does not allow is used.", "your own matrix products"
    scan = partial(banned_uses, BANNED, is_program=is_program)
    require_unused(sources, scan, what, allowed)
    require_untampered(sources, allowed, is_program=is_program)


def has_the_right_shape(network: Network, rng: Random) -> None:
    for sizes in (DEFAULTS, *several_sizes(rng)):
        digits = oracle.random_digits(rng, sizes.B, sizes.T)
        network.outputs(sizes, [({}, digits)])


def has_the_parameters(network: Network) -> None:
    missing = network.missing()
    registered = ", ".join(f"{k} {list(v)}" for k, v in network.survey.items()) or "none"
    hint = ""
    if missing and network.plain:
        hint = (
            f"No optimizer will ever change {', '.join(network.plain)}: "
            "wrap it in nn.Parameter, or a list of parameters in nn.ParameterList."
        )
    elif any(name.startswith("b_") for name in missing):
        hint = "Each equation has a bias of its own, one number per unit."
    require(
        not missing,
        "Every weight and bias of the equations is a trainable parameter.",
        expected=", ".join(oracle.shapes(network.model, 1, 1, 1)),
        got=f"nothing that could be {', '.join(missing)}, among the parameters {registered}",
        where=f"{network.file}, {network.model}.__init__",
        hint=hint,
    )


def agrees_with_the_equations(network: Network, rng: Random, all_sizes: list[Sizes]) -> None:
    for sizes in all_sizes:
        digits = oracle.random_digits(rng, sizes.B, sizes.T)
        arrays = network.draw(rng, sizes)
        (got,) = network.outputs(sizes, [(arrays, digits)])
        sheet = network.sheet_weights(arrays)
        x = network.inputs(arrays, sheet, digits)
        missing = network.missing()
        if missing:
            raise Failure(
                "The output needs every parameter of the equations.",
                got=f"no {', '.join(missing)} among the parameters",
                where=place(network, sizes),
            )
        close(
            got,
            oracle.output(network.model, sheet, x, network.form),
            f"The {network.form} of the last step are those of the sheet's equations.",
            tolerance=network.tolerance,
            where=place(network, sizes),
            mistakes=mistakes(network.model, sheet, x, network.form),
        )


def gradients_agree_with_the_equations(network: Network, rng: Random) -> None:
    sizes = Sizes(B=3, T=int(rng.integers(4, 9)), d=1, n=7)
    digits = oracle.random_digits(rng, sizes.B, sizes.T)
    arrays = network.draw(rng, sizes)
    direction = rng.normal(size=(sizes.B, sizes.K))
    got = network.gradients(sizes, arrays, digits, direction)
    check_all_present(network, got)
    sheet = network.sheet_weights(arrays)
    x = network.inputs(arrays, sheet, digits)
    expected = oracle.gradients(network.model, sheet, x, direction, network.form)
    found = unpack(network.layout, got, units(network.layout, arrays))
    for name, value in expected.items():
        if name in found:
            hint = "Mend the forward pass first: its output is not right."
            if network.follows_sheet:
                # The gradient of W_ph is made of the last state alone, here of a second pass.
                hint = FRESH if name == "W_ph" else ""
            close(
                found[name],
                value,
                f"The gradient of {name} is that of the sheet's equations.",
                tolerance=10 * network.tolerance,
                where=place(network, sizes),
                hint=hint,
                mistakes=gradient_misconceptions(
                    network.model, name, sheet, x, direction, network.form
                ),
            )


def gradients_agree_with_differences(network: Network, rng: Random) -> None:
    """Central differences of the student's own forward pass, along a random line per parameter."""
    sizes = Sizes(B=3, T=5, d=1, n=6)
    digits = rng.integers(0, 3, (sizes.B, sizes.T)).astype(float)  # small: little curvature
    arrays = network.draw(rng, sizes)
    direction = rng.normal(size=(sizes.B, sizes.K))
    gradients = network.gradients(sizes, arrays, digits, direction)
    check_all_present(network, gradients)
    # The step balances the rule's own error, step², against rounding, precision / step.
    step, tolerance = (1e-5, 1e-6) if network.way.precision == "float64" else (1e-2, 5e-2)
    lines = {name: rng.normal(size=a.shape) / max(a.size, 1) ** 0.5 for name, a in arrays.items()}
    cases = [
        ({**arrays, name: arrays[name] + sign * step * lines[name]}, digits)
        for name in gradients
        for sign in (1, -1)
    ]
    plain = (arrays, digits)
    first, *outputs, again = network.outputs(sizes, [plain, *cases, plain])
    check_fresh(network, sizes, first, again)
    values = [float((direction * output).sum()) for output in outputs]
    scale = max(float(np.abs(gradient).max()) for gradient in gradients.values())
    for index, (name, gradient) in enumerate(gradients.items()):
        numeric = (values[2 * index] - values[2 * index + 1]) / (2 * step)
        analytic = float((gradient * lines[name]).sum())
        require(
            abs(numeric - analytic) <= tolerance * max(scale, abs(numeric)),
            f"The gradient of {name} is the slope of the output.",
            expected=f"{numeric:.6g} by finite differences of your own forward",
            got=f"{analytic:.6g} by backward()",
            where=place(network, sizes),
            hint="The graph is cut somewhere on the way: look for .data, .detach(), detach_(), "
            "torch.no_grad() or a state that is copied into another tensor.",
        )


def check_all_present(network: Network, gradients: Weights) -> None:
    """Every parameter that the equations use has a gradient."""
    for name in network.layout:
        require(
            name in gradients,
            f"backward() reaches every parameter: {name}.",
            expected="a gradient",
            got="none",
            where=f"{network.file}, {network.model}",
            hint="The parameter is not used in forward, or the graph is cut behind it "
            "(.data, .detach(), torch.no_grad()), or the parameter asks for none (requires_grad).",
        )


def treats_rows_alone(network: Network, rng: Random) -> None:
    arrays = network.draw(rng, SMALL)
    digits = oracle.random_digits(rng, SMALL.B, SMALL.T)
    others = digits.copy()
    others[1:] = (others[1:] + 1 + oracle.random_digits(rng, SMALL.B - 1, SMALL.T) % 9) % 10
    first, second = network.outputs(SMALL, [(arrays, digits), (arrays, others)])
    close(
        second[0],
        first[0],
        "Row 0 of the output stays the same when the other rows of the input change.",
        tolerance=network.tolerance,
        where=place(network, SMALL),
        hint="Sequences of a batch must not see each other: look for sums or means over the batch, "
        "and for a state that outlives a call.",
    )


def starts_afresh(network: Network, rng: Random) -> None:
    arrays = network.draw(rng, SMALL)
    one, other = (oracle.random_digits(rng, SMALL.B, SMALL.T) for _ in range(2))
    first, _, again = network.outputs(SMALL, [(arrays, one), (arrays, other), (arrays, one)])
    check_fresh(network, SMALL, first, again)


def check_fresh(network: Network, sizes: Sizes, first: Array, again: Array) -> None:
    """Two outputs of one network for the same input are the same."""
    close(
        again,
        first,
        "The same input gives the same output, whatever was read before.",
        tolerance=network.tolerance,
        where=place(network, sizes),
        hint=FRESH,
    )


def reads_every_digit(network: Network, rng: Random) -> None:
    """Small digits, so that no tanh is saturated; five draws, of which one must show the digit."""
    unread = set(range(SMALL.T))
    for _ in range(5):
        arrays = network.draw(rng, SMALL)
        digits = rng.integers(0, 2, (SMALL.B, SMALL.T)).astype(float)
        changed = [digits + (np.arange(SMALL.T) == t) for t in range(SMALL.T)]
        base, *others = network.outputs(SMALL, [(arrays, x) for x in (digits, *changed)])
        unread -= {t for t, other in enumerate(others) if not np.array_equal(base, other)}
    which = ", ".join(str(t + 1) for t in sorted(unread))
    require(
        not unread,
        "Every digit that is read matters for the output.",
        expected=f"another output when one of the {SMALL.T} digits changes",
        got=f"the very same output when digit {which} changes",
        where=place(network, SMALL),
        hint="Look at where the loop over time begins and ends, and at what enters the next step.",
    )


def takes_other_batches(network: Network, rng: Random) -> None:
    arrays = network.draw(rng, SMALL)
    digits = oracle.random_digits(rng, SMALL.B + 3, SMALL.T)
    (whole,) = network.outputs(SMALL, [(arrays, digits)])
    (part,) = network.outputs(SMALL, [(arrays, digits[: SMALL.B])])
    require(
        matches(whole[: SMALL.B], part, network.tolerance),
        "A batch of another size than the constructor's gives the same rows.",
        where=place(network, SMALL),
    )


def place(network: Network, sizes: Sizes) -> str:
    return f"{network.file}, {network.model}.forward; {sizes}"
