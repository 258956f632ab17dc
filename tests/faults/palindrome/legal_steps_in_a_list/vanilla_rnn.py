import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device):
        super().__init__()
        self.device = device
        self.W_hx = nn.Parameter(torch.randn(num_hidden, input_dim) * 0.1)
        self.W_hh = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
        self.W_ph = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.b_h = nn.Parameter(torch.zeros(num_hidden))
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        if self.device.type == "cuda":
            x = x.cuda()
        h = torch.zeros(x.shape[0], self.b_h.shape[0], device=self.device)
        p = torch.zeros(x.shape[1], x.shape[0], self.b_p.shape[0], device=self.device)
        for t in range(x.shape[1]):
            h = torch.tanh(x[:, t, None] @ self.W_hx.T + h @ self.W_hh.T + self.b_h)
            p[t] = h @ self.W_ph.T + self.b_p
        return p
