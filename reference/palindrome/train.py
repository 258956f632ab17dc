"""Questions 1.3 and 1.6 of sheet 004: train a network to predict the last digit of a palindrome.

Also from the command line, as a module of its package: ``--model LSTM --length 5``; see ``main``.
"""

import argparse

import torch
from matplotlib.figure import Figure
from rich.progress import track
from torch import nn

from .dataset import PalindromeDataset
from .lstm import LSTM
from .vanilla_rnn import VanillaRNN

MODELS = {"RNN": VanillaRNN, "LSTM": LSTM}
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
    """Train until convergence by RMSprop on the cross-entropy of the last digit, equation (3).

    :param model: "RNN" or "LSTM".
    :param length: T, the digits of a palindrome; the network reads T − 1 of them.
    :param train_steps: stop after that many steps at the latest.
    :param max_norm: the gradient is scaled down to that norm if it is longer.
    :param progress: show a progress bar.
    :returns: the trained network, and its history: lists "loss" and "accuracy" (0 to 1) of the
        training batches, an entry per step.
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
    # Hint: clipping acts on gradients, so it has its place between backward() and step().
    ### BEGIN SOLUTION Question 1.3: the training loop, with gradient clipping and a sensible stop
    optimizer = torch.optim.RMSprop(network.parameters(), lr=learning_rate)
    dataset = PalindromeDataset(length)
    for _ in track(range(train_steps), "training", disable=not progress):
        x, y = (part.to(device) for part in dataset.batch(batch_size))  # (B, T − 1), (B,)
        logits = network(x)  # (B, K)
        loss = nn.functional.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm)
        optimizer.step()
        history["loss"].append(loss.item())
        history["accuracy"].append((logits.argmax(dim=1) == y).float().mean().item())
        if converged(network, history["accuracy"], dataset, device):
            break
    ### END SOLUTION
    return network, history


### BEGIN SOLUTION
@torch.no_grad()
def converged(
    network: nn.Module, accuracy: list[float], dataset: PalindromeDataset, device: str
) -> bool:
    """Whether the last batches went well, and these very weights get 2048 fresh palindromes right.

    One step can spoil what the step before had right, so an average over steps is not enough.
    """
    if len(accuracy) % 25 or sum(accuracy[-25:]) < 0.99 * 25:
        return False
    x, y = (part.to(device) for part in dataset.batch(2048))
    return bool((network(x).argmax(dim=1) == y).all())


### END SOLUTION
def plot_history(history: History) -> Figure:
    """Loss and accuracy against the training step, with axis labels and a legend."""
    ### BEGIN SOLUTION Question 1.3: a figure of loss and accuracy against the step
    figure = Figure(figsize=(7, 4), layout="constrained")
    left = figure.subplots()
    right = left.twinx()
    steps = range(1, len(history["loss"]) + 1)
    lines = left.plot(steps, history["loss"], color="tab:blue", label="loss")
    lines += right.plot(steps, history["accuracy"], color="tab:orange", label="accuracy")
    left.set(xlabel="training step", ylabel="cross-entropy", ylim=(0, None))
    right.set(ylabel="accuracy of the batch", ylim=(0, 1.05))
    left.legend(handles=lines, loc="center right")
    return figure
    ### END SOLUTION


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a network on palindromes.")
    parser.add_argument("--model", choices=sorted(MODELS), default="RNN")
    parser.add_argument("--length", type=int, default=5, help="digits of a palindrome, T")
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
