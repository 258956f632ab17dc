import argparse

import torch

from palindrome.dataset import PalindromeDataset
from palindrome.lstm import LSTM
from palindrome.vanilla_rnn import VanillaRNN


def train(config):
    kinds = {"RNN": VanillaRNN, "LSTM": LSTM}
    model = kinds[config.model_type](config.input_length, config.input_dim, 128, 10, 128)
    data = PalindromeDataset(config.input_length + 1)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for step in range(config.train_steps + 1):
        digits, answer = data.batch(128)
        optimizer.zero_grad()
        p = model(digits)
        torch.nn.functional.cross_entropy(p, answer).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        if (p.argmax(1) == answer).all():
            return step


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model_type", default="LSTM")
    parser.add_argument("--input_length", type=int, default=5)
    parser.add_argument("--input_dim", type=int, default=1, help="10 for one-hot codes")
    parser.add_argument("--train_steps", type=int, default=2000)
    config = parser.parse_args()

for model_type in ["LSTM"]:
    config.model_type = model_type
    for input_length in [20, 40]:
        config.input_length = input_length
        print(input_length, train(config))
