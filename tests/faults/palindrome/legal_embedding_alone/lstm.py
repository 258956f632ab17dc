import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.embed = nn.Embedding(num_classes, 4 * num_hidden)
        self.W_h = nn.Parameter(torch.randn(num_hidden, 4 * num_hidden) * 0.05)
        self.b = nn.Parameter(torch.zeros(4 * num_hidden))
        self.W_ph = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = c = torch.zeros(len(x), self.W_h.shape[0])
        for t in range(x.shape[1]):
            z = self.embed(x[:, t].long()) + h @ self.W_h + self.b
            i, f, o, g = z.chunk(4, dim=1)
            c = torch.tanh(g) * torch.sigmoid(i) + c * torch.sigmoid(f)
            h = torch.tanh(c) * torch.sigmoid(o)
        return h @ self.W_ph + self.b_p
