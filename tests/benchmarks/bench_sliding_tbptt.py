"""Time the exact sliding window against full BPTT and against the naive double loop.

Run from the repository root: python -m tests.benchmarks.bench_sliding_tbptt
Prints, for each cell, the median over interleaved rounds of the ratios within a round.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from torch import Tensor, nn

from reference import sliding_tbptt

HIDDEN, STEPS, WINDOW, ROUNDS = 64, 400, 32, 7


def naive(
    cell: nn.Module, loss: sliding_tbptt.Loss, x: Tensor, y: Tensor, h_0: Tensor, K: int
) -> sliding_tbptt.Gradient:
    """Compute the sliding window by its definition: for each loss, run its own K steps anew."""
    states = [h_0]
    with torch.no_grad():
        for x_i in x:
            states.append(cell(x_i, states[-1]))
    names, parameters = zip(*cell.named_parameters(), strict=True)
    total = [torch.zeros_like(parameter) for parameter in parameters]
    for i, y_i in enumerate(y):
        start = max(0, i - K + 1)
        h = states[start]
        for x_j in x[start : i + 1]:
            h = cell(x_j, h)
        parts = torch.autograd.grad(
            loss(h, y_i), parameters, allow_unused=True, materialize_grads=True
        )
        total = [so_far + part for so_far, part in zip(total, parts, strict=True)]
    return dict(zip(names, total, strict=True))


class Wrapped(nn.Module):
    """A tanh cell that cannot be recognized as one."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.cell(x, h)


def squared_error(h: Tensor, y: Tensor) -> Tensor:
    return (h - y).square().sum() / 2


def seconds(gradient: Callable[..., object], *arguments: object) -> float:
    start = perf_counter()
    gradient(*arguments)
    return perf_counter() - start


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    x, y = torch.randn(STEPS, HIDDEN), torch.randn(STEPS, HIDDEN)
    cells = {
        "tanh, written out": nn.RNNCell(HIDDEN, HIDDEN),
        "tanh, any cell's way": Wrapped(nn.RNNCell(HIDDEN, HIDDEN)),
        "GRU": nn.GRUCell(HIDDEN, HIDDEN),
    }
    print(f"H = {HIDDEN}, N = {STEPS}, K = {WINDOW}, float64, one thread, {ROUNDS} rounds")
    for name, cell in cells.items():
        problem = (cell, squared_error, x, y, torch.zeros(HIDDEN))
        rounds = []
        for _ in range(ROUNDS + 1):
            sliding = seconds(sliding_tbptt.sliding_window_gradient, *problem, WINDOW)
            full = seconds(sliding_tbptt.stateful_chunks_gradient, *problem, STEPS)
            rounds.append((sliding, sliding / full, seconds(naive, *problem, WINDOW) / sliding))
        # The first round warms up.
        sliding, to_full, to_naive = (median(column) for column in zip(*rounds[1:], strict=True))
        ratios = f"{to_full:.2f} x full BPTT, 1/{to_naive:.1f} of naive"
        print(f"{name:>20}: {1e3 * sliding:6.1f} ms, {ratios}")


if __name__ == "__main__":
    main()
