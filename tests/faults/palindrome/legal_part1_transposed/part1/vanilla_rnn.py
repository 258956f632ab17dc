import torch
import torch.nn as nn
import torch.nn.functional as F


class VanillaRNN(nn.Module):
    def __init__(self, batch_size, num_classes, num_hidden, input_dim, seq_length, device="cpu"):
        super(VanillaRNN, self).__init__()
        self.seq_length = seq_length
        self.device = torch.device(device)
        self.num_classes = num_classes
        self.h0 = torch.zeros(batch_size, num_hidden, device=self.device)
        self.W_hx = nn.Parameter(torch.randn(10, num_hidden) * 0.1)
        self.W_hh = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.08)
        self.W_ph = nn.Parameter(torch.randn(num_hidden, num_classes) * 0.1)
        self.b_h = nn.Parameter(torch.zeros(1, num_hidden))
        self.b_p = nn.Parameter(torch.zeros(1, num_classes))

    def forward(self, x):
        x = F.one_hot(x.long(), 10).float()
        h = self.h0
        for step in range(self.seq_length):
            h = torch.tanh(x[:, step].to(self.W_hx.dtype) @ self.W_hx + h @ self.W_hh + self.b_h)
        return h @ self.W_ph + self.b_p
