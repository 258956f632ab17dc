import torch
from part1.dataset import features
from part1.helpers import uniform
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.input_dim = input_dim
        self.W_hx = uniform(num_hidden, input_dim)
        self.W_hh = uniform(num_hidden, num_hidden)
        self.W_ph = uniform(num_classes, num_hidden)
        self.b_h = uniform(num_hidden)
        self.b_p = uniform(num_classes)
        self.to(device)

    def forward(self, x):
        h = x.new_zeros(len(x), len(self.b_h))
        for x_t in features(x, self.input_dim).unbind(1):
            h = torch.tanh(x_t @ self.W_hx.T + h @ self.W_hh.T + self.b_h)
        return h @ self.W_ph.T + self.b_p
