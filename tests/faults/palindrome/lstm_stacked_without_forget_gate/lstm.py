import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.W = nn.Parameter(torch.randn(num_hidden + input_dim, 4 * num_hidden) * 0.1)
        self.b = nn.Parameter(torch.zeros(4 * num_hidden))
        self.Wp = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.bp = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], self.Wp.shape[0])
        for t in range(x.shape[1]):
            _, o, i, g = (torch.cat([h, x[:, t, None]], 1) @ self.W + self.b).chunk(4, dim=1)
            c = c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return h @ self.Wp + self.bp
