"""Let a training go on whose network raises, so that its loop can be judged; in the worker.

The network has lost its points for the exception already. What it would have returned is replaced
by logarithms of probabilities that depend on its parameters, and by nothing else.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from grader.worker.calling import is_students

CLASSES = 10


@contextlib.contextmanager
def standing_in() -> Iterator[None]:
    """Stand in for what raises in the networks whose classes are defined meanwhile."""

    def defined(kind: type[Any], /, **options: Any) -> None:
        super(nn.Module, kind).__init_subclass__(**options)
        if is_students(kind):
            for name, stand_in in (("__init__", _parameter), ("forward", _output)):
                if name in vars(kind):
                    setattr(kind, name, _rescued(vars(kind)[name], stand_in))

    setattr(nn.Module, "__init_subclass__", classmethod(defined))  # noqa: B010  # a new attribute
    try:
        yield
    finally:
        delattr(nn.Module, "__init_subclass__")


def _rescued(method: Callable[..., Any], stand_in: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that calls ``stand_in`` where the student's raises."""

    @functools.wraps(method)
    def call(network: nn.Module, *arguments: Any, **options: Any) -> Any:
        try:
            return method(network, *arguments, **options)
        except NotImplementedError:  # what is not written yet is no mistake
            raise
        except Exception:  # noqa: BLE001 (theirs may raise anything)
            return stand_in(network, *arguments, *options.values())

    return call


def _parameter(network: nn.Module, *_: Any) -> None:
    """Give a network that could not be constructed a parameter."""
    if "_parameters" not in vars(network):
        nn.Module.__init__(network)
    network.stand_in = nn.Parameter(torch.zeros(1))


def _output(network: nn.Module, *inputs: Any) -> Tensor:
    """Return logarithms of probabilities (B, 10); the batch is an input's longest axis."""
    rows = max(size for x in inputs if isinstance(x, Tensor) for size in x.shape)
    total = torch.stack([part.sum() for part in network.parameters()]).sum()
    return (total * torch.linspace(0.1, 1.0, CLASSES)).expand(rows, CLASSES).log_softmax(1)
