"""Check both networks of the sheet; the tests say which checks, and for how many points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from grader.bans.static import banned_uses
from grader.checks.arrays import (
    close,
    require,
    require_in_sources,
    require_untampered,
    require_unused,
)
from grader.checks.mistakes import Variant, matches
from grader.core.failures import Failure
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.bans import BANNED
from grader.exercises.palindrome.explaining import REPEATED, lacking, unexplained, untidy
from grader.exercises.palindrome.mistakes import variants
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.oracle import Array, Sizes, Weights
from grader.exercises.palindrome.parameters.fit import DEFAULTS, ONE_DIGIT

Random = np.random.Generator
FRESH = (
    "The state is carried over from one call to the next, or starts from random numbers or from "
    "memory that was never set (torch.empty): begin each forward with zeros."
)
SMALL = Sizes(B=4, T=5, d=1, n=7)  # B ≠ T: outputs of all steps come batch first or time first


def several_sizes(rng: Random) -> list[Sizes]:
    """Draw sizes from one digit to 29, single rows and batches, B ≠ n, B ≠ T, n ≠ K, B ≠ K.

    A shape then tells which of several tensors that forward returns is the output.
    """
    n = int(rng.choice([5, 6, 7, 9, 11]))
    return [
        Sizes(B=3, T=int(rng.integers(4, 9)), d=1, n=n),
        Sizes(B=n + 2, T=int(rng.integers(14, 20)), d=1, n=n),
        Sizes(B=2, T=29, d=1, n=8),
        ONE_DIGIT,  # last, for many mistakes look alike here
    ]


def workable(network: Network, sizes: Sizes) -> Sizes:
    """Return the sizes, or the sheet's where the network runs at no others.

    A size that is written into the code costs the checks of other sizes, and no others.
    """
    return sizes if network.runs_small(SMALL) else DEFAULTS


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
    what, allowed = "Only layers that the sheet allows should be used.", "your own matrix products"
    scan = partial(banned_uses, BANNED, is_program=is_program)
    require_unused(sources, scan, what, allowed)
    require_untampered(sources, allowed, is_program=is_program)


def has_the_right_shape(network: Network, rng: Random) -> None:
    """Check the output's shape at the sheet's sizes and at others."""
    for sizes in (DEFAULTS, *several_sizes(rng)):
        digits = oracle.random_digits(rng, sizes.B, sizes.T)
        network.run(sizes, [({}, digits)])


def has_the_parameters(network: Network, rng: Random) -> None:
    """Check that every weight and bias of the equations is a trainable parameter."""
    missing = network.missing()
    if not missing:
        return
    registered = ", ".join(f"{k} {list(v)}" for k, v in network.registered.items()) or "none"
    hint, mistake = lacking(network, missing)
    if not mistake and not repeats(network, rng):
        hint, mistake = REPEATED.hint, REPEATED.id
    raise Failure(
        "Every weight and bias of the equations should be a trainable parameter.",
        expected=", ".join(oracle.shapes(network.model, 1, 1, 1)),
        got=f"nothing that could be {', '.join(missing)}, among the parameters {registered}",
        where=f"{network.file}, {network.model}.__init__",
        hint=hint,
        mistake=mistake,
    )


def repeats(network: Network, rng: Random) -> bool:
    """Return whether the same input gives the same output twice."""
    sizes = workable(network, SMALL)
    case = (network.draw(rng, sizes), oracle.random_digits(rng, sizes.B, sizes.T))
    first, again = network.run(sizes, [case, case])
    return np.array_equal(first, again)


def agrees_with_the_equations(network: Network, rng: Random, all_sizes: list[Sizes]) -> None:
    """Compare the output with that of the equations."""
    for sizes in all_sizes:
        digits = oracle.random_digits(rng, sizes.B, sizes.T)
        arrays = network.draw(rng, sizes, whole=True)
        got, again = network.run(sizes, [(arrays, digits)] * 2)
        sheet = network.sheet_weights(arrays)
        x = network.inputs(arrays, sheet, digits)
        missing = network.missing()
        if missing:
            raise Failure(
                "The output should need every parameter of the equations.",
                got=f"no {', '.join(missing)} among the parameters",
                where=place(network, sizes),
                hint=lacking(network, missing)[0],
                mistake=lacking(network, missing)[1],
            )
        repeated = np.array_equal(got, again)
        close(
            got,
            oracle.output(network.model, sheet, x, network.form),
            f"The {network.form} of the last step should be those of the sheet's equations.",
            tolerance=network.tolerance,
            where=place(network, sizes),
            hint=unexplained(network, repeated=repeated),
            mistakes=variants(network.model, sheet, x, network.form),
        )


def treats_rows_alone(network: Network, rng: Random) -> None:
    """Check that the other rows of the input don't change row 0 of the output."""
    sizes = workable(network, SMALL)
    arrays = network.draw(rng, sizes)
    digits = oracle.random_digits(rng, sizes.B, sizes.T)
    others = digits.copy()
    others[1:] = (others[1:] + 1 + oracle.random_digits(rng, sizes.B - 1, sizes.T) % 9) % 10
    first, second = network.run(sizes, [(arrays, digits), (arrays, others)])
    close(
        second[0],
        first[0],
        "Row 0 of the output should stay the same when the other rows of the input change.",
        tolerance=network.tolerance,
        where=place(network, sizes),
        hint="Sequences of a batch must not see each other: look for sums or means over the batch, "
        "and for a state that outlives a call.",
        mistakes=in_row_0(network, arrays, others),
    )


def in_row_0(network: Network, arrays: Weights, digits: Array) -> Iterator[Variant]:
    """Yield each mistake with the output (K,) that it gives for the first row."""
    sheet = network.sheet_weights(arrays)
    x = network.inputs(arrays, sheet, digits)
    for mistake, value in variants(network.model, sheet, x, network.form):
        yield mistake, partial(_first_row, value)


def _first_row(value: Callable[[], ArrayLike]) -> Array:
    return np.asarray(np.asarray(value())[0])


def starts_afresh(network: Network, rng: Random) -> None:
    """Check that no state is carried from one call to the next."""
    sizes = workable(network, SMALL)
    arrays = network.draw(rng, sizes)
    one, other = (oracle.random_digits(rng, sizes.B, sizes.T) for _ in range(2))
    first, _, again = network.run(sizes, [(arrays, one), (arrays, other), (arrays, one)])
    check_fresh(network, sizes, first, again)


def check_fresh(network: Network, sizes: Sizes, first: Array, again: Array) -> None:
    """Check that two outputs of one network for the same input are the same."""
    close(
        again,
        first,
        "The same input should give the same output, whatever was read before.",
        tolerance=network.tolerance,
        where=place(network, sizes),
        hint=FRESH,
    )


def reads_every_digit(network: Network, rng: Random) -> None:
    """Check that each digit matters: small ones, which saturate nothing, in one of five draws."""
    sizes = workable(network, SMALL)
    unread = set(range(sizes.T))
    for _ in range(5):
        arrays = network.draw(rng, sizes)
        digits = rng.integers(0, 2, (sizes.B, sizes.T)).astype(float)
        changed = [digits + (np.arange(sizes.T) == t) for t in range(sizes.T)]
        base, *others = network.run(sizes, [(arrays, x) for x in (digits, *changed)])
        unread -= {t for t, other in enumerate(others) if not np.array_equal(base, other)}
    which = ", ".join(str(t + 1) for t in sorted(unread))
    require(
        not unread,
        "Every digit that is read should matter for the output.",
        expected=f"another output when one of the {sizes.T} digits changes",
        got=f"the very same output when digit {which} changes",
        where=place(network, sizes),
        hint="Look at where the loop over time begins and ends, and at what enters the next step.",
    )


def takes_other_batches(network: Network, rng: Random) -> None:
    """Check a batch of another size than the constructor's."""
    arrays = network.draw(rng, SMALL)
    digits = oracle.random_digits(rng, SMALL.B + 3, SMALL.T)
    (whole,) = network.run(SMALL, [(arrays, digits)])
    (part,) = network.run(SMALL, [(arrays, digits[: SMALL.B])])
    require(
        matches(whole[: SMALL.B], part, network.tolerance),
        "A batch of another size than the constructor's should give the same rows.",
        where=place(network, SMALL),
        hint="Take the size of the batch from x, as x.shape[0], and not from the constructor.",
    )


def is_tidy(network: Network) -> None:
    """Check that nothing is left over and that names are the sheet's; this is advice."""
    hints = untidy(network)
    require(
        not hints,
        "Parameters should be the sheet's, under their names.",
        where=f"{network.file}, {network.model}",
        hint="\n".join(hints),
    )


def place(network: Network, sizes: Sizes) -> str:
    """Return where a check of these sizes looks."""
    return f"{network.file}, {network.model}.forward; {sizes}"
