"""Find what a network reads for each digit in a batch of a training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from grader.exercises.palindrome.digit_codes import answers_to, codes_of
from grader.worker.values import Array

HALF = torch.cartesian_prod(*[torch.arange(10)] * 3)
DIGITS = torch.cat([HALF, HALF[:, 1:2]], dim=1).float()  # (B, T) of palindromes of five digits
TARGET = HALF[:, 0]
MIXED = (torch.arange(100.0) ** 2 % 101).reshape(10, 10)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda x: x, np.arange(10.0)[:, None]),
        (lambda x: x / 4.5 - 1, np.linspace(-1, 1, 10)[:, None]),
        (lambda x: x.T[..., None] * 2, 2 * np.arange(10.0)[:, None]),
        (lambda x: torch.eye(10)[x.long()], np.eye(10)),
        (lambda x: torch.eye(10)[x.long()].permute(0, 2, 1), np.eye(10)),
        (lambda x: MIXED[x.long()].permute(1, 2, 0), MIXED.numpy()),
        (lambda x: x[:, 1:], None),  # the first digit is what tells
        (lambda x: x * torch.arange(4), None),  # the code depends on the place
        (lambda x: x[:, 0], None),
        (lambda x: x + torch.linspace(0, 1, len(x))[:, None], None),
    ],
)
def test_codes_are_those_that_every_place_of_a_sequence_has(
    read: Callable[[Tensor], Tensor], expected: Array | None
) -> None:
    found = codes_of(read(DIGITS), TARGET)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_batch_that_lacks_a_digit_tells_no_codes() -> None:
    some = TARGET < 9
    assert codes_of(DIGITS[some], TARGET[some]) is None


@pytest.mark.parametrize(
    ("read", "codes", "is_told"),
    [
        (lambda x: x, None, True),
        (lambda x: x.long().T, None, True),
        (lambda x: x.T[..., None], None, True),
        (lambda x: torch.eye(10)[x.long()].permute(1, 0, 2), None, True),
        (lambda x: torch.eye(10)[x.long()].permute(0, 2, 1), np.eye(10), True),
        (lambda x: MIXED[x.long()].permute(1, 2, 0), MIXED.numpy(), True),
        (lambda x: x * 2, 2 * np.arange(10.0)[:, None], True),
        (lambda x: x * 2, None, False),  # no digits
        (lambda x: x.flip(1), None, False),  # no palindromes
        (lambda x: x[:, 0], None, False),
        (lambda x: MIXED[x.long()], None, False),
        (lambda x: MIXED[x.long()], np.arange(10.0)[:, None], False),
    ],
)
def test_a_palindrome_is_completed_by_its_first_digit(
    read: Callable[[Tensor], Tensor], codes: Array | None, is_told: bool
) -> None:
    found = answers_to(read(DIGITS), codes)
    assert (found is not None) == is_told
    if found is not None:
        assert torch.equal(found, TARGET)
