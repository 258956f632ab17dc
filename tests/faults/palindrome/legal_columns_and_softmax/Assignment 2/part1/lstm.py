import torch
import torch.nn as nn
from .helpers import init


class Gate(nn.Module):
    def __init__(self, d, n):
        super().__init__()
        self.input_weight = init(d, n)
        self.hidden_weight = init(n, n)
        self.bias = nn.Parameter(torch.zeros(n))

    def forward(self, x, h):
        return x @ self.input_weight + h @ self.hidden_weight + self.bias


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cuda:0"):
        super().__init__()
        self.seq_length = seq_length
        self.batch = batch_size
        self.n = num_hidden
        self.input_modulation = Gate(input_dim, num_hidden)
        self.input_gate = Gate(input_dim, num_hidden)
        self.forget_gate = Gate(input_dim, num_hidden)
        self.output_gate = Gate(input_dim, num_hidden)
        self.projection = init(num_hidden, num_classes)
        self.b = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        ys = []
        h = torch.zeros(self.batch, self.n)
        c = torch.zeros(self.batch, self.n)
        for t in range(self.seq_length):
            xt = x[:, t]
            g = self.input_modulation(xt, h).tanh()
            i = self.input_gate(xt, h).sigmoid()
            f = self.forget_gate(xt, h).sigmoid()
            o = self.output_gate(xt, h).sigmoid()
            c = g * i + c * f
            h = c.tanh() * o
            ys.append(h @ self.projection + self.b)
        return torch.stack(ys, dim=1)
