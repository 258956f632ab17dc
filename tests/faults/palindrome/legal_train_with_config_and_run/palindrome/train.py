import argparse

import torch
from .dataset import PalindromeDataset
from torch import nn
from torch.utils.data import DataLoader
from .vanilla_rnn import VanillaRNN


def train(config, run):
    torch.manual_seed(run)
    rnn = VanillaRNN(config.input_length, 1, config.num_hidden, 10, config.batch_size, config.device)
    loader = DataLoader(PalindromeDataset(config.input_length + 1), config.batch_size, num_workers=1)
    optimizer = torch.optim.RMSprop(rnn.parameters(), config.learning_rate)
    accuracies = []
    for step, (x, y) in enumerate(loader):
        p = rnn.forward(x)
        loss = nn.CrossEntropyLoss()(p, y)
        rnn.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm(rnn.parameters(), max_norm=config.max_norm)
        optimizer.step()
        accuracies.append((p.argmax(1) == y).float().mean())
        if step == config.train_steps:
            break
    return accuracies


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--input_length", type=int, default=10)
    parser.add_argument("--num_hidden", type=int, default=128)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--learning_rate", type=float, default=0.001)
    parser.add_argument("--train_steps", type=int, default=10000)
    parser.add_argument("--max_norm", type=float, default=10.0)
    parser.add_argument("--device", default="cuda:0")
    train(parser.parse_args(), 3)
