import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()

        def four(*shape):
            return nn.ParameterList([nn.Parameter(torch.randn(shape) * 0.1) for _ in range(4)])

        self.Wx = four(num_hidden, input_dim)
        self.Wh = four(num_hidden, num_hidden)
        self.b = four(num_hidden, 1)
        self.w_cell = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.b_cell = nn.Parameter(torch.zeros(num_classes, 1))

    def forward(self, x):
        h = c = torch.zeros(self.Wh[0].shape[0], x.shape[0])
        for t in range(x.shape[1]):
            f, i, g, o = (
                wx @ x[:, t][None] + wh @ h + b
                for wx, wh, b in zip(self.Wx, self.Wh, self.b, strict=True)
            )
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return (self.w_cell @ h + self.b_cell).T
