import torch

from .dataset import PalindromeDataset
from .vanilla_rnn import VanillaRNN

T, STEPS = 12, 9000
network = VanillaRNN(T - 1, 1, 128, 10, 128)
optimizer = torch.optim.RMSprop(network.parameters())
optimizer.param_groups[0]["lr"] = 1e-3
for step in range(STEPS):
    x, y = PalindromeDataset(T).batch(128)
    optimizer.zero_grad()
    torch.nn.functional.nll_loss(network(x).log_softmax(1), y).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
