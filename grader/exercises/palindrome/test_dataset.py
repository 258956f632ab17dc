"""The dataset is given with sheet 004; one that has been changed is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.exercises.palindrome import probes_handout
from grader.sandbox.student import Student

ITEMS = 40


@pytest.mark.question(id="1.3")
def test_dataset(student: Student, rng: np.random.Generator) -> None:
    """dataset.py gives palindromes, as it came with the sheet."""
    if student.submission.find("dataset.py", ("PalindromeDataset",)) is None:
        return  # then ours is used: the folder given/
    for length in (2, 5, int(rng.integers(6, 12))):
        items = student.run(
            probes_handout.palindromes,
            "dataset.py",
            defines=("PalindromeDataset",),
            length=length,
            count=ITEMS,
        )
        digits, target = np.asarray(items["digits"]), np.asarray(items["target"])
        whole = np.column_stack([digits, target])
        right = (
            digits.shape == (ITEMS, length - 1)
            and np.array_equal(whole, whole[:, ::-1])
            and set(whole.ravel()) <= set(range(10))
        )
        require(
            right,
            "The items of dataset.py should be palindromes, as in the file that was given.",
            expected=f"{length - 1} digits, and the one that completes the palindrome",
            got=f"{digits[0].tolist()} and {target[0]:g}",
            where="dataset.py, PalindromeDataset",
            hint="Training on something else does not teach the network this task.",
        )
        # All first digits alike: 10 ** -39 by chance.
        require(
            length == 2 or len(set(whole[:, 0])) > 1,
            "dataset.py should draw random palindromes, as the file that was given does.",
            got=f"{digits[0].tolist()}, {ITEMS} times",
            where="dataset.py, PalindromeDataset",
            hint="Each item is drawn anew; a fixed one teaches the network nothing but itself.",
        )
