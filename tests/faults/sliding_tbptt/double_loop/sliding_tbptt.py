"""The sliding window by its definition: right, but every window is run again."""

import torch


def sliding_window_gradient(cell, loss, x, y, h_0, K):
    if K < 1:
        raise ValueError("K must be at least 1")
    states = [h_0]
    for x_i in x:
        states.append(cell(x_i, states[-1]).detach())
    total = torch.zeros(())
    for i in range(len(x)):
        start = max(0, i - K + 1)
        h = states[start]
        for j in range(start, i + 1):
            h = cell(x[j], h)
        total = total + loss(h, y[i])
    names, parameters = zip(*cell.named_parameters())
    parts = torch.autograd.grad(total, parameters, allow_unused=True, materialize_grads=True)
    return dict(zip(names, parts))
