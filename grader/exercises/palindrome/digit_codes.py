"""Find the numbers that a training loop gives the network for each digit; in the worker.

Some loops scale the digits, or make one-hot codes of them, before the network reads them. The
network then knows these codes alone, and is judged by them.
"""

from __future__ import annotations

from itertools import permutations

import torch
from torch import Tensor

from grader.worker.values import Array, array

DIGITS = 10


def codes_of(read: Tensor, target: Tensor) -> Array | None:
    """Return the code of each digit (10, d); None if the input is not made of such codes.

    A palindrome begins with the digit that completes it. So the first code of each sequence is
    that of its target.

    Args:
        read: What the network read: B sequences, its axes in any order.
        target: The digit that completes each of them, (B,).
    """
    target = target.long()
    for order in permutations(range(read.ndim)):
        features = read.permute(order)
        if read.ndim > 1 and len(features) == len(target):
            found = _table(features.reshape(*features.shape[:2], -1), target)
            if found is not None:
                return array(found, "The network's input")
    return None


def answers_to(read: Tensor, codes: Array | None) -> Tensor | None:
    """Return the digit that completes each palindrome; None if the input holds no palindromes.

    Args:
        read: What the network read: B sequences, its axes in any order.
        codes: The code of each digit (10, d); None for the digit itself, or its one-hot code.
    """
    for order in permutations(range(read.ndim)):
        features = read.permute(order)
        if read.ndim > 1:
            found = _first_digits(features.reshape(*features.shape[:2], -1), codes)
            if found is not None:
                return found
    return None


def _first_digits(features: Tensor, codes: Array | None) -> Tensor | None:
    """Return the first digit (B,) of each palindrome whose last one is cut off: (B, T, d)."""
    width = features.shape[-1]
    usual = torch.eye(DIGITS) if width == DIGITS else torch.arange(DIGITS)[:, None]
    table = (usual if codes is None else torch.from_numpy(codes)).to(features.dtype)
    if table.shape[1] != width:
        return None
    is_digit = (features[:, :, None] == table).all(-1)  # (B, T, 10)
    digits = is_digit.int().argmax(-1)
    are_palindromes = torch.equal(digits[:, 1:], digits[:, 1:].flip(1))
    return digits[:, 0] if is_digit.any(-1).all() and are_palindromes else None


def _table(features: Tensor, target: Tensor) -> Tensor | None:
    """Return the code of each digit (10, d), if inputs (B, T, d) hold nothing else."""
    if not torch.equal(torch.unique(target), torch.arange(DIGITS)):
        return None
    table = features.new_empty(DIGITS, features.shape[-1])
    table[target] = features[:, 0]
    if not torch.equal(table[target], features[:, 0]):
        return None
    is_code = (features[:, :, None] == table).all(-1).any(-1)  # (B, T)
    return table if is_code.all() else None
