import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.w_in = nn.Parameter(torch.randn(num_hidden) * 0.1)
        self.w_hidden = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
        self.w_out = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.b_hidden = nn.Parameter(torch.zeros(num_hidden))
        self.b_out = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = x.new_zeros(x.shape[0], self.w_hidden.shape[0])
        for t in range(x.shape[1]):
            h = torch.tanh(torch.outer(x[:, t], self.w_in) + h @ self.w_hidden + self.b_hidden)
        return torch.addmm(self.b_out, h, self.w_out)
