"""Question 1.5b of sheet 004: the number of trainable parameters of the LSTM."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.exercises.palindrome import probes_handout
from grader.exercises.palindrome.formula import formula
from grader.sandbox.student import Student


@pytest.mark.question(id="1.5b", share="1")
def test_parameter_count(student: Student, rng: np.random.Generator) -> None:
    """The formula for the number of parameters of the LSTM cell."""
    path, name = formula(student)
    cases = [
        dict(zip("TdnmK", (int(size) for size in rng.permutation(40)[:5] + 2), strict=True))
        for _ in range(5)
    ]
    answer = student.run(probes_handout.parameter_count, path, cases=cases, name=name)
    for case, got in zip(cases, answer["counts"], strict=True):
        T, d, n, m, K = (case[key] for key in "TdnmK")
        output_layer = K * (n + 1)
        expected = 4 * n * (d + n + 1)
        mistakes = {
            4 * n * (d + n): "The biases are parameters, too: one for each gate and unit.",
            4 * n * (d + n + 2): "One bias per gate is enough: the equations have b_g, not two.",
            n * (d + n + 1): "That is one gate; the cell has four of them (g counts).",
            3 * n * (d + n + 1): "Three gates are counted; g has weights, too.",
            4 * (d * n + n * n) + n: "Each of the four gates has a bias of its own.",
            T * expected: "The same weights serve at every time step: T does not enter.",
            m * expected: "The same weights serve every sequence of a batch: m does not enter.",
            T * m * expected: "The same weights serve every step and sequence: T and m do not "
            "enter.",
        }
        allowed = {expected, expected + output_layer} if answer["has_K"] else {expected}
        require(
            got in allowed,
            "The number should be that of the LSTM cell's parameters, equations (4) to (9).",
            expected=f"{expected} for d = {d}, n = {n}",
            got=f"{got:.10g} with T = {T}, m = {m}",
            where=f"{path}, {name}",
            hint=mistakes.get(got, ""),
        )
