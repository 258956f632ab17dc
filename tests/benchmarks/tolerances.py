"""Measure how far right and wrong solutions are from each tolerance.

    python -m tests.benchmarks.tolerances [--seeds 100]

For each kind of numbers it prints the largest distance of a right solution, computed by another
formula than the oracle's, in float64 and in float32, and the smallest distance of a wrong one: of
all wrong formulas that are known, at fresh inputs for each seed. Distances are relative to the
largest expected magnitude. "factor" is how far the tolerance is from both, at least; the aim is 10.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from grader.checks.mistakes import Variant
from grader.checks.tolerances import (
    FLOAT32,
    FLOAT64,
    SINGLE_PRECISION,
    SQUARED_ERRORS,
)
from grader.exercises.bptt_gradients import formula as bptt
from grader.exercises.bptt_gradients import mistakes as bptt_mistakes
from grader.exercises.bptt_gradients import oracle as bptt_oracle
from grader.exercises.given_rnn import oracle as rnn
from grader.exercises.memory_task import mistakes_learner
from grader.exercises.memory_task import oracle as memory
from grader.exercises.numpy_rnn import mistakes_backward, mistakes_forward
from grader.exercises.sliding_tbptt import cells, mistakes_sliding
from grader.exercises.sliding_tbptt import oracle as sliding
from grader.exercises.sliding_tbptt.mistakes import flat
from grader.exercises.toy_bptt import formula as toy
from grader.exercises.toy_bptt import mistakes as toy_mistakes
from grader.exercises.toy_bptt import oracle as toy_oracle

Array = np.ndarray
SAME = 1e-12  # distance below which a wrong formula gives the right numbers


class Case(NamedTuple):
    """Numbers of one kind: what is expected, right answers by precision, and wrong answers."""

    kind: str
    expected: Any
    right: Mapping[str, Any]
    wrong: Iterable[Variant]
    tolerances: Mapping[str, float] = {"float64": FLOAT64, "float32": FLOAT32}


# Its numbers are asked for in float64; those of float32 are named so.
NAMED = {"float64": FLOAT64, "float32": SINGLE_PRECISION}


def single(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return arrays in float32."""
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}


def gradients_of_sheet_002(rng: np.random.Generator) -> Iterator[Case]:
    """Yield the gradients of the linear and the tanh RNN."""
    kinds: tuple[bptt_oracle.Kind, ...] = ("linear", "tanh")
    for kind in kinds:
        problem = bptt_oracle.draw(rng)
        run = partial(bptt.Backward().run, kind=kind)
        expected, both = bptt_oracle.gradients(problem, kind), (run(problem), run(single(problem)))
        for name in bptt_oracle.WEIGHTS:
            right = {"float64": both[0][name], "float32": both[1][name]}
            wrong = bptt_mistakes.gradients(name, problem, kind)
            yield Case(f"bptt_gradients, {kind}", expected[name], right, wrong)


def network_of_sheet_003(rng: np.random.Generator) -> Iterator[Case]:
    """Yield output and gradients of the NumPy RNN."""
    sizes = rnn.random_sizes(rng, B=1)
    weights, x = rnn.random_weights(rng, sizes), rnn.random_input(rng, sizes)
    d_loss = rng.normal(0, 20.0, (1, sizes.K))
    forward, backward = mistakes_forward.Forward(), mistakes_backward.Backward()
    right = {
        "float64": forward.run(weights, x),
        "float32": forward.run(single(weights), x.astype(np.float32)),
    }
    wrong = mistakes_forward.forward_variants(weights, x)
    yield Case("numpy_rnn, forward", rnn.output(weights, x), right, wrong, NAMED)
    expected = rnn.gradients(weights, x, d_loss)
    double = backward.run(weights, x, d_loss)
    less = backward.run(single(weights), x.astype(np.float32), d_loss.astype(np.float32))
    for name in expected:
        wrong = mistakes_forward.gradient_variants(name, weights, x, d_loss)
        right = {"float64": double[name], "float32": less[name]}
        yield Case("numpy_rnn, backward", expected[name], right, wrong, NAMED)


def toy_of_sheet_000(rng: np.random.Generator) -> Iterator[Case]:
    """Yield loss and gradient of the toy problem, at a small T, as its checks have it, too.

    At a large T some wrong losses come close: the loss at t = 0 is 1e-4 of that of 20 steps.
    """
    batch, theta, T = toy_oracle.draw_batch(rng, 40), toy_oracle.draw_theta(rng), 5
    less = toy_oracle.Batch(batch.x_0.astype(np.float32), batch.mu)
    for name in ("loss", "gradient"):
        value = partial(getattr(toy.Full(), name), theta, T=T)
        right = {"float64": value(batch=batch), "float32": value(batch=less)}
        wrongs = toy_mistakes.losses if name == "loss" else toy_mistakes.gradients
        expected = getattr(toy_oracle, name)(theta, batch, T)
        yield Case(f"toy_bptt, {name}", expected, right, wrongs(theta, batch, T))


def window_of_sheet_001(rng: np.random.Generator) -> Iterator[Case]:
    """Yield the gradient of a sliding window; it is asked for in the data's precision."""
    problem, K = cells.draw(rng, "gated"), 4
    terms = sliding.sliding_window(problem.N, K)
    backwards = dict(sorted(terms.items(), reverse=True))
    right = {"float64": flat(sliding.gradient(problem, backwards))}
    wrong = mistakes_sliding.of_sliding_window(problem, K)
    yield Case("sliding_tbptt, window", flat(sliding.gradient(problem, terms)), right, wrong)


def loss_of_sheet_003(rng: np.random.Generator) -> Iterator[Case]:
    """Yield the mean squared error and its gradient."""
    y_hat, y = rng.normal(size=(2, 6, 1))
    errors = {"float64": y_hat - y, "float32": (y_hat - y).astype(np.float32)}
    tolerances = dict.fromkeys(errors, SQUARED_ERRORS)
    value = {name: np.mean(e**2) for name, e in errors.items()}
    wrong = mistakes_learner.loss_variants(y_hat, y)
    yield Case("memory_task, loss", memory.mse(y_hat, y), value, wrong, tolerances)
    slope = {name: 2 * e / e.size for name, e in errors.items()}
    wrong = mistakes_learner.loss_gradient_variants(y_hat, y)
    expected = memory.mse_gradient(y_hat, y)
    yield Case("memory_task, gradient of the loss", expected, slope, wrong, tolerances)


KINDS = (
    toy_of_sheet_000,
    window_of_sheet_001,
    gradients_of_sheet_002,
    network_of_sheet_003,
    loss_of_sheet_003,
)


def distance(got: Any, expected: Any) -> float:
    """Return the largest difference, relative to the largest expected magnitude."""
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if got.shape != expected.shape:
        return float("inf")
    return float(np.abs(got - expected).max() / np.abs(expected).max())


def wrong_distances(case: Case) -> Iterator[tuple[float, str]]:
    """Yield the distance of each wrong formula that gives other numbers, with its mistake."""
    for mistake, value in case.wrong:
        with np.errstate(all="ignore"):
            found = distance(value(), case.expected)
        if found > SAME:
            yield found, mistake.id


def measure(seeds: int) -> None:
    """Print a row for each kind of numbers and each precision."""
    furthest: defaultdict[tuple[str, str], float] = defaultdict(float)
    nearest: dict[str, tuple[float, str]] = {}
    tolerances: dict[tuple[str, str], float] = {}
    for seed in range(seeds):
        for draw in KINDS:
            for case in draw(np.random.default_rng([seed, 12])):
                for precision, right in case.right.items():
                    key = case.kind, precision
                    furthest[key] = max(furthest[key], distance(right, case.expected))
                    tolerances[key] = case.tolerances[precision]
                closest = min(wrong_distances(case), default=(np.inf, ""))
                nearest[case.kind] = min(closest, nearest.get(case.kind, closest))
    print(f"{seeds} seeds\n\n| numbers | precision | right, furthest | tolerance | wrong, nearest |"
          " factor |\n|---|---|---|---|---|---|")  # fmt: skip
    for (kind, precision), far in furthest.items():
        near, mistake = nearest[kind]
        tolerance = tolerances[kind, precision]
        factor = min(tolerance / max(far, 1e-17), near / tolerance)
        print(
            f"| {kind} | {precision} | {far:.1e} | {tolerance:.0e} | {near:.1e} ({mistake}) "
            f"| {factor:.2g} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tolerances")
    parser.add_argument("--seeds", type=int, default=100)
    measure(parser.parse_args().seeds)


if __name__ == "__main__":
    main()
