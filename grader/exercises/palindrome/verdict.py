"""Judge the weights that a training leads to."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from grader.checks.arrays import require
from grader.checks.mistakes import Mistake
from grader.core.failures import Failure
from grader.exercises.palindrome import mistakes, oracle
from grader.exercises.palindrome.equations import starts_afresh
from grader.exercises.palindrome.explaining import known_mistake
from grader.exercises.palindrome.network import LARGEST, TOO_LARGE, Network
from grader.exercises.palindrome.oracle import Array, Weights
from grader.exercises.palindrome.parameters.fit import DEFAULTS
from grader.exercises.palindrome.probes_train import Observation
from grader.exercises.palindrome.steps import check_begun, check_optimizer, no_gradients

if TYPE_CHECKING:
    from grader.exercises.palindrome.training import Training

SECONDS = 240.0  # of processor time, for a training
LENGTH = 5  # digits of a palindrome, of which the network reads one less
THRESHOLD = 0.99
# With weights that get less right, not one batch of 100 digits in 100 million is right to
# THRESHOLD; larger ones are even rarer. What loops stop with: docs/calibration.md, "Flakes".
BORNE_OUT = 0.8
FEW_STEPS = 100  # the quickest training that was seen needed 110
UNTAUGHT = 0.5  # of all palindromes, more than a network without training gets right
SURE_STEPS = 3000  # the slowest right networks known have learnt most after 2000
WORK = 1_000_000  # numbers in all weights that are tried, if more than those at the end
LONGEST = 8  # digits of palindromes that are all tried; there are 10 000 of them


def reaches_the_threshold(network: Network, training: Training) -> None:
    """Fail unless the weights know every palindrome of the length that was trained.

    All palindromes of the length are tried, so that an accuracy is exact, not a sample's.

    RMSprop's last step may be an unlucky one: at the sheet's learning rate, accuracies of right
    networks that have converged jump by a percent from step to step. So the weights of the last
    hundred steps, every tenth, count as well as the last ones. So do those before each of the last
    steps: a loop that stops when a batch is all right has been right before its last step.

    A loop can measure no more than batches. One that ends when a batch is right has measured what
    the sheet asks for, though its weights may know some palindromes less: see ``is_borne_out``.
    """
    seen = training.seen
    check_begun(seen, training.path)
    weights: Weights = seen["weights"]
    require(
        set(network.fit.mapping.parts) <= set(weights),
        "The optimizer should change the network that the sheet asks for.",
        expected=f"a {network.model} with the parameters {', '.join(network.fit.mapping.parts)}",
        got=f"a {seen['kind']} with the parameters {', '.join(weights) or 'none'}"
        if seen["kind"]
        else "parameters of no network",
        where=training.path,
        hint=no_gradients(seen) or "Is the optimizer made for the network that is trained?",
    )
    moving = [name for name in weights if name not in network.fit.mapping.dead]
    bad = [name for name in moving if not np.isfinite(weights[name]).all()]
    require(
        not bad,
        "The trained weights should be finite numbers.",
        got=f"NaN or infinity in {', '.join(bad)}",
        hint="The loss has overflowed: is the gradient clipped between backward() and step()?",
    )
    has_learnt_by_steps(network, training)
    reached = [accuracy(network, tried, seen) for tried in affordable(seen)]
    best = max([*reached, training.accuracy or 0.0])
    if best < THRESHOLD and not is_borne_out(seen, best):
        raise missed(network, training, best)
    # Where no optimizer of torch steps, the weights may have been written down.
    check_optimizer(seen, training.path)


def is_borne_out(seen: Observation, best: float) -> bool:
    """Return whether a loop has ended itself at a right batch, and was not just lucky.

    Args:
        seen: The training at its end.
        best: The share of all palindromes that its weights get right.
    """
    return not seen["ended"] and seen["batch"] >= THRESHOLD and best >= BORNE_OUT


def has_learnt_by_steps(network: Network, training: Training) -> None:
    """Fail unless the weights knew little at first, and the optimizer alone has changed them."""
    seen = training.seen
    require(
        (at_first := accuracy(network, seen["first"], seen)) < UNTAUGHT,
        "The network should be trained from the start.",
        expected="weights that know nothing yet",
        got=f"weights that get {at_first:.0%} of all palindromes right before the first step",
        where=training.path,
        hint="Begin with the weights that the constructor draws; load none.",
    )
    require(
        not (changed := [name for name in seen["moved"] if is_used(network, name)]),
        "The optimizer alone should change the weights in a training.",
        expected="weights that stay as they are between one step and the next",
        got=f"other numbers in {', '.join(changed)} when the next step began",
        where=training.path,
        hint="Look for assignments to parameters, load_state_dict, and a second optimizer.",
    )


def is_hopeless(network: Network, seen: Observation, reached: float) -> bool:
    """Return whether a training need not be awaited: it is of a network of unknown equations.

    Its weights are judged in the sheet's equations. If they get less than half of all palindromes
    right there after many steps, the steps that are left don't change that. A right network, and
    one with a known mistake, are awaited to the end.
    """
    is_unknown = not network.follows_sheet and not mistake_of(network)
    return is_unknown and seen["steps"] >= SURE_STEPS and reached < UNTAUGHT


def is_used(network: Network, name: str) -> bool:
    """Return whether a parameter holds weights or biases; initial states may be set anew."""
    part = network.fit.mapping.parts.get(name)
    return part is not None and any(key[0] in "Wb" for keys in part.targets for key in keys)


def missed(network: Network, training: Training, best: float) -> Failure:
    """Return the failure of a training that has not reached the threshold, with its reason."""
    seen = training.seen
    hint = "The network does not follow the sheet's equations yet: mend that first."
    if network.follows_sheet:
        hint = no_gradients(seen) or stale_state(network) or unlearned(seen, best)
    failure = Failure(
        f"The network should learn to predict the last of {length_of(seen)} digits.",
        expected=f"{THRESHOLD:.0%} of all palindromes right, with the trained weights in "
        + ("your own equations" if mistake_of(network) else "the sheet's equations"),
        got=f"{best:.1%} right after {seen['steps']} steps",
        where=training.path,
        hint=hint,
    )
    seconds = SECONDS * training.student.time_scale
    if seen["ended"] == "time":
        return dataclasses.replace(
            failure,
            status="timeout",
            got=f"{failure.got}, when its {seconds:g} s of processor time were used up",
            where=seen["where"] or training.path,
        )
    if seen["ended"] not in ("", "enough", "steps"):
        return dataclasses.replace(
            failure,
            status="error",
            got=f"{failure.got}, then {seen['ended']}",
            where=seen["where"] or training.path,
        )
    return failure


def stale_state(network: Network) -> str:
    """Return a hint on a network that begins with what was left of its last call; "" if none is."""
    try:
        starts_afresh(network, np.random.default_rng(0))
    except Failure as failure:
        return failure.hint
    return ""


def unlearned(seen: Observation, best: float) -> str:
    """Return a hint on a training that went by gradients, and did not learn enough."""
    if best >= BORNE_OUT and not seen["ended"]:
        return "The network learns, and its loop ends too early: look at what ends it."
    if seen["steps"] < FEW_STEPS:
        return (
            "So few steps teach no network: look at how long the loop runs, and at what ends it "
            "early."
        )
    return (
        "The equations are right, and gradients arrive. Look at what is learned: the target, the "
        "loss, the learning rate, and whether a step goes by its own batch."
    )


def length_of(seen: Observation) -> int:
    """Return the digits of the palindromes that were trained on, if they are no easier."""
    return seen["read"] + 1 if LENGTH <= seen["read"] + 1 <= LONGEST else LENGTH


def affordable(seen: Observation) -> Iterator[Weights]:
    """Yield the weights to judge: the last, then the newest others, while that costs little."""
    work = 0
    for weights in (seen["weights"], *reversed(seen["recent"])):
        size = sum(array.size for array in weights.values())
        require(
            size <= LARGEST,
            "The network should have no more parameters than it needs.",
            expected=f"at most {LARGEST:,} numbers",
            got=f"{size:,}",
            hint=TOO_LARGE,
        )
        if work and work + size > WORK:
            return
        work += size
        yield weights


def mistake_of(network: Network) -> Mistake | None:
    """Return the mistake that the network has lost points for already, if it is a known one."""

    def find() -> Mistake | None:
        with contextlib.suppress(Failure):
            return known_mistake(network)
        return None

    return network.student.remember(f"mistake of the {network.model}", find)


def accuracy(network: Network, weights: Weights, seen: Observation) -> float:
    """Return the share of all palindromes whose last digit the sheet's equations give.

    The digits are coded as in the training. A network with a known mistake has lost points for it
    already: the equations with that mistake count as well.
    """
    digits, target = oracle.all_palindromes(length_of(seen))
    try:
        sheet = network.sheet_weights(weights)
        x = network.inputs(weights, sheet, digits, seen["codes"])
        p = oracle.output(network.model, sheet, x)
    except (ValueError, KeyError, IndexError, RuntimeError) as error:
        raise Failure(
            "The trained weights should have the shapes that the network's constructor gives them.",
            got=f"shapes {', '.join(str(list(array.shape)) for array in weights.values())}",
            hint="Make every parameter in the constructor, and give it no other shape later.",
        ) from error
    reached = float((p.argmax(1) == target).mean())
    if reached < THRESHOLD and (mistake := mistake_of(network)):
        p = with_mistake(mistake, network, sheet, x)
        reached = max(reached, float((p.argmax(1) == target).mean()))
    return reached


def with_mistake(mistake: Mistake, network: Network, sheet: Weights, x: Array) -> Array:
    """Return p (N, K) by the equations with a mistake, for inputs (N, T, d) in training's batches.

    Some mistakes mix the rows of a batch; the last batch is filled up with the first rows.
    """
    recursion, tensors = mistakes.recursion_with(mistake), mistakes.as_tensors(sheet)
    size = DEFAULTS.B
    padded = np.concatenate([x, x[: -len(x) % size]])
    batches = torch.split(torch.from_numpy(padded), size)
    outputs = [recursion.run(network.model, tensors, batch) for batch in batches]
    return torch.cat(outputs).detach().numpy()[: len(x)]
