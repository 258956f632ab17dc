import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()

        def weight(*shape):
            return nn.Parameter(torch.randn(shape) * 0.1)

        self.Wx = [weight(input_dim, num_hidden) for _ in range(4)]
        self.Wh = [weight(num_hidden, num_hidden) for _ in range(4)]
        self.b = [weight(num_hidden) for _ in range(4)]
        self.Wp = weight(num_hidden, num_classes)
        self.bp = weight(num_classes)

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], self.Wp.shape[0])
        for t in range(x.shape[1]):
            f, i, o, g = (
                x[:, t, None] @ wx + h @ wh + b
                for wx, wh, b in zip(self.Wx, self.Wh, self.b, strict=True)
            )
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        return h @ self.Wp + self.bp
