"""Sheet 001, the answer: train on windows of a long sequence, an optimizer step for each window.

Cells, losses and shapes are those of sliding_tbptt.py. The optimizer is made by the caller, as
`torch.optim.SGD(cell.parameters(), lr)`, and the loss of a window is the sum over its steps.
"""

from torch import nn
from torch.optim import Optimizer

from .sliding_tbptt import Loss, Tensor


def train_on_chunks(
    cell: nn.Module,
    loss: Loss,
    x: Tensor,
    y: Tensor,
    h_0: Tensor,
    K: int,
    O: int,
    optimizer: Optimizer,
) -> list[float]:
    """Take one optimizer step for each chunk of K steps; return the chunks' losses.

    Chunks start O steps apart and are taken in order; steps at the end that fill none are dropped.
    Each begins with the state h_0, not with the last state of the chunk before. A chunk's loss is
    the one before its step.
    """
    raise NotImplementedError("S6: train on chunks, each with a fresh state")


def train_with_warm_up(
    cell: nn.Module,
    loss: Loss,
    x: Tensor,
    y: Tensor,
    h_0: Tensor,
    K1: int,
    K2: int,
    optimizer: Optimizer,
) -> list[float]:
    """Take one optimizer step for each window of K1 + K2 steps; return the windows' losses.

    A window begins with h_0 and runs K1 steps without gradients, which build its state. The loss is
    that of the K2 steps after them, and so is its gradient. Windows start K2 steps apart, so that
    no loss counts twice; steps at the end that fill no window are dropped.
    """
    raise NotImplementedError("S6: train on K2 steps after a warm-up of K1")
