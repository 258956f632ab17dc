import torch
from torch import nn
from torch.nn import functional


class LSTM(nn.Module):
    def __init__(self, config):
        super().__init__()
        n, K = config.num_hidden, config.num_classes
        self.W = nn.Parameter(torch.randn(K + n, 4 * n) * 0.1)
        self.b = nn.Parameter(torch.zeros(4 * n))
        self.W_out = nn.Parameter(torch.randn(n, K) * 0.1)
        self.b_out = nn.Parameter(torch.zeros(K))

    def forward(self, x):
        codes = functional.one_hot(x.squeeze(2), self.b_out.shape[0]).float()
        h = c = torch.zeros(x.shape[0], self.W_out.shape[0], dtype=torch.float32)
        p = []
        for t in range(x.shape[1]):
            a = torch.cat([codes[:, t], h], dim=1) @ self.W + self.b
            f, i, o, g = a.chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            p.append(h @ self.W_out + self.b_out)
        return p, (h, c)
