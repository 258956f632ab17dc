"""Everything where the task leaves a choice is done otherwise than in the reference."""

from typing import NamedTuple

import torch
from torch.func import functional_call, vjp


class Answer(NamedTuple):
    loss: float
    gradients: dict


def chunks(sequence, window, stride):
    length = len(sequence)
    if window < 1 or window > length or stride < 1:
        raise ValueError("no such windows")
    pieces, first = [], 0
    while first + window <= length:
        pieces.append(sequence[first : first + window].numpy())
        first += stride
    return pieces


def warm_up_gradient(rnn, K1, K2, criterion, inputs, targets, h0):
    if min(K1, K2 - 1) < 0 or K1 + K2 > len(inputs):
        raise ValueError("K1, K2")
    rnn.zero_grad()
    for step in range(K1 + K2):
        if step == K1:
            h0 = h0.detach()
        h0 = rnn(inputs[step], h0)
        if step >= K1:
            criterion(h0, targets[step]).backward(retain_graph=True)
    return {name: weight.grad for name, weight in rnn.named_parameters()}


def stateful_chunks_gradient(model, loss_fn, x, y, h, window=10):
    if window <= 0:
        raise ValueError("window")
    print("cutting", len(x), "steps")
    weights = list(model.parameters())
    summed = [torch.zeros(weight.shape) for weight in weights]
    for x_part, y_part in zip(x.split(window), y.split(window)):
        h, losses = h.detach(), []
        for x_t, y_t in zip(x_part, y_part):
            h = model(x_t, h)
            losses.append(loss_fn(h, y_t))
        parts = torch.autograd.grad(torch.stack(losses).sum(), weights, allow_unused=True)
        summed = [s if part is None else s + part for s, part in zip(summed, parts)]
    return summed


def sliding_window_gradient(cell, loss, x, y, h_0, K):
    """Each step once, its vector-Jacobian product kept; each loss is walked back alone."""
    if K < 1:
        raise ValueError("K")
    weights = {name: weight.detach() for name, weight in cell.named_parameters()}
    pulls, state, value = [], h_0, 0.0
    gradients = {name: torch.zeros_like(weight).numpy() for name, weight in weights.items()}
    for i in range(len(x)):
        state, pull = vjp(lambda w, h: functional_call(cell, w, (x[i], h)), weights, state)
        pulls.append(pull)
        value_i, pull_loss = vjp(lambda h: loss(h, y[i]), state)
        value += value_i.item()
        (adjoint,) = pull_loss(torch.ones(()))
        for pull in pulls[: -K - 1 : -1]:
            parts, adjoint = pull(adjoint)
            for name in gradients:
                gradients[name] = gradients[name] + parts[name].numpy()
    return Answer(value, gradients)
