import argparse

import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from .dataset import PalindromeDataset
from .vanilla_rnn import VanillaRNN


def train(config):
    torch.manual_seed(config.seed)
    model = VanillaRNN(
        config.input_length,
        config.input_dim,
        config.num_hidden,
        config.num_classes,
        config.batch_size,
        config.device,
    )
    optimizer = torch.optim.RMSprop(model.parameters(), lr=config.learning_rate)
    data = DataLoader(PalindromeDataset(config.input_length + 1), config.batch_size)
    right = []
    for step, (digits, target) in enumerate(data):
        optimizer.zero_grad()
        out = model(functional.one_hot(digits.long(), config.input_dim).float())
        functional.cross_entropy(out, target).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_norm)
        optimizer.step()
        right.append((out.argmax(1) == target).float().mean().item())
        if step == config.train_steps or sum(right[-20:]) > 19.99:
            break
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--input_dim", type=int, default=10, help="one-hot codes")
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())
