import torch
import torch.nn as nn

class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super(VanillaRNN, self).__init__()
        self.seq_length, self.n = seq_length, num_hidden
        s = 1.0 / num_hidden ** 0.5
        self.W_hx = nn.Parameter(torch.randn(input_dim, num_hidden, device=device) * s)
        self.W_hh = nn.Parameter(torch.randn(num_hidden, num_hidden, device=device) * s)
        self.W_ph = nn.Parameter(torch.randn(num_hidden, num_classes, device=device) * s)
        self.b_h = nn.Parameter(torch.zeros(1, num_hidden, device=device))
        self.b_p = nn.Parameter(torch.zeros(1, num_classes, device=device))

    def forward(self, x):
        hs = [torch.zeros(x.size(0), self.n, dtype=x.dtype, device=x.device)]
        for t in range(x.size(1) - 1):
            z = torch.einsum("bi,ih->bh", x[:, t : t + 1], self.W_hx) + torch.einsum("bk,kh->bh", hs[t], self.W_hh) + self.b_h
            hs.append(z.tanh())
        return torch.matmul(hs[-1], self.W_ph) + self.b_p
