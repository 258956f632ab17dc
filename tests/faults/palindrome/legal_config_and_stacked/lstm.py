import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        k = 1 / num_hidden**0.5
        self.n = num_hidden
        self.weight = nn.Parameter(torch.empty(4 * num_hidden, num_hidden + input_dim).uniform_(-k, k))
        self.bias = nn.Parameter(torch.zeros(4 * num_hidden))
        self.weight_out = nn.Parameter(torch.empty(num_hidden, num_classes).uniform_(-k, k))
        self.bias_out = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        if x.dim() == 2:
            x = x[:, :, None]
        c = h = x.new_zeros(x.shape[0], self.n)
        for t in range(x.shape[1]):
            z = torch.cat([h, x[:, t]], 1) @ self.weight.T + self.bias
            f, i, o, g = z.split(self.n, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h @ self.weight_out + self.bias_out, (h, c)
