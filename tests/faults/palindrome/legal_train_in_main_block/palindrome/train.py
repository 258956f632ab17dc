import argparse

import matplotlib.pyplot as plt
import numpy as np
import torch

from palindrome.dataset import PalindromeDataset
from palindrome.vanilla_rnn import VanillaRNN

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seq_length", type=int, default=9, help="digits that the network reads")
    parser.add_argument("--steps", type=int, default=4000)
    args = parser.parse_args()

    data = PalindromeDataset(args.seq_length + 1)
    model = VanillaRNN(args.seq_length, 1, 128, 10, 128)
    weights = list(model.parameters())
    optimizer = torch.optim.RMSprop(weights, lr=1e-3)
    losses = []
    for step in range(args.steps):
        digits, answer = data.batch(128)
        loss = torch.nn.functional.cross_entropy(model(digits), answer)
        for weight in weights:
            weight.grad = None
        loss.backward()
        norm = sum((weight.grad**2).sum() for weight in weights) ** 0.5
        if norm > 10:
            for weight in weights:
                weight.grad *= 10 / norm
        optimizer.step()
        losses.append(loss.item())
    np.save("results/losses.npy", losses)
    plt.plot(losses, label="cross-entropy")
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.legend()
    plt.savefig("results/losses.png")
