"""Say what is wrong with a network beyond its numbers."""

from __future__ import annotations

import numpy as np

from grader.checks.mistakes import Mistake, first_match
from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.mistakes import variants
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.parameters.cuts import SURVEYS
from grader.exercises.palindrome.parameters.fit import DEFAULTS
from grader.exercises.palindrome.parameters.names import sheet_name

REPEATED = Mistake(
    "output_changes_from_call_to_call",
    "The same input gives another output in each call. Look for weights that are created anew in "
    "forward (they belong into __init__), dropout that is always on (training=True), random "
    "numbers, memory that was never set (torch.empty) where zeros should be, or a state that is "
    "carried over from one call to the next.",
)


def unexplained(network: Network, *, repeated: bool) -> str:
    """Return a hint on a wrong output that no mistake's numbers explain.

    Args:
        network: The student's.
        repeated: Whether a second call gave the same output.
    """
    hints = [_outside(network, name) for name in network.fit.mapping.extra]
    return next(iter(hints), "" if repeated else REPEATED.hint)


def _outside(network: Network, name: str) -> str:
    """Return what to say of a parameter that moves the output, but belongs to no equation."""
    if SURVEYS[0].B in network.registered.get(name, ()):
        return (
            f"{name} has numbers of its own for each sample of the batch: an initial state or a "
            "bias is one vector (n,), the same for all sequences."
        )
    return (
        f"{name} moves the output, but stands in none of the equations: the cell's (8), for one, "
        "has no bias."
    )


def lacking(network: Network, missing: list[str]) -> tuple[str, str]:
    """Return a hint on missing parameters, and the mistake's id."""
    if network.plain:
        hint = (
            f"No optimizer will ever change {', '.join(network.plain)}, for model.parameters() "
            "lacks them: wrap each in nn.Parameter, as the last thing that is done to it (no "
            ".to() or .double() after it), and a list of them in nn.ParameterList."
        )
        return hint, "parameter_not_registered"
    for name, names in network.fit.mapping.shared().items():
        if all(key.startswith("b") for key in names):
            hint = (
                f"One bias, {name}, is added in {'all four' if len(names) == 4 else 'several'} "
                "gates: each gate has a bias of its own."
            )
            return hint, "one_bias_for_all_gates"
        return f"{name} is used as {' and as '.join(names)}.", "parameter_of_another_gate"
    if network.fit.mistake is not None:
        return network.fit.mistake.hint, network.fit.mistake.id
    found = _per_sample(network, missing) or _elementwise(network, missing)
    if found:
        return found
    if missing == ["b_p"]:
        return "b_p is missing: the output's equation, (2) or (10), has a bias.", "no_output_bias"
    if any(name.startswith("b_") for name in missing):
        return "Each equation has a bias of its own, one number per unit.", ""
    return "", ""


def _per_sample(network: Network, missing: list[str]) -> tuple[str, str] | None:
    """Return a hint on a bias with numbers for each sample, and the mistake's id."""
    for name, shape in network.registered.items():
        if SURVEYS[0].B in shape and any(key.startswith("b") for key in missing):
            hint = (
                f"{name} has numbers of its own for each sample of the batch. Each equation has a "
                "bias of its own, one number per unit, shared by all sequences."
            )
            return hint, "parameter_per_sample"
    return None


def _elementwise(network: Network, missing: list[str]) -> tuple[str, str] | None:
    """Return a hint on a vector in the place of a recurrent matrix, and the mistake's id."""
    vectors = [
        name
        for name in network.fit.mapping.extra
        if [size for size in network.registered.get(name, ()) if size > 1] == [SURVEYS[0].n]
    ]
    recurrent = [name for name in missing if name.startswith("W") and name.endswith("h")]
    if vectors and recurrent:
        hint = (
            f"{recurrent[0]} is an [n, n] matrix and is multiplied as a matrix; {vectors[0]} has "
            "only n numbers, so that it acts elementwise, as a diagonal."
        )
        return hint, "elementwise_recurrence"
    return None


def known_mistake(network: Network) -> Mistake | None:
    """Return the mistake in the equations that explains the network's output, if one does.

    A parameter that is missing is none of these: without it, the sheet's equations have a zero.
    """
    if network.follows_sheet or network.missing():
        return None
    rng = np.random.default_rng(0)
    arrays = network.draw(rng, DEFAULTS, whole=True)
    digits = oracle.random_digits(rng, DEFAULTS.B, DEFAULTS.T)
    (got,) = network.run(DEFAULTS, [(arrays, digits)])
    sheet = network.sheet_weights(arrays)
    known = variants(network.model, sheet, network.inputs(arrays, sheet, digits), network.form)
    return first_match(got, known, network.tolerance)


def untidy(network: Network) -> list[str]:
    """Return advice on what works, but could be clearer."""
    mapping, found = network.fit.mapping, []
    if mapping.dead:
        found.append(
            f"{', '.join(mapping.dead)} moves nothing: what is left over can go. A state is no "
            "parameter, torch.zeros in forward does."
        )
    for name, part in mapping.parts.items():
        own = sheet_name(network.model, name)
        held = [key for names in part.targets for key in names]
        if network.fit.exact and own and own not in held:
            found.append(f"{name} is {' and '.join(held)} of the equations: exchange the names.")
        if set(held) & {"h_0", "c_0"}:
            found.append(f"{name} is a trainable initial state; the sheet's is zero.")
    for name, constant in mapping.shifts.items():
        found.append(
            f"forward adds {constant:g} to {name}: begin with {name} at that value instead, and "
            "the equation stands as it is."
        )
    if network.fit.input_format.surplus:
        found.append(
            "seq_length is not the number of digits that forward receives: say so in a comment."
        )
    return found
