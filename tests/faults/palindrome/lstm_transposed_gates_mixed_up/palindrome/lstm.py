import torch
import torch.nn as nn

class LSTM(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.n = num_hidden
        s = 1.0 / num_hidden ** 0.5
        for k in "gifo":
            setattr(self, f"W_{k}x", nn.Parameter(torch.randn(input_dim, num_hidden) * s))
            setattr(self, f"W_{k}h", nn.Parameter(torch.randn(num_hidden, num_hidden) * s))
            setattr(self, f"b_{k}", nn.Parameter(torch.zeros(num_hidden)))
        self.W_ph = nn.Parameter(torch.randn(num_hidden, num_classes) * s)
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def pre(self, k, xt, h):
        return xt @ getattr(self, f"W_{k}x") + h @ getattr(self, f"W_{k}h") + getattr(self, f"b_{k}")

    def forward(self, x):
        h = torch.zeros(x.size(0), self.n, dtype=x.dtype)
        c = torch.zeros(x.size(0), self.n, dtype=x.dtype)
        for t in range(x.size(1)):
            xt = x[:, t].unsqueeze(1)
            g = torch.tanh(self.pre("g", xt, h))
            i = torch.sigmoid(self.pre("i", xt, h))
            f = torch.sigmoid(self.pre("f", xt, h))
            o = torch.sigmoid(self.pre("o", xt, h))
            c = f * c + o * g
            h = o * torch.tanh(c)
        return h @ self.W_ph + self.b_p
