import torch
from torch import nn

print("vanilla rnn imported")


class VanillaRNN(nn.Module):
    def __init__(self, input_length, input_size, hidden_dim, output_dim, batch_size, device):
        super().__init__()
        assert isinstance(device, torch.device) or device.startswith("c")
        self.unused = nn.Parameter(torch.randn(3, 3))
        self.W = nn.Parameter(torch.randn(hidden_dim + input_size, hidden_dim) * 0.05)
        self.bias_hidden = nn.Parameter(torch.zeros(hidden_dim, 1))
        self.out = nn.Parameter(torch.randn(output_dim, hidden_dim) * 0.1)
        self.bias_out = nn.Parameter(torch.zeros(output_dim, 1))
        self.h_init = nn.Parameter(torch.zeros(hidden_dim, 1))

    def forward(self, x):
        h = self.h_init.expand(-1, x.shape[0])
        for t in range(x.size(1)):
            column = torch.cat([h, x[:, t].unsqueeze(0)], dim=0)
            h = torch.tanh(self.W.t() @ column + self.bias_hidden)
        return torch.log_softmax((self.out @ h + self.bias_out).t(), dim=1)
