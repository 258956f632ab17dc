import torch
from torch import nn


class Lstm(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device=None):
        super().__init__()
        assert isinstance(device, torch.device)
        self.num_hidden = num_hidden
        self.W_if = nn.Parameter(torch.randn(2 * num_hidden, input_dim + num_hidden) * 0.1)
        self.W_og = nn.Parameter(torch.randn(2 * num_hidden, input_dim + num_hidden) * 0.1)
        self.b_if = nn.Parameter(torch.zeros(2 * num_hidden))
        self.b_og = nn.Parameter(torch.zeros(2 * num_hidden))
        self.Wp = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.bp = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], self.num_hidden)
        for t in range(x.shape[1]):
            z = torch.cat([x[:, t, None], h], dim=1)
            i, f = (z @ self.W_if.T + self.b_if).chunk(2, dim=1)
            o, g = (z @ self.W_og.T + self.b_og).chunk(2, dim=1)
            c = g.tanh() * i.sigmoid() + c * f.sigmoid()
            h = c.tanh() * o.sigmoid()
        return h @ self.Wp + self.bp
