"""Training on windows in the reference: its losses, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reference.sliding_training import train_on_chunks, train_with_warm_up


def problem() -> tuple[nn.Module, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a cell, and a sequence that is its own target."""
    torch.manual_seed(1)
    x = torch.randn(200, 1)
    return nn.RNNCell(1, 8), x, x, torch.zeros(8)


def loss(h: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (h[:1] - torch.tanh(y)).square().sum()


@pytest.mark.parametrize("warm_up", [0, 3])
def test_it_learns(warm_up: int) -> None:
    cell, x, y, h_0 = problem()
    optimizer = torch.optim.Adam(cell.parameters(), 0.02)
    means = []
    for _ in range(6):
        if warm_up:
            found = train_with_warm_up(cell, loss, x, y, h_0, warm_up, 5, optimizer)
        else:
            found = train_on_chunks(cell, loss, x, y, h_0, 8, 4, optimizer)
        means.append(sum(found) / len(found))
    assert means[-1] < 0.3 * means[0]


def test_there_is_a_loss_for_each_whole_window() -> None:
    cell, x, y, h_0 = problem()
    optimizer = torch.optim.SGD(cell.parameters(), 0.0)
    assert len(train_on_chunks(cell, loss, x[:10], y, h_0, 4, 3, optimizer)) == 3
    assert len(train_with_warm_up(cell, loss, x[:10], y, h_0, 2, 3, optimizer)) == 2
    assert train_on_chunks(cell, loss, x[:3], y, h_0, 4, 3, optimizer) == []
