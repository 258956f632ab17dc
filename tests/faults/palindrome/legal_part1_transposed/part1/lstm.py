import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTM(nn.Module):
    def __init__(self, batch_size, num_classes, num_hidden, input_dim, seq_length, device="cpu"):
        super().__init__()
        self.num_hidden = num_hidden

        def w(a, b):
            return nn.Parameter(nn.init.xavier_normal_(torch.empty(a, b)))

        for gate in ["g", "i", "f", "o"]:
            setattr(self, f"W_{gate}x", w(10, num_hidden))
            setattr(self, f"W_{gate}h", w(num_hidden, num_hidden))
            setattr(self, f"b_{gate}", nn.Parameter(torch.zeros(num_hidden)))
        self.W_ph = w(num_hidden, num_classes)
        self.b_p = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        batch, steps = x.shape
        h = torch.zeros(batch, self.num_hidden)
        c = torch.zeros(batch, self.num_hidden)
        onehot = F.one_hot(x.long(), 10).type_as(self.W_ph)
        for t in range(steps):
            xt = onehot[:, t, :]
            g = torch.tanh(xt.mm(self.W_gx) + h.mm(self.W_gh) + self.b_g)
            i = torch.sigmoid(xt.mm(self.W_ix) + h.mm(self.W_ih) + self.b_i)
            f = torch.sigmoid(xt.mm(self.W_fx) + h.mm(self.W_fh) + self.b_f)
            o = torch.sigmoid(xt.mm(self.W_ox) + h.mm(self.W_oh) + self.b_o)
            c = g * i + c * f
            h = torch.tanh(c) * o
        return h.mm(self.W_ph) + self.b_p


def num_parameters(seq_len, input_dim, num_hidden, batch_size):
    return 4 * (num_hidden * input_dim + num_hidden**2 + num_hidden)
