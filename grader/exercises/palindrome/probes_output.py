"""Find the output in what a student's forward pass returns, in the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader.worker.answering import Unusable
from grader.worker.values import brief, no_return

Network = Callable[[Tensor], Any]


def run(
    network: Network,
    x: Tensor,
    batch: int,
    sizes: dict[str, Any],
    *,
    turned: bool,
    ours: bool = True,
) -> Tensor:
    """Return the last step's output (batch, K), found in whatever forward returns.

    Args:
        network: The student's.
        x: Its input.
        batch: The number of sequences.
        sizes: The constructor's arguments.
        turned: Whether the author's own code transposes, so that it may be (K, batch).
        ours: Whether the weights are the judge's, drawn so that every digit matters.
    """
    K = sizes["num_classes"]
    result = network(x)
    wanted = f"a floating-point tensor of shape [batch, num_classes] = [{batch}, {K}]"
    shown = output_in(result, (batch, K))
    if not isinstance(shown, Tensor):
        raise Unusable(
            "forward should return a tensor.",
            expected=wanted,
            got=brief(result),
            hint=no_return(result),
        )
    if shown.dtype not in (torch.float32, torch.float64):
        raise Unusable(
            "forward should return numbers in the input's precision.",
            expected=wanted + ", in the input's precision",
            got=f"a tensor of dtype {str(shown.dtype).removeprefix('torch.')}",
            hint="Return p as it is: leave out .half(), .long(), argmax and the like.",
        )
    found = _arranged(shown, batch, K, turned=turned, ours=ours)
    if found.shape != (batch, K):
        raise Unusable(
            "forward should return a tensor of shape [batch, num_classes].",
            expected=wanted,
            got=f"shape {list(found.shape)}",
            hint=hint_on_shape(tuple(found.shape), batch, sizes),
        )
    return found


def _arranged(shown: Tensor, batch: int, K: int, *, turned: bool, ours: bool) -> Tensor:
    """Return the last step's output as (batch, K), where its shape leaves no doubt."""
    if shown.ndim == 3 and shown.shape[2] == K and batch in shown.shape[:2]:
        steps = shown.unbind(1 if shown.shape[0] == batch else 0)
        # Alike at all steps, with weights of ours, they are no steps but an accident of
        # broadcasting; so are as many steps as sequences.
        alike = ours and len(steps) > 1 and torch.equal(steps[0], steps[-1])
        if not alike and (len(steps) != batch or batch == 1):
            return steps[-1]
    if batch == 1 and shown.shape == (K,):  # a squeeze() at the end
        return shown[None]
    if turned and shown.shape == (K, batch) != (batch, K):  # which their own code turns
        return shown.T
    return shown


def hint_on_shape(shape: tuple[int, ...], batch: int, sizes: dict[str, Any]) -> str:
    """Return what may have led to an output of that shape."""
    if shape == (batch, sizes["num_hidden"]):
        return "That is as wide as the state: W_ph makes num_classes numbers of it."
    if shape == (sizes["num_classes"], batch):
        return "That is the other way round: a row is a sequence, a column a class."
    if len(shape) == 3 and shape[-1] == sizes["num_classes"]:
        return "That is one axis too many: return the logits of the last step alone."
    if shape[1:] == (sizes["num_classes"],):
        return (
            "A row is needed for each sequence of the input: look for a batch size that is written "
            "into the code, or for two dimensions that are exchanged."
        )
    return ""


def output_in(result: Any, shape: tuple[int, int]) -> Any:
    """Return what is meant as the output, of that shape, among all that forward returns."""
    result = stacked(result, shape)
    if not isinstance(result, tuple | list):
        return result
    parts = [stacked(part, shape) for part in result]
    tensors = [part for part in parts if isinstance(part, Tensor)]
    fitting = [part for part in tensors if part.shape[-1:] == shape[-1:]]
    return next(iter(fitting or tensors), result)


def stacked(result: Any, shape: tuple[int, int]) -> Any:
    """Stack a list of outputs of that shape, one per step; return anything else as it is."""
    steps = isinstance(result, list) and all(
        isinstance(part, Tensor) and part.shape == shape for part in result
    )
    return torch.stack(result) if steps and result else result
