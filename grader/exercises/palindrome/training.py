"""The judge's side of a training: it runs the script, and stops it when the verdict is sure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from grader.checks.arrays import require
from grader.core.failures import Failure
from grader.exercises.palindrome import oracle, probes_results, probes_train
from grader.exercises.palindrome.network import LARGEST, Network
from grader.exercises.palindrome.oracle import Weights
from grader.exercises.palindrome.probes_results import Results
from grader.exercises.palindrome.probes_train import Observation
from grader.sandbox.student import Student

LENGTH = 5  # digits of a palindrome, of which the network reads one less
SECONDS = 240.0  # of processor time
PATIENCE = 4.0  # seconds of waiting for a second of processor time, on a busy machine
SHORT_SECONDS = 40.0  # of processor time, for the run that shows results and figures
THRESHOLD = 0.99
WORK = 1_000_000  # numbers in all weights that are tried, if more than those at the end
LONGEST = 8  # digits of palindromes that are all tried; there are 10 000 of them
NO_GRADIENTS = (
    "The parameters of the optimizer get no gradients: is it made for the network whose loss is "
    "computed?"
)
NOTHING: Results = {
    "history": {}, "accuracy": None, "rows": 0, "steps": 0, "figures": [], "trouble": "",
}  # fmt: skip


@dataclass
class Training:
    """A training as far as it was seen; ``accuracy`` is the best that its weights reach."""

    student: Student
    path: str
    model: str
    seen: Observation
    accuracy: float | None

    def results(self) -> Results:
        """Return the history and the figures of a short training."""

        def run() -> Results:
            try:
                found: Results = self.student.run_script(
                    probes_results.results,
                    self.path,
                    seconds=SHORT_SECONDS * PATIENCE,
                    model=self.model,
                    length=LENGTH,
                    limit=SHORT_SECONDS * self.student.time_scale,
                )
            except Failure as failure:
                if failure.status != "timeout":
                    raise
                return {**NOTHING, "trouble": failure.got}
            return found

        return self.student.remember(f"results {self.model}", run)


def trained(student: Student, model: str, network: Network | None) -> Training:
    """Run the student's training until its weights reach the threshold, or it ends.

    Args:
        model: "RNN" or "LSTM".
        network: What judges the weights. Without it, a training is only begun.
    """

    def run() -> Training:
        path = script_for(student, model)
        best: list[tuple[float, Observation]] = []

        def reply(seen: Observation) -> str:
            if network is None:
                return "enough"
            try:
                best.append((accuracy(network, seen["weights"], length_of(seen)), seen))
            except Failure:
                return "enough"  # the test that needs the weights says why
            return "enough" if best[-1][0] >= THRESHOLD else "go on"

        try:
            seen = student.run_script(
                probes_train.observe,
                path,
                seconds=SECONDS * PATIENCE,
                reply=reply,
                model=model,
                length=LENGTH,
                limit=SECONDS * student.time_scale,
            )
        except Failure:
            if not best or best[-1][0] < THRESHOLD:
                raise
            # It was good enough before that happened.
            seen = {**best[-1][1], "first": best[0][1]["first"]}
        if seen["banned"]:
            raise Failure(
                "The loop should use no layer that the sheet does not allow.",
                expected="matrix products of your own parameters",
                got=f"forward or backward ran {', '.join(seen['banned'])}",
                status="blocked",
            )
        return Training(student, path, model, seen, max((a for a, _ in best), default=None))

    return student.remember(f"training {model}", run)


def script_for(student: Student, model: str) -> str:
    """Return the file that trains a model: train.py, or the likeliest by name and content."""
    sources = {
        file: student.submission.source_of(file)
        for file in student.submission.files
        if file.suffix.lower() == ".py"
    }
    own = model.lower()
    other = "rnn" if own == "lstm" else "lstm"

    def rank(file: PurePosixPath) -> tuple[Any, ...]:
        name, text = file.stem.lower(), sources[file]
        trains = ".backward(" in text or "train" in text
        return (
            name == "train" and trains,
            "train" in name and own in name,
            "train" in name and other not in name,
            "train" in name,
            ".backward(" in text and own in name,
            ".backward(" in text and "__main__" in text,
            "__main__" in text and "train" in text,
            ".backward(" in text,
            -len(file.parts),
        )

    ranked = sorted(sources, reverse=True)
    best = max(ranked, key=rank, default=None)
    if best is None or not any(rank(best)[:-1]):
        return student.find("train.py", ("train",))
    return str(best)


def check_steps(training: Training) -> None:
    """Fail unless an optimizer of torch.optim has stepped."""
    require(
        training.seen["steps"] >= 1,
        "An optimizer of torch.optim should train the network.",
        expected="a step for each batch",
        got="0 steps",
        where=training.path,
    )


def reaches_the_threshold(network: Network, training: Training) -> None:
    """Fail unless the weights know every palindrome of the length that was trained.

    All palindromes of the length are tried, so that an accuracy is exact, not a sample's.

    RMSprop's last step may be an unlucky one: at the sheet's learning rate, accuracies of right
    networks that have converged jump by a percent from step to step. So the weights of the last
    hundred steps, every tenth, count as well as the last ones.
    """
    check_steps(training)
    seen = training.seen
    weights: Weights = seen["weights"]
    require(
        set(network.fit.mapping.parts) <= set(weights),
        "The optimizer should change the network that the sheet asks for.",
        expected=f"a {network.model} with the parameters {', '.join(network.fit.mapping.parts)}",
        got=f"a {seen['kind']} with the parameters {', '.join(weights) or 'none'}"
        if seen["kind"]
        else "parameters of no network",
        where=training.path,
        hint="" if seen["has_gradients"] else NO_GRADIENTS,
    )
    bad = [name for name, array in weights.items() if not np.isfinite(array).all()]
    require(
        not bad,
        "The trained weights should be finite numbers.",
        got=f"NaN or infinity in {', '.join(bad)}",
        hint="The loss has overflowed: is the gradient clipped between backward() and step()?",
    )
    length = length_of(seen)
    require(
        accuracy(network, seen["first"], length) < THRESHOLD,
        "The network should be trained from the start.",
        expected="weights that know nothing yet",
        got="weights that reach the threshold before the first step",
        where=training.path,
    )
    reached = [accuracy(network, tried, length) for tried in affordable(seen)]
    best = max([*reached, training.accuracy or 0.0])
    if best < THRESHOLD:
        raise missed(network, training, best)


def missed(network: Network, training: Training, best: float) -> Failure:
    """Return the failure of a training that has not reached the threshold, with its reason."""
    seen = training.seen
    failure = Failure(
        f"The network should learn to predict the last of {length_of(seen)} digits.",
        expected=f"{THRESHOLD:.0%} of all palindromes right, with the trained weights in the "
        "sheet's equations",
        got=f"{best:.1%} right after {seen['steps']} steps",
        where=training.path,
    )
    if not network.follows_sheet:
        failure.hint = "The network does not follow the sheet's equations yet: mend that first."
    elif not seen["has_gradients"]:
        failure.hint = NO_GRADIENTS
    if seen["ended"] == "time":
        return dataclasses.replace(
            failure,
            status="timeout",
            got=f"{failure.got}, when its {SECONDS:g} s of processor time were used up",
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
        )
        if work and work + size > WORK:
            return
        work += size
        yield weights


def accuracy(network: Network, weights: Weights, length: int) -> float:
    """Return the share of all palindromes whose last digit the sheet's equations give."""
    digits, target = oracle.all_palindromes(length)
    try:
        sheet = network.sheet_weights(weights)
        p = oracle.output(network.model, sheet, network.inputs(weights, sheet, digits))
    except (ValueError, KeyError, IndexError, RuntimeError) as error:
        raise Failure(
            "The trained weights should have the shapes that the network's constructor gives them.",
            got=f"shapes {', '.join(str(list(array.shape)) for array in weights.values())}",
        ) from error
    return float((p.argmax(1) == target).mean())
