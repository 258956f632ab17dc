"""Probe a student's memory_task.py; runs in the worker.

Functions that take a model are given one of the kit's, so that a wrong RNN costs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from itertools import count
from types import ModuleType
from typing import Any, TypedDict

import numpy as np

from grader.core.figure_data import Description
from grader.exercises.given_rnn.network import Array, Arrays, Network
from grader.exercises.memory_task.calling import ALIASES, call
from grader.exercises.memory_task.probes_learner import Batches, Recorder
from grader.worker.answering import Unusable
from grader.worker.calling import find, takes
from grader.worker.figure_capture import drawn_figure
from grader.worker.values import array, brief, named, number, raised

FAR_OFF = 10.0  # the error of a guess that is wrong by any tolerance
# Data


def samples(
    module: ModuleType, batch_size: int, seq_length: int, batches: int, seeds: list[int | None]
) -> list[Batches]:
    """Return so many batches for each seed.

    A function that returns one batch, instead of a generator, is called again for each, with the
    next seed.
    """
    found = []
    for seed in seeds:
        data = generate(module, batch_size, seq_length, seed)
        if not hasattr(data, "__next__"):
            further = (None if seed is None else seed + k for k in count())
            data = (generate(module, batch_size, seq_length, rng) for rng in further)
        found.append(take(data, batches))
    return found


def endless(module: ModuleType, batch_size: int, seq_length: int, batches: int) -> None:
    """Take so many batches, and fail if the student's data are no generator or end before."""
    data = generate(module, batch_size, seq_length, None)
    if not hasattr(data, "__next__"):
        raise Unusable(
            "generate_samples should be a Python generator.",
            expected="a generator, which yields (x, y) again and again",
            got=brief(data),
            hint="Does it yield anything?"
            if data is None
            else "return hands out one batch, once; yield makes the function a generator.",
        )
    take(data, batches)


def generate(module: ModuleType, batch_size: int, seq_length: int, rng: int | None) -> Any:
    """Call the student's generate_samples."""
    return call(module, "generate_samples", batch_size=batch_size, seq_length=seq_length, rng=rng)


def take(data: Iterator[Any], batches: int) -> Batches:
    """Return the next batches of a generator, each with x and y.

    Raises:
        Unusable: The generator ends before, or a batch has other parts.
    """
    found = []
    for index in range(batches):
        try:
            pair = next(data)
        except StopIteration:
            raise Unusable(
                "The data should never end.",
                expected=f"{batches} batches, and more",
                got=f"the generator is exhausted after {index}",
                hint="yield in a loop without an end: while True.",
            ) from None
        found.append(named(pair, ("x", "y"), "The parts of a batch"))
    return found


def takes_seed(module: ModuleType) -> bool:
    """Return whether the student's generate_samples has a parameter for a seed."""
    return takes(find(module, "generate_samples"), "rng", ALIASES)


def refused_sizes(module: ModuleType, sizes: list[list[int]]) -> list[list[str]]:
    """Return what asking for the first batch of each size raises."""

    def first(batch_size: int, seq_length: int) -> None:
        next(generate(module, batch_size, seq_length, None))

    return [raised(first, B, T) for B, T in sizes]


# Accuracy


def accuracies(module: ModuleType, cases: list[dict[str, Any]]) -> list[float]:
    """Return the student's accuracy for each case, whose guesses have known errors.

    The errors of a case are ``errors`` (batches, B, 1).
    """
    found = []
    for case in cases:
        # The second step of x is the error that the prediction has.
        data = (
            (np.stack([y, error]), y.copy())
            for y, error in zip(case["y"], case["errors"], strict=True)
        )
        values = {"batches": case["batches"], "tolerance": case["tolerance"]}
        got = call(module, "accuracy", predict=lambda x: x[0] + x[1], data=data, **values)
        found.append(number(got, "The accuracy"))
    return found


class Recall(Recorder):
    """Remembers sequences of some lengths, without being trained, and of no others."""

    def __init__(self, weights: Arrays, solvable: list[int]) -> None:
        super().__init__(weights)
        self.solvable = solvable
        self.updates: list[int] = []  # how many batches had been read when each of them came

    def forward(self, x: Array) -> Array:
        """Return each sequence's first number (B, 1), far off unless the length is solvable."""
        super().forward(x)
        return np.array(x[0]) + FAR_OFF * (len(x) not in self.solvable)

    def update(self, lr: float) -> None:
        """Update, and note how many batches were read before."""
        super().update(lr)
        self.updates.append(len(self.read))

    def report(self) -> dict[str, Any]:
        """Return how the network was treated.

        Returns:
            "lengths" that were read; number of "updates"; "tests": batches read after the last one;
            "seen": those of them that were read before it, too.
        """
        firsts = [float(x[0, 0, 0]) for x in self.read]
        trained = self.updates[-1] if self.updates else 0
        return {
            "lengths": sorted({len(x) for x in self.read}),
            "updates": len(self.updates),
            "tests": len(self.read) - trained,
            "seen": len(set(firsts[:trained]) & set(firsts[trained:])),
        }


def against_length(
    module: ModuleType,
    weights: Arrays,
    lengths: list[int],
    solvable: list[int],
    repetitions: int,
    steps: int,
) -> dict[str, Any]:
    """Return accuracies of models that need no training, and how each was treated.

    "perfect" and "hopeless" are the student's own accuracy for guesses that are always right, and
    always wrong.
    """
    models: list[Recall] = []

    def make_model(rng: Any = None) -> Recall:
        del rng  # it has the template's name, for calls by keyword
        models.append(Recall(weights, solvable))
        return models[-1]

    found = call(
        module,
        "accuracy_against_length",
        make_model=make_model,
        lengths=lengths,
        repetitions=repetitions,
        steps=steps,
        rng=None,
    )
    case = {"y": np.zeros((10, 4, 1)), "batches": 10, "tolerance": 0.1}
    perfect, hopeless = accuracies(
        module, [{**case, "errors": np.full((10, 4, 1), error)} for error in (0.0, FAR_OFF)]
    )
    return {
        "accuracies": array(found, "What accuracy_against_length returns"),
        "models": [model.report() for model in models],
        "perfect": perfect,
        "hopeless": hopeless,
    }


def trained_accuracies(
    module: ModuleType, lengths: list[int], hidden: int, steps: int, seed: int
) -> Array:
    """Return the accuracies of networks that do need training, (lengths, 1)."""

    def make_model(rng: Any = None) -> Network:
        draw = np.random.default_rng(rng).uniform
        shapes = {"W": (1, hidden), "R": (hidden, hidden), "V": (hidden, 1)}
        weights = {name: draw(-0.2, 0.2, shape) for name, shape in shapes.items()}
        return Network({**weights, "bs": np.zeros((hidden, 1)), "by": np.zeros((1, 1))})

    values = {"repetitions": 1, "steps": steps, "rng": np.random.default_rng(seed)}
    found = call(
        module, "accuracy_against_length", make_model=make_model, lengths=lengths, **values
    )
    return array(found, "What accuracy_against_length returns")


def longest(module: ModuleType, cases: list[dict[str, Any]]) -> list[float]:
    """Return what longest_solvable_length gives for each case."""
    return [
        number(call(module, "longest_solvable_length", **case), "The longest solvable length")
        for case in cases
    ]


def accuracy_figure(module: ModuleType, lengths: list[int], accuracies: Array) -> Description:
    """Return the student's figure of ``accuracies`` (lengths, repetitions).

    They are (lengths, repetitions).
    """
    return drawn_figure(
        lambda: call(module, "plot_accuracy", lengths=lengths, accuracies=accuracies.copy()),
        "plot_accuracy",
    )


# Vanishing gradients


def norms(module: ModuleType, weights: Arrays, x: Array) -> dict[str, Any]:
    """Return the gradient norms (T,), and the weights afterwards."""
    model = Network(weights)
    found = array(call(module, "gradient_norms", model=model, x=x.copy()), "The gradient norms")
    return {"norms": found, "weights": model.get_weights()}


class VanishingFigure(TypedDict):
    """A figure of gradient norms."""

    figure: Description
    # By gradient_norms: what it returned for the figure, and what for each input that was read.
    norms: list[Array]


def vanishing_figure(module: ModuleType, weights: Arrays, lengths: list[int]) -> VanishingFigure:
    """Draw the gradient norms for inputs of some lengths."""
    model, found = Recorder(weights), list[Any]()
    original = find(module, "gradient_norms")

    @wraps(original)
    def noted(*arguments: Any, **named: Any) -> Any:
        found.append(original(*arguments, **named))
        return found[-1]

    own = [name for name, value in vars(module).items() if value is original]
    vars(module).update(dict.fromkeys(own, noted))
    figure = drawn_figure(
        lambda: call(module, "plot_vanishing_gradients", model=model, lengths=lengths, rng=None),
        "plot_vanishing_gradients",
    )
    vars(module).update(dict.fromkeys(own, original))
    found += [call(module, "gradient_norms", model=Network(weights), x=x) for x in model.read[:50]]
    return {
        "figure": figure,
        "norms": [array(value, "The gradient norms").reshape(-1) for value in found],
    }
