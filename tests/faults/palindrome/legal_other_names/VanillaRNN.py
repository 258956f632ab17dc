import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, width, units):
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(width, units) * 0.1)
        self.Wh = nn.Parameter(torch.randn(units, units) * 0.1)
        self.b = nn.Parameter(torch.zeros(units))

    def forward(self, x, h):
        return torch.tanh(x @ self.Wx + h @ self.Wh + self.b)


class RNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.num_hidden = num_hidden
        self.emb = nn.Parameter(torch.randn(10, 8))
        self.cell = Cell(8, num_hidden)
        self.Wp = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.bp = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = torch.zeros(x.shape[0], self.num_hidden)
        rows = self.emb[x.squeeze(-1).long()]
        for t in range(x.shape[1]):
            h = self.cell(rows[:, t], h)
        return h @ self.Wp + self.bp
