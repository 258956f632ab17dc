"""Random palindromes, as a dataset (given by sheet 004; nothing to write here)."""

import sys

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset


class PalindromeDataset(Dataset[tuple[Tensor, int]]):
    """Palindromes of ``length`` digits: the first ``length − 1`` are read, the last is predicted.

    Each item is drawn anew from torch's random numbers, so the dataset is endless and its index
    has no meaning.
    """

    def __init__(self, length: int) -> None:
        """Set the number of digits; ValueError if it is less than 2."""
        if length < 2:
            raise ValueError(f"a palindrome to predict has 2 digits or more, not {length}")
        self.length = length

    def __len__(self) -> int:
        """Return a size that no training exhausts."""
        return sys.maxsize

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return digits (length − 1,) as float32, and the digit to predict."""
        digits, target = self.batch(1)
        return digits[0], int(target)

    def __getitems__(self, indices: list[int]) -> list[tuple[Tensor, int]]:
        """Return as many items as there are indices: what a DataLoader asks for, at once."""
        digits, targets = self.batch(len(indices))
        return list(zip(digits, targets.tolist(), strict=True))

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """Return many items at once: digits (size, length − 1) as float32, next digits (size,)."""
        digits = self.generate_palindrome(size)
        return digits[:, :-1].float(), digits[:, -1]

    def generate_palindrome(self, count: int = 1) -> Tensor:
        """Return digits (count, length), int64, that read the same in both directions."""
        half = torch.randint(10, (count, (self.length + 1) // 2))
        return torch.cat([half, half.flip(1)[:, self.length % 2 :]], dim=1)


def features(digits: Tensor, input_dim: int) -> Tensor:
    """Return the network's input at each step: the digit itself, or its one-hot code.

    Args:
        digits: (B, T), any dtype.
        input_dim: 1 for the digit as a number, more for a one-hot code of that width.

    Returns:
        (B, T, input_dim), in the dtype of ``digits``.
    """
    if input_dim == 1:
        return digits.unsqueeze(-1)
    return functional.one_hot(digits.long(), input_dim).to(digits.dtype)
