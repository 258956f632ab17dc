import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        n, d = num_hidden, input_dim
        shapes = [(d, n), (n, n), (n,)] * 4 + [(n, num_classes), (num_classes,)]
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(*s) * 0.1) for s in shapes])
        self.n = n

    def forward(self, x):
        Wfx, Wfh, bf, Wix, Wih, bi, Wox, Woh, bo, Wgx, Wgh, bg, Wp, bp = self.weights
        T, B, d = x.shape
        h = torch.zeros(B, self.n)
        c = torch.zeros(B, self.n)
        for t in range(T):
            f = torch.sigmoid(x[t] @ Wfx + h @ Wfh + bf)
            i = torch.sigmoid(x[t] @ Wix + h @ Wih + bi)
            o = torch.sigmoid(x[t] @ Wox + h @ Woh + bo)
            g = torch.tanh(x[t] @ Wgx + h @ Wgh + bg)
            c = g * i + c * f
            h = torch.tanh(c) * o
        return h @ Wp + bp
