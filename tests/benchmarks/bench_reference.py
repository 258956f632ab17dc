"""Measure a training step of the reference's networks against torch's own, in pairs.

    python -m tests.benchmarks.bench_reference [ROUNDS]

One thread, B = n = 128. A row is a network, a number of features d and a length T. Every round
times each network once, in turn, so that a slow moment of the machine strikes all alike; printed
are the median of the rounds' ratios, and their quartiles.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from reference.palindrome.dataset import features
from reference.palindrome.lstm import LSTM
from reference.palindrome.lstm_by_hand import LSTMByHand
from reference.palindrome.vanilla_rnn import VanillaRNN

B, N, CLASSES = 128, 128, 10
STEPS = 10  # training steps between two looks at the processor clock


class Torch(nn.Module):
    """A layer of torch with a linear output of its last step."""

    def __init__(self, kind: type[nn.RNN | nn.LSTM], d: int) -> None:
        super().__init__()
        self.d = d
        self.cell = kind(d, N, batch_first=True)
        self.output = nn.Linear(N, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(features(x, self.d))
        return self.output(states[:, -1])


def step_of(network: nn.Module, x: Tensor, y: Tensor) -> Callable[[], float]:
    """Return what takes STEPS training steps and tells how many seconds one took."""
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()

    def run() -> float:
        begun = time.process_time()
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss_of(network(x), y).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 10.0)
            optimizer.step()
        return (time.process_time() - begun) / STEPS

    return run


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    torch.set_num_threads(1)
    print(f"{'network':12}{'d':>4}{'T':>4}{'ms':>8}{'against torch (quartiles)':>30}")
    for d in (1, 10):
        for T in (4, 9, 29):
            torch.manual_seed(1)
            x = torch.randint(10, (B, T)).float()
            y = torch.randint(10, (B,))
            made: dict[str, nn.Module] = {
                "nn.RNN": Torch(nn.RNN, d),
                "VanillaRNN": VanillaRNN(T, d, N, CLASSES, B),
                "nn.LSTM": Torch(nn.LSTM, d),
                "LSTM": LSTM(T, d, N, CLASSES, B),
                "LSTMByHand": LSTMByHand(T, d, N, CLASSES, B),
            }
            steps = {name: step_of(network, x, y) for name, network in made.items()}
            took: dict[str, list[float]] = {name: [] for name in steps}
            for number in range(rounds + 1):
                for name, step in steps.items():
                    seconds = step()
                    if number:  # the first warms up
                        took[name].append(seconds)
            for name, peer in (
                ("VanillaRNN", "nn.RNN"),
                ("LSTM", "nn.LSTM"),
                ("LSTMByHand", "nn.LSTM"),
            ):
                ratios = [own / other for own, other in zip(took[name], took[peer], strict=True)]
                low, middle, high = statistics.quantiles(ratios, n=4)
                own = statistics.median(took[name]) * 1000
                print(f"{name:12}{d:>4}{T:>4}{own:>8.2f}{middle:>12.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
