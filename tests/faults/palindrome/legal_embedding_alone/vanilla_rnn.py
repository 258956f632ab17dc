import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.digit_embedding = nn.Embedding(num_classes, num_hidden)
        self.W_hh = nn.Parameter(nn.init.orthogonal_(torch.empty(num_hidden, num_hidden)))
        self.W_ph = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.b_h = nn.Parameter(torch.zeros(num_hidden))
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        inputs = self.digit_embedding(x.long())
        h = torch.zeros_like(inputs[:, 0])
        for x_t in inputs.unbind(1):
            h = torch.tanh(x_t + h @ self.W_hh + self.b_h)
        return h @ self.W_ph.T + self.b_p
