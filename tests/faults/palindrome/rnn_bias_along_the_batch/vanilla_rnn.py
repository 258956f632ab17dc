import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.W_hx = nn.Parameter(torch.randn(num_hidden, input_dim) * 0.1)
        self.W_hh = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
        self.W_ph = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.b_h = nn.Parameter(torch.zeros(num_hidden))
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        h = torch.zeros(self.W_hh.shape[0], x.shape[0])
        for t in range(x.shape[1]):
            h = torch.tanh(self.W_hx @ x[:, t][None] + self.W_hh @ h + self.b_h)
        return (self.W_ph @ h).t() + self.b_p
