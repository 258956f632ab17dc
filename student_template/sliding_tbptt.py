"""Sheet 001: four ways to truncate backpropagation through time, from cut data to a sliding window.

A cell is any `nn.Module` with `h = cell(x_i, h)`, such as `nn.RNNCell` or `nn.GRUCell`. Inputs are
x (N, d) with a state h_0 (H,), or x (N, B, d) with h_0 (B, H). `loss(h, y_i)` is a 0-dim tensor;
y has N rows, row i belongs to the state that x[i] leads to. A gradient is a dict: every name in
`cell.named_parameters()` to a tensor of that parameter's shape, zeros where no loss depends on it.
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
    the end that fill no window are dropped (sheet 001, the answer).
    Raises ValueError unless 1 <= K <= N and O >= 1.
    """
    raise NotImplementedError("S1: cut the data into windows of K steps, O steps apart")


def warm_up_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K1: int, K2: int
) -> Gradient:
    """Gradient of the summed losses of steps K1 ... K1+K2-1 (counted from 0), through those alone.

    The first K1 steps only build the state, which then counts as a constant; their losses do not
    enter, and what follows the K2 steps is not used (sheet 001, the answer's last paragraph).
    Raises ValueError unless K1 >= 0, K2 >= 1 and K1 + K2 <= N.
    """
    raise NotImplementedError("S2: K1 steps without gradients, then K2 steps with them")


def stateful_chunks_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> Gradient:
    """Gradient of the sum of all N losses, each back to the first step of its own chunk.

    Chunks are steps 0 ... K-1, K ... 2K-1, and so on; the last one may be shorter. The state's
    value passes every border, its gradient none. K >= N is full BPTT (sheet 001, the question's
    last attempt put right). Raises ValueError if K < 1.
    """
    raise NotImplementedError(
        "S3: carry the state over the borders of the chunks, without its gradient"
    )


def sliding_window_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> Gradient:
    """Sum over i of the gradient of loss i through the last K applications of the cell.

    Loss i reaches back over steps i-K+1 ... i (as many as there are); the state before them is the
    true running state, taken as a constant. K = 1 is one step, K >= N full BPTT. This is what the
    question of sheet 001 asks for. Done loss by loss it takes about N * K applications of the cell;
    N, one for each step, are enough. Raises ValueError if K < 1.

    Full BPTT goes back with one vector, the sum of all later losses' adjoints. Dropping the loss
    that has just left the window means subtracting its adjoint, but the sum does not tell its
    parts, and nothing but pulling that loss back K times yields the part.
    """
    # A state's .grad adds up over overlapping windows, and then old losses count again.
    raise NotImplementedError(
        "S4: the exact sliding window (S5: applying the cell once for each step)"
    )
