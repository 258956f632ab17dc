import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.V = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.U = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.W = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
        self.b = nn.Parameter(torch.zeros(num_hidden))
        self.c = nn.Parameter(torch.zeros(num_classes))
        self.register_buffer("codes", torch.eye(num_classes))

    def forward(self, x):
        h = torch.zeros(x.shape[0], self.b.shape[0])
        for t in range(x.shape[1]):
            h = torch.tanh(self.codes[x[:, t].long()] @ self.U.T + h @ self.W.T + self.b)
        return h @ self.V.T + self.c
