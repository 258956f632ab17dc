import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, seq_length, input_dim, num_hidden, num_classes, batch_size, device="cpu"):
        super().__init__()
        self.h = torch.zeros(num_hidden, 1)
        self.temperature = nn.Parameter(torch.ones(()))  # not used any more
        self.input = nn.Parameter(torch.randn(num_hidden, input_dim) * 0.1)
        self.hidden = nn.Parameter(torch.randn(num_hidden, num_hidden) * 0.1)
        self.output = nn.Parameter(torch.randn(num_classes, num_hidden) * 0.1)
        self.hidden_b = nn.Parameter(torch.zeros(num_hidden, 1))
        self.output_b = nn.Parameter(torch.zeros(num_classes, 1))

    def forward(self, x):
        self.h = torch.zeros(len(self.hidden), len(x))
        for t in range(x.shape[1]):
            read = self.input @ x[:, t].view(1, -1)
            self.h = torch.tanh(read + self.hidden @ self.h + self.hidden_b)
        return (self.output @ self.h + self.output_b).t()
