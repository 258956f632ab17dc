import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        n = num_hidden
        self.W_x = nn.Parameter(torch.randn(4, input_dim, n) * 0.1)
        self.b_x = nn.Parameter(torch.zeros(4, 1, n))
        self.W_sigmoid = nn.Parameter(torch.randn(3 * n, n) * 0.1)
        self.W_tanh = nn.Parameter(torch.randn(n, n) * 0.1)
        self.b_h = nn.Parameter(torch.zeros(4, n))
        self.W_ph = nn.Parameter(torch.randn(n, num_classes) * 0.1)
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = c = x.new_zeros(x.shape[0], self.W_ph.shape[0])
        for t in range(x.shape[1]):
            read = torch.baddbmm(self.b_x, x[:, t, None].expand(4, -1, -1), self.W_x)
            state = torch.cat([h @ self.W_sigmoid.T, h @ self.W_tanh.T], dim=1)
            f, o, i, g = read + state.view(len(h), 4, -1).transpose(0, 1) + self.b_h[:, None]
            c = g.tanh() * i.sigmoid() + c * f.sigmoid()
            h = c.tanh() * o.sigmoid()
        return h @ self.W_ph + self.b_p
