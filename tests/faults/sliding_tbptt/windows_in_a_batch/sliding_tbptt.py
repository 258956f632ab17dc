"""All windows side by side: K calls of the cell under vmap, but N states in each."""

import torch
from torch.func import functional_call, vmap


def sliding_window_gradient(cell, loss, x, y, h_0, K):
    if K < 1:
        raise ValueError("K must be at least 1")
    N, states = len(x), [h_0]
    for x_i in x:
        states.append(cell(x_i, states[-1]).detach())
    parameters = dict(cell.named_parameters())
    step = vmap(lambda x_j, h: functional_call(cell, parameters, (x_j, h)))
    last = torch.arange(N)
    first = (last - K + 1).clamp(min=0)
    h = torch.stack(states)[first]
    for ahead in range(min(K, N)):
        running = first + ahead <= last
        new = step(x[(first + ahead).clamp(max=N - 1)], h)
        h = torch.where(running.reshape(-1, *[1] * h_0.ndim), new, h)
    total = sum(loss(h_i, y_i) for h_i, y_i in zip(h, y))
    parts = torch.autograd.grad(
        total, list(parameters.values()), allow_unused=True, materialize_grads=True
    )
    return dict(zip(parameters, parts))
