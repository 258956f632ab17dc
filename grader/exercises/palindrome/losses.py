"""Trace what a training computes its loss of; in the worker.

The functions of torch.nn.functional are noted, which torch.nn's losses call, too. Targets are
compared with those that the data loader gave, whatever the data set is.
"""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from grader.exercises.palindrome.wrapping import preceded, replaced

LAST = 25  # batches, whose accuracy must be that of the history's last entries
BATCHES = 4  # of a data loader that are remembered: some loops fetch the next one early
PARALLEL = 1 - 1e-5  # cosine; single precision leaves about 1e-7
COMPARED = 20  # losses whose targets are compared with the data loader's
OTHERS = (
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "multi_margin_loss", "kl_div",
)  # fmt: skip


class Losses:
    """The losses of a training: what they were computed of.

    Args:
        at_loss: Is called before each.

    Attributes:
        count: How many were computed.
        last: Logits and classes of the last batches.
    """

    def __init__(self, at_loss: Callable[[], None]) -> None:
        self.count = 0
        self.last: deque[tuple[Tensor, Tensor]] = deque(maxlen=LAST)
        self._at_loss = at_loss
        self._kind = ""
        self._batches: deque[list[Tensor]] = deque(maxlen=BATCHES)
        self._compared = self._agreed = 0  # targets that could be the data loader's, and were
        self._is_another = False  # whether a loss by hand was no cross-entropy

    @property
    def last_target(self) -> Tensor | None:
        """Return the classes (B,) of the last batch."""
        return self.last[-1][1] if self.last else None

    @property
    def trouble(self) -> str:
        """Return what is wrong with the loss, in a word; "" if nothing is."""
        if self._is_another:
            return "by hand"
        return self._kind or ("targets" if self._compared and not self._agreed else "")

    def accuracy(self) -> float | None:
        """Return the share that was right in the last batches; None if that was not seen."""
        if not self.last:
            return None
        right = [float((rows.argmax(1) == target).float().mean()) for rows, target in self.last]
        return sum(right) / len(right)

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note the losses and the data loaders' batches meanwhile."""
        notices = {"cross_entropy": self._cross_entropy, "nll_loss": self._nll_loss}
        notices |= {name: functools.partial(self._other, name) for name in OTHERS}
        iterate = DataLoader.__iter__

        def iterated(loader: DataLoader[Any]) -> Iterator[Any]:
            for batch in iterate(loader):
                self._batches.append(list(_tensors(batch)))
                yield batch

        with contextlib.ExitStack() as stack:
            stack.enter_context(replaced(DataLoader, "__iter__", iterated))
            for name, notice in notices.items():
                function = preceded(getattr(nn.functional, name), notice)
                stack.enter_context(replaced(nn.functional, name, function))
            yield

    def _cross_entropy(self, input: Tensor, target: Any = None, *_: Any, **__: Any) -> None:
        self._note("probabilities" if _are_probabilities(input.detach()) else "", input, target)

    def _nll_loss(self, input: Tensor, target: Any = None, *_: Any, **__: Any) -> None:
        is_right = _are_probabilities(input.detach().exp())
        self._note("" if is_right else "nll_loss", input, target)

    def _other(self, name: str, *_: Any, **__: Any) -> None:
        self._note(name, None, None)

    def _note(self, kind: str, input: Tensor | None, target: Any) -> None:
        self.count += 1
        self._kind = kind
        if input is not None and isinstance(target, Tensor) and target.shape == input.shape[:1]:
            self.last.append((input.detach(), target))
            if self._compared < COMPARED:
                self._compare(target)
        self._at_loss()

    def check_by_hand(self, output: Tensor, gradient: Tensor) -> None:
        """Check a loss that no function of torch has computed, by its gradient.

        Args:
            output: What the network returned, (B, K): logits, probabilities or their logarithms.
            gradient: The derivative of the loss by the output.
        """
        if output.ndim == 2:
            # Whatever the target is: its class is the one whose logit should grow.
            wanted = _of_cross_entropy(output, gradient.argmin(1))
            self._is_another |= not any(_is_along(gradient, one) for one in wanted)

    def _compare(self, target: Tensor) -> None:
        """Compare classes (B,) with the tensors of as many numbers that the data loader gave."""
        given = [
            part.flatten()
            for batch in self._batches
            for part in batch
            if part.numel() == target.numel()
        ]
        self._compared += bool(given)
        self._agreed += any(torch.equal(part.double(), target.double()) for part in given)


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in a batch."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors(part)


def _of_cross_entropy(output: Tensor, classes: Tensor) -> Iterator[Tensor]:
    """Yield the derivatives of cross-entropy by logits, by logarithms, and by probabilities."""
    y = nn.functional.one_hot(classes, output.shape[1]).to(output)
    yield output.softmax(1) - y
    yield -y
    yield -y / output.clamp_min(torch.finfo(output.dtype).tiny)


def _is_along(gradient: Tensor, wanted: Tensor) -> bool:
    """Return whether a gradient is a positive multiple of another; losses may be scaled."""
    g, w = gradient.double().flatten(), wanted.double().flatten()
    return bool(g @ w > PARALLEL * g.norm() * w.norm())


def _are_probabilities(rows: Tensor) -> bool:
    return bool(rows.ndim == 2 and (rows >= 0).all() and (rows.sum(1) - 1).abs().max() < 1e-4)
