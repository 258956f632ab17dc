import torch
import torch.nn as nn
from .helpers import init


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device):
        super().__init__()
        self.b_size, self.hid = batch_size, num_hidden
        self.Wxh = init(num_hidden, input_dim)
        self.Whh = init(num_hidden, num_hidden)
        self.Why = init(num_classes, num_hidden)
        self.bh = nn.Parameter(torch.zeros(num_hidden))
        self.by = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = torch.zeros(self.b_size, self.hid)
        for t in range(x.shape[1]):
            h = torch.tanh(torch.matmul(x[:, t, :].to(torch.float32), self.Wxh.t()) + h @ self.Whh.t() + self.bh)
            h.retain_grad()
        return torch.softmax(h @ self.Why.t() + self.by, dim=-1)
