"""Questions 1.3 and 1.6 of sheet 004: train a network to predict the last digit of a palindrome.

Also from the command line, as a module of its package: ``--model LSTM --length 5``; see ``main``.
"""

import argparse

from matplotlib.figure import Figure
from torch import nn

from .lstm import LSTM
from .vanilla_rnn import VanillaRNN

MODELS: dict[str, type[nn.Module]] = {"RNN": VanillaRNN, "LSTM": LSTM}
History = dict[str, list[float]]


def train(
    model: str = "RNN",
    length: int = 5,
    input_dim: int = 1,
    num_classes: int = 10,
    num_hidden: int = 128,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    train_steps: int = 10_000,
    max_norm: float = 10.0,
    device: str = "cpu",
    progress: bool = False,
) -> tuple[nn.Module, History]:
    """Train by RMSprop on the cross-entropy of the last digit, until convergence.

    L = −Σ_k y_k log softmax(p)_k (3), averaged over the batch; y is the digit as a one-hot code.
    Each step takes a new batch, `PalindromeDataset(length).batch(batch_size)` in dataset.py. The
    training has converged when the network gets at least 99 % of all palindromes right.

    Args:
        model: "RNN" or "LSTM".
        length: The number of digits of a palindrome; the network reads length − 1 of them.
        train_steps: The number of steps after which training stops at the latest.
        max_norm: The norm to which longer gradients are scaled down.
        progress: True shows a progress bar.

    Returns:
        The trained network, and its history: lists "loss" and "accuracy" (0 to 1) of the training
        batches, with one entry for each step.
    """
    network = MODELS[model](
        seq_length=length - 1,
        input_dim=input_dim,
        num_hidden=num_hidden,
        num_classes=num_classes,
        batch_size=batch_size,
        device=device,
    )
    history: History = {"loss": [], "accuracy": []}
    # Hint: clipping acts on gradients, so it belongs between backward() and step().
    raise NotImplementedError(
        "Question 1.3: the training loop, with gradient clipping and a sensible stop"
    )
    return network, history


def plot_history(history: History) -> Figure:
    """Draw loss and accuracy against the training step, with axis labels and a legend."""
    raise NotImplementedError("Question 1.3: a figure of loss and accuracy against the step")


def main() -> None:
    """Train a network as the command line's options say, and print how it went."""
    parser = argparse.ArgumentParser(description="Train a network on palindromes.")
    parser.add_argument("--model", choices=sorted(MODELS), default="RNN")
    parser.add_argument("--length", type=int, default=5, help="digits of a palindrome")
    parser.add_argument("--input_dim", type=int, default=1, help="1: numbers, 10: one-hot codes")
    parser.add_argument("--num_classes", type=int, default=10)
    parser.add_argument("--num_hidden", type=int, default=128)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--train_steps", type=int, default=10_000)
    parser.add_argument("--max_norm", type=float, default=10.0)
    parser.add_argument("--device", default="cpu")
    _, history = train(progress=True, **vars(parser.parse_args()))
    last = slice(-25, None)
    loss, accuracy = (sum(h[last]) / len(h[last]) for h in (history["loss"], history["accuracy"]))
    print(f"{len(history['loss'])} steps; the last 25 on average: ", end="")
    print(f"loss {loss:.4f}, accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
