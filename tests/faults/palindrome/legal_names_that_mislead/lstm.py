import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.lookup = nn.Embedding(num_classes, num_hidden)
        for gate in ("remember", "save", "candidate", "focus"):
            for letter in ("U", "V"):
                square = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
                self.register_parameter(f"{letter}_{gate}", square)
            self.register_parameter(f"b_{gate}", nn.Parameter(torch.zeros(num_hidden)))
        self.W_p = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def gate(self, name, x, h):
        of = dict(self.named_parameters(recurse=False))
        return x @ of[f"U_{name}"] + h @ of[f"V_{name}"] + of[f"b_{name}"]

    def forward(self, x):
        h = c = torch.zeros(x.shape[0], self.W_p.shape[1])
        for digits in x.long().unbind(1):
            new = self.lookup(digits)
            i, f, o = (self.gate(name, new, h).sigmoid() for name in ("save", "remember", "focus"))
            c = f * c + i * self.gate("candidate", new, h).tanh()
            h = o * c.tanh()
        return h @ self.W_p.T + self.b_p
