import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.embedding = nn.Embedding(10, num_hidden)
        self.p = nn.ParameterDict({
            "W_hx": nn.Parameter(torch.randn(num_hidden, num_hidden)),
            "W_hh": nn.Parameter(torch.randn(num_hidden, num_hidden)),
            "W_ph": nn.Parameter(torch.randn(num_hidden, num_classes)),
            "b_h": nn.Parameter(torch.zeros(num_hidden)),
            "b_p": nn.Parameter(torch.zeros(num_classes)),
        })

    def forward(self, x):
        e = self.embedding(x.long())
        h = torch.zeros_like(e[:, 0])
        for t in range(x.shape[1]):
            h = torch.tanh(e[:, t] @ self.p["W_hx"] + h @ self.p["W_hh"] + self.p["b_h"])
        return h @ self.p["W_ph"] + self.p["b_p"]
