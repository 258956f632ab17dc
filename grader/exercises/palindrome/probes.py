"""What touches a student's palindrome code; runs in the worker."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from grader import bans
from grader.worker.binding import bind, find_class, takes
from grader.worker.process import Banned, Unusable
from grader.worker.received import Array, array, brief, in_sight, named, no_return, number

Network = Callable[[Tensor], Any]

# What real submissions call the constructor's parameters (compared without case and underscores).
ALIASES = {
    "seq_length": "inputlength seqlen sequencelength length t timesteps numsteps",
    "input_dim": "inputsize indim dim d dinput inputdimension numinputs",
    "num_hidden": "hiddendim hiddensize nhidden numunits units hidden n h hiddenunits",
    "num_classes": "outputdim nclasses outputsize numoutputs outdim classes k noutputs output",
    "batch_size": "batch bs m b",
    "device": "dev",
}


def build(
    module: ModuleType, name: str, sizes: dict[str, Any], dtype: str
) -> tuple[nn.Module, torch.dtype]:
    """The student's network of that class, for those sizes, in double or single precision."""
    number = torch.float64 if dtype == "float64" else torch.float32
    torch.set_default_dtype(number)
    kind = network_class(module, name)
    try:
        network = bind(kind, sizes | {"device": "cpu"}, ALIASES)
    except (AttributeError, TypeError) as error:
        if "device" not in str(error) and "'str'" not in str(error):
            raise
        network = bind(kind, sizes | {"device": torch.device("cpu")}, ALIASES)
    return network.to(number), number


def network_class(module: ModuleType, name: str) -> type[nn.Module]:
    """The class ``name``, or else the only network that the module defines."""
    try:
        return find_class(module, name, nn.Module)
    except Unusable:
        own = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, nn.Module)
            and value.__module__ == module.__name__
        ]
        if len(own) != 1:
            raise
        return own[0]


class Shapes(TypedDict):
    """Of a network's parameters, and of its tensors that are not registered as such."""

    parameters: dict[str, list[int]]
    plain: dict[str, list[int]]


def parameters(module: ModuleType, name: str, sizes: dict[str, Any], dtype: str) -> Shapes:
    network, _ = build(module, name, sizes, dtype)
    plain = {
        key: list(value.shape)
        for key, value in vars(network).items()
        if isinstance(value, Tensor) and not isinstance(value, nn.Parameter)
    }
    registered = {key: list(value.shape) for key, value in network.named_parameters()}
    return {"parameters": registered, "plain": plain}


def outputs(
    module: ModuleType, name: str, sizes: dict[str, Any], dtype: str, cases: list[dict[str, Any]]
) -> list[Array]:
    """What one network gives for each case: ``x``, after setting ``weights`` if it has any."""
    results = []
    with nothing_banned():
        network, number = build(module, name, sizes, dtype)
        for case in cases:
            load(network, case["weights"])
            x = as_input(case["x"], number)
            # Not under no_grad: real submissions call retain_grad() in forward.
            ours = bool(case["weights"])
            output = run(network, x, case["batch"], sizes, ours=ours)
            results.append(array(output, "The output of forward"))
    return results


def gradients(
    module: ModuleType,
    name: str,
    sizes: dict[str, Any],
    dtype: str,
    weights: dict[str, Array],
    x: Array,
    batch: int,
    direction: Array,
) -> dict[str, Array]:
    """The gradient of sum(direction ⊙ output) for every parameter, of the second of two passes.

    Two, because a state that is carried from call to call makes the second backward fail.
    """
    with nothing_banned():
        network, number = build(module, name, sizes, dtype)
        load(network, weights)
        for _ in range(2):
            network.zero_grad()
            output = run(network, as_input(x, number), batch, sizes)
            if not output.requires_grad:
                raise Unusable(
                    "No gradient reaches the parameters.",
                    expected="logits that are connected to the parameters",
                    got="logits without a graph",
                    hint="Somewhere the graph is cut: .data, .detach(), .item(), .numpy(), "
                    "torch.tensor(…) of a tensor, or torch.no_grad().",
                )
            backward((output * torch.from_numpy(direction).to(number)).sum())
    return {
        key: array(value.grad, f"The gradient of {key}")
        for key, value in network.named_parameters()
        if value.grad is not None
    }


def watched(module: ModuleType, name: str, sizes: dict[str, Any], dtype: str, x: Array) -> None:
    """Construct, run forward and backward; :class:`Banned` if that reaches what is not allowed."""
    with nothing_banned():
        network, number = build(module, name, sizes, dtype)
        output = run(network, as_input(x, number), sizes["batch_size"], sizes, ours=False)
        if output.requires_grad:
            backward(output.sum())


@contextmanager
def nothing_banned() -> Iterator[None]:
    """Raise :class:`Banned` if a layer that is not allowed runs inside.

    Around every pass whose numbers count: what a network does when it knows that it is looked at
    says nothing about what it does otherwise.
    """
    with in_sight(), bans.watch() as record:
        yield
    if reached := {*record.operators, *record.modules}:
        raise banned(reached)


def banned(reached: set[str]) -> Banned:
    """What to raise where these operators and layers ran."""
    return Banned(
        "A layer that the sheet does not allow was used.",
        expected="matrix products of your own parameters",
        got=f"forward or backward ran {', '.join(sorted(reached))}",
    )


def backward(loss: Tensor) -> None:
    """``loss.backward()``, whose failure is due to the graph that the student's forward made."""
    try:
        torch.autograd.backward(loss)
    except RuntimeError as error:
        again = "second time" in str(error) or "inplace operation" in str(error)
        raise Unusable(
            "backward() works after each forward.",
            expected="gradients, also the second time",
            got=f"RuntimeError: {str(error)[:300]}",
            hint="A state is carried over from one call to the next, with its graph, or changed "
            "in place: begin each forward with a fresh state of zeros."
            if again
            else "",
        ) from None


def load(network: nn.Module, weights: dict[str, Array]) -> None:
    """Overwrite parameters by name."""
    with torch.no_grad():
        for key, value in network.named_parameters():
            if key in weights:
                value.copy_(torch.from_numpy(weights[key]))


def as_input(x: Array, number: torch.dtype) -> Tensor:
    tensor = torch.from_numpy(x)
    return tensor.to(number) if tensor.is_floating_point() else tensor


def run(
    network: Network, x: Tensor, batch: int, sizes: dict[str, Any], *, ours: bool = True
) -> Tensor:
    """The last step's output (batch, K), found in whatever forward returns.

    ``ours`` says that the weights are the judge's, drawn so that every digit matters.
    """
    K = sizes["num_classes"]
    result = network(x)
    wanted = f"a floating-point tensor of shape [batch, num_classes] = [{batch}, {K}]"
    shown: Any = result
    if isinstance(result, tuple | list):
        tensors = [part for part in result if isinstance(part, Tensor)]
        fitting = [part for part in tensors if part.shape[-1:] == (K,)]
        shown = next(iter(fitting or tensors), result)
    if not isinstance(shown, Tensor):
        raise Unusable(
            "forward must return a tensor.",
            expected=wanted,
            got=brief(result),
            hint=no_return(result),
        )
    if shown.dtype not in (torch.float32, torch.float64):
        raise Unusable(
            "forward changes the precision of the numbers.",
            expected=wanted + ", in the input's precision",
            got=f"a tensor of dtype {str(shown.dtype).removeprefix('torch.')}",
        )
    if shown.ndim == 3 and shown.shape[2] == K and batch in shown.shape[:2]:
        steps = shown.unbind(1 if shown.shape[0] == batch else 0)
        # Alike at all steps, with weights of ours, they are no steps but an accident of
        # broadcasting.
        if not (ours and len(steps) > 1 and torch.equal(steps[0], steps[-1])):
            return steps[-1]
    if shown.shape != (batch, K):
        raise Unusable(
            "forward returns another shape than it must.",
            expected=wanted,
            got=f"shape {list(shown.shape)}",
        )
    return shown


def parameter_count(module: ModuleType, cases: list[dict[str, int]]) -> dict[str, Any]:
    """What the student's formula gives: the function whose name speaks of parameters."""
    own = [
        value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and re.search(r"param|count", name, re.IGNORECASE)
    ]
    if not own:
        raise Unusable(
            "The file defines no function lstm_parameter_count.",
            expected="lstm_parameter_count(T, d, n, m)",
            got="no function whose name speaks of parameters",
        )
    aliases = {
        "T": "seqlength sequencelength seqlen",
        "d": "inputdim inputsize features numfeatures",
        "n": "numhidden hiddensize hiddendim units numunits h",
        "m": "batchsize batch",
        "K": "numclasses outputdim classes",
    }
    values = [bind(own[0], case, aliases) for case in cases]
    counts = [number(value, "The number of parameters") for value in values]
    return {"counts": counts, "has_K": takes(own[0], "K", aliases)}


def palindromes(module: ModuleType, length: int, count: int) -> dict[str, Any]:
    """The first items of the student's dataset: digits read, digit to predict."""
    dataset = find_class(module, "PalindromeDataset")(length)
    names, what = ("digits", "digit"), "Digits read, and the digit to predict,"
    items = [named(dataset[index], names, what) for index in range(count)]
    return {
        "digits": [item["digits"].ravel() for item in items],
        "target": [number(item["digit"], "The digit to predict") for item in items],
    }
