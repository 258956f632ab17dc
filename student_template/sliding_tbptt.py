"""Sheet 001: four ways to truncate backpropagation through time, from cut data to a sliding window.

    h_i = cell(x_i, h_{i-1}),   loss_i = loss(h_i, y_i)      i = 0 ... N-1; h_{-1}: the argument h_0

A cell is any `nn.Module` of that kind, such as `nn.RNNCell` or `nn.GRUCell`. Shapes are x (N, d)
and h_0 (H,), or x (N, B, d) and h_0 (B, H); y has N rows; a loss is a 0-dim tensor. A gradient is a
dict from each name in `cell.named_parameters()` to a tensor of that parameter's shape, zeros where
no loss depends on it.
"""

from collections.abc import Callable

import torch
from torch import nn

Tensor = torch.Tensor
Loss = Callable[[Tensor, Tensor], Tensor]
Gradient = dict[str, Tensor]


def chunks(data: Tensor, K: int, O: int) -> Tensor:
    """Cut data (N, ...) into windows of K steps that start O steps apart: (n, K, ...).

    O is a stride: O = 1 shifts by one step, O = K leaves no overlap, O > K leaves gaps. Steps at
    the end that fill no window are dropped (sheet 001, the answer). Sizes other than 1 <= K <= N
    and O >= 1 raise ValueError.
    """
    raise NotImplementedError("S1: cut the data into windows of K steps, O steps apart")


def warm_up_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K1: int, K2: int
) -> Gradient:
    """Return the gradient of sum_i loss_i, i = K1 ... K1+K2-1, through those K2 steps alone.

    The first K1 steps build the state, which then counts as a constant; their losses do not enter.
    Steps after the K2 are not used (sheet 001, the answer's last paragraph). Sizes other than
    K1 >= 0, K2 >= 1 and K1 + K2 <= N raise ValueError.
    """
    raise NotImplementedError("S2: K1 steps without gradients, then K2 steps with them")


def stateful_chunks_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> Gradient:
    """Return the gradient of the sum of all losses, each back to the first step of its own chunk.

    Chunks are steps 0 ... K-1, K ... 2K-1, and so on; the last one may be shorter. The state's
    value is carried over every border, its gradient is not. K >= N is full BPTT, K < 1 raises
    ValueError (sheet 001: the question's last attempt, corrected).
    """
    raise NotImplementedError(
        "S3: carry the state over the borders of the chunks, without its gradient"
    )


def sliding_window_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> Gradient:
    """Return the sum over i of the gradient of loss_i through the last K applications of the cell.

    Loss i reaches back over steps i-K+1 ... i, as many as exist. The state before them is the true
    running state, taken as a constant. K = 1 is one step, K >= N full BPTT, K < 1 a ValueError. The
    question of sheet 001 asks for this sum (S4). A double loop over losses and steps applies the
    cell about N * K times. S5 asks for about N applications, one for each step (up to 4 N count).
    """
    # Hint: a state's .grad adds up over overlapping windows, and then old losses count again.
    raise NotImplementedError(
        "S4: the exact sliding window (S5: applying the cell once for each step)"
    )
