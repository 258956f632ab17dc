"""The palindromes of sheet 004: what the dataset draws, and the copy that workers use."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import DataLoader

from reference.palindrome.dataset import PalindromeDataset
from tests.conftest import ROOT


@pytest.mark.parametrize("length", [2, 5, 8])
def test_a_loader_gives_palindromes_of_single_items_and_of_batches_alike(length: int) -> None:
    torch.manual_seed(0)
    data = PalindromeDataset(length)
    digits, targets = next(iter(DataLoader(data, batch_size=64)))
    assert (digits.shape, digits.dtype) == ((64, length - 1), torch.float32)
    assert (targets.shape, targets.dtype) == ((64,), torch.int64)
    alone, target = data[3]
    assert (alone.shape, alone.dtype, type(target)) == ((length - 1,), torch.float32, int)
    whole = torch.cat([digits.long(), targets[:, None]], dim=1)
    assert torch.equal(whole, whole.flip(1))
    assert {*whole[:, 0].tolist()} == {*range(10)}, "all digits are drawn"


def test_workers_read_the_file_that_students_are_given() -> None:
    """Submissions may leave it out."""
    given = ROOT / "grader" / "exercises" / "palindrome" / "given" / "dataset.py"
    assert given.read_text() == (ROOT / "student_template/palindrome/dataset.py").read_text()
