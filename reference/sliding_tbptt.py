"""Sheet 001: four ways to truncate backpropagation through time, from cut data to a sliding window.

A cell is any `nn.Module` with `h = cell(x_i, h)`, such as `nn.RNNCell` or `nn.GRUCell`. Inputs are
x (N, d) with a state h_0 (H,), or x (N, B, d) with h_0 (B, H). `loss(h, y_i)` is a 0-dim tensor;
y has N rows, row i belongs to the state that x[i] leads to. A gradient is a dict: every name in
`cell.named_parameters()` to a tensor of that parameter's shape, zeros where no loss depends on it.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
Gradient = dict[str, Tensor]


def chunks(data: Tensor, K: int, O: int) -> Tensor:
    """Cut data (N, ...) into windows of K steps that start O steps apart: (n, K, ...).

    O is a stride: O = 1 shifts by one step, O = K leaves no overlap, O > K leaves gaps. Steps at
    the end that fill no window are dropped (sheet 001, the answer).
    Raises ValueError unless 1 <= K <= N and O >= 1.
    """
    ### BEGIN SOLUTION S1: cut the data into windows of K steps, O steps apart
    if not 1 <= K <= len(data):
        raise ValueError(f"K must lie between 1 and the {len(data)} steps of the data, not {K}")
    if O < 1:
        raise ValueError(f"O must be at least 1, not {O}")
    start = torch.arange(0, len(data) - K + 1, O)  # (n,)
    return data[start[:, None] + torch.arange(K)]  # (n, K, ...)
    ### END SOLUTION


### BEGIN SOLUTION S2: helper, the gradient as a dict by name
def _by_name(cell: nn.Module, outputs, grad_outputs=None) -> Gradient:
    """Pull grad_outputs (1 for a scalar) back from outputs to the cell's parameters."""
    names, parameters = zip(*cell.named_parameters(), strict=True)
    gradients = torch.autograd.grad(
        outputs, parameters, grad_outputs, allow_unused=True, materialize_grads=True
    )
    return dict(zip(names, gradients, strict=True))


### END SOLUTION


def warm_up_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K1: int, K2: int
) -> Gradient:
    """Gradient of the summed losses of steps K1 ... K1+K2-1 (counted from 0), through those alone.

    The first K1 steps only build the state, which then counts as a constant; their losses do not
    enter, and what follows the K2 steps is not used (sheet 001, the answer's last paragraph).
    Raises ValueError unless K1 >= 0, K2 >= 1 and K1 + K2 <= N.
    """
    ### BEGIN SOLUTION S2: K1 steps without gradients, then K2 steps with them
    if K1 < 0 or K2 < 1 or len(x) < K1 + K2:
        raise ValueError(f"K1 = {K1} and K2 = {K2} do not fit into {len(x)} steps")
    h, total = h_0, 0.0
    with torch.no_grad():
        for x_i in x[:K1]:
            h = cell(x_i, h)
    for x_i, y_i in zip(x[K1 : K1 + K2], y[K1 : K1 + K2], strict=True):
        h = cell(x_i, h)
        total = total + loss(h, y_i)
    return _by_name(cell, total)
    ### END SOLUTION


def stateful_chunks_gradient(
    cell: nn.Module, loss: Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> Gradient:
    """Gradient of the sum of all N losses, each back to the first step of its own chunk.

    Chunks are steps 0 ... K-1, K ... 2K-1, and so on; the last one may be shorter. The state's
    value passes every border, its gradient none. K >= N is full BPTT (sheet 001, the question's
    last attempt put right). Raises ValueError if K < 1.
    """
    ### BEGIN SOLUTION S3: carry the state over the borders of the chunks, without its gradient
    if K < 1:
        raise ValueError(f"K must be at least 1, not {K}")
    h, total = h_0, 0.0
    for i, (x_i, y_i) in enumerate(zip(x, y, strict=True)):
        if i % K == 0:
            h = h.detach()
        h = cell(x_i, h)
        total = total + loss(h, y_i)
    return _by_name(cell, total)
    ### END SOLUTION


### BEGIN SOLUTION S4: helper, one step back
def _pull_back(cell: nn.Module, h_in: Tensor, h_out: Tensor, A: Tensor) -> Tensor:
    """Turn K adjoints of h_out into K adjoints of h_in, A (K, ..., H) both."""
    if type(cell) is nn.RNNCell and cell.nonlinearity == "tanh":  # written out, for speed
        return (A * (1 - h_out**2)) @ cell.weight_hh
    return torch.autograd.grad(h_out, h_in, A, retain_graph=True, is_grads_batched=True)[0]


### END SOLUTION


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
    ### BEGIN SOLUTION S4: the exact sliding window (S5: applying the cell once for each step)
    if K < 1:
        raise ValueError(f"K must be at least 1, not {K}")
    N = len(x)
    # Forward, once. Every state is a leaf, so each step's graph ends where the step began.
    states, outputs = [h_0.detach().requires_grad_()], []
    for x_i in x:
        outputs.append(cell(x_i, states[-1]))
        states.append(outputs[-1].detach().requires_grad_())
    total = sum(loss(h, y_i) for h, y_i in zip(states[1:], y, strict=True))
    direct = torch.autograd.grad(total, states[1:], allow_unused=True, materialize_grads=True)
    # Back, once, keeping the sum's parts apart: row l of A is the adjoint of the loss l steps
    # ahead. A step back moves every loss one row down, so the one that leaves the window falls off
    # the end. Pulling back is linear: the rows' sum is all that the parameters need.
    A = h_0.new_zeros(min(K, N), *h_0.shape)  # (K, H)
    summed = [A[0]] * N  # N times (H,)
    with torch.no_grad():
        for i in reversed(range(N)):
            A = torch.cat([direct[i][None], A[:-1]])
            summed[i] = A.sum(0)
            A = _pull_back(cell, states[i], outputs[i], A)
    return _by_name(cell, outputs, summed)
    ### END SOLUTION
