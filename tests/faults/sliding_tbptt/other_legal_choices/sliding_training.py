import torch


def _update(optim, losses):
    loss = torch.stack(losses).sum()
    for group in optim.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss.backward()
    optim.step()
    return loss


def train_on_chunks(rnn, criterion, inputs, targets, hidden, window, stride, optim):
    start, totals = 0, []
    while start + window <= len(inputs):
        state, losses = hidden.clone(), []
        for offset in range(window):
            state = rnn(inputs[start + offset], state)
            losses.append(criterion(state, targets[start + offset]))
        totals.append(_update(optim, losses))
        start += stride
    return torch.stack(totals)


def train_with_warm_up(rnn, criterion, inputs, targets, hidden, K1, K2, optim):
    totals = []
    for last in range(K1 + K2, len(inputs) + 1, K2):
        state = hidden
        for x in inputs[last - K2 - K1 : last - K2]:
            state = rnn(x, state).detach()
        losses = []
        for x, y in zip(inputs[last - K2 : last], targets[last - K2 : last]):
            state = rnn(x, state)
            losses.append(criterion(state, y))
        totals.append(_update(optim, losses))
    return totals
