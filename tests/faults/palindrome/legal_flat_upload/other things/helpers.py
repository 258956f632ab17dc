import torch


def uniform(*shape):
    return torch.nn.Parameter(torch.empty(*shape).uniform_(-0.1, 0.1))
