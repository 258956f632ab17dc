import torch
from torch import nn


def init(*shape):
    return nn.Parameter(torch.zeros(*shape).normal_(0, 0.0001))
