"""Compare a short training of a small network with gradient descent, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks.arrays import close, require, same
from grader.core.failures import Failure
from grader.exercises.given_rnn.oracle import (
    Array,
    Sizes,
    Weights,
    over_time,
    random_weights,
)
from grader.exercises.memory_task import oracle, probes_learner
from grader.exercises.memory_task.judging import LEARNER
from grader.exercises.memory_task.mistakes_learner import history_variants, step_variants
from grader.exercises.memory_task.oracle import Batch
from grader.sandbox.student import Student

Random = np.random.Generator
SMALL = Sizes(T=4, B=3, d=1, n=5, K=1)
TRAIN = LEARNER.place("Learner.train")
SPARE = 3  # batches that are there, but not asked for


def draw_batches(rng: Random, count: int) -> list[Batch]:
    """Draw so many batches, and a few to spare for loops that take more."""
    return [oracle.random_batch(rng, SMALL.T, SMALL.B) for _ in range(count + SPARE)]


def as_inputs(batches: list[Batch]) -> list[dict[str, Array]]:
    """Return batches as dicts, for a probe."""
    return [{"x": x, "y": y} for x, y in batches]


class ShortTraining:
    """A short training of a small network, as it should go and as the student's goes."""

    def __init__(
        self,
        student: Student,
        rng: Random,
        calls: tuple[int, ...],
        max_norm: float = oracle.FAR,
        relative: bool = False,
    ) -> None:
        """Run the training; if ``relative``, ``max_norm`` is in units of the first gradient."""
        self.steps = sum(calls)
        weights, self.batches = random_weights(rng, SMALL), draw_batches(rng, self.steps)
        if relative:
            first = over_time(oracle.gradients(weights, self.batches[0]))
            max_norm *= oracle.norm(first)
        self.max_norm, self.lr = max_norm, float(rng.uniform(0.1, 0.5))
        self.right = oracle.descend(weights, self.batches[: self.steps], self.lr, max_norm)
        self.found: dict[str, Any] = LEARNER.run(
            student,
            probes_learner.descent,
            weights=weights,
            batches=as_inputs(self.batches),
            calls=list(calls),
            lr=self.lr,
            max_norm=max_norm,
        )
        self.visited: list[Weights] = self.found["weights"]
        for visited in self.visited:
            require_shapes(visited, SMALL)
        self.changes = len(self.visited) - 1

    def require_steps(self) -> None:
        """Fail unless the weights after each step that was taken are those of gradient descent."""
        require(
            self.changes > 0,
            "Training should change the weights.",
            got="the weights that the network began with",
            where=TRAIN,
            hint="Is update called?",
        )
        shrinking = self.lr  # by each step that is clipped
        for k, (before, got) in enumerate(zip(self.right[:-1], self.visited[1:], strict=False)):
            norm = oracle.norm(over_time(oracle.gradients(before, self.batches[k])))
            shrinking *= min(1.0, self.max_norm / norm)
            for name, expected in self.right[k + 1].items():
                close(
                    got[name],
                    expected,
                    f"{name} after step {k + 1} should be gradient descent's on batch {k + 1}.",
                    where=f"{TRAIN}; lr = {self.lr:.4g}, max_norm = {self.max_norm:.4g}",
                    mistakes=step_variants(
                        name,
                        before,
                        (self.batches[k], self.batches[0]),
                        (self.lr, shrinking),
                        self.max_norm,
                    ),
                )

    def require_count(self) -> None:
        """Fail unless the weights have changed as often as they should."""
        require(
            self.changes == self.steps,
            "Training should take as many steps as it is asked for.",
            expected=f"changes of the weights: {self.steps}",
            got=f"changes of the weights: {self.changes}",
            where=TRAIN,
            hint="One step is a batch, forward, backward and update, and train(steps) takes "
            f"{'fewer' if self.changes > self.steps else 'more'} of them than this: look at where "
            "the loop begins and ends.",
        )

    def require_history(self) -> None:
        """Fail unless the history is the loss of each step, by the weights that there were."""
        steps = min(self.changes or self.steps, len(self.batches))
        weights = (self.visited if self.changes else self.visited * (steps + 1))[: steps + 1]
        same(
            kept(self.found),
            oracle.losses(weights[:-1], self.batches[:steps]),
            f"history has the loss of each of {steps} steps.",
            where=TRAIN,
            mistakes=history_variants(weights, self.batches[:steps]),
        )


def require_shapes(weights: Weights, sizes: Sizes) -> None:
    """Fail unless training has left the weights their shapes."""
    for name, shape in sizes.shapes().items():
        require(
            weights[name].shape == shape,
            f"{name} should keep its shape in training.",
            expected=f"shape {list(shape)}",
            got=f"shape {list(weights[name].shape)}",
            where=TRAIN,
            hint="Gradients per time step are summed over time before a weight is changed.",
        )


def kept(found: dict[str, Any]) -> Array:
    """Return the history; raise a Failure if there is none."""
    if found["history"] is None:
        raise Failure(
            "The Learner should keep the loss of each training step.",
            expected="a list Learner.history",
            got="no such list",
            where=LEARNER.place("Learner"),
            hint="Make the list self.history in the constructor, and append each step's loss.",
        )
    history: Array = found["history"]
    return history
