import torch


class VanillaRNN(torch.nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, debug):
        super().__init__()
        self.seq_length, self.debug = seq_length, debug

        def parameter(*shape):
            return torch.nn.Parameter(torch.randn(shape) / shape[-1] ** 0.5)

        self.W_hx, self.W_hh = parameter(num_hidden, input_dim), parameter(num_hidden, num_hidden)
        self.W_ph, self.b_p = parameter(num_classes, num_hidden), parameter(num_classes)
        self.b_h = parameter(num_hidden)

    def forward(self, x):
        h = torch.zeros(len(x), len(self.b_h))
        for t in range(self.seq_length):
            h = torch.tanh(x[:, t, None] @ self.W_hx.T + h @ self.W_hh.T + self.b_h)
            if self.debug:
                print(t, h.norm())
        return h @ self.W_ph.T + self.b_p
