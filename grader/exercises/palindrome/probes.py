"""What touches a student's palindrome code; runs in the worker."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from grader.bans.runtime import Watcher
from grader.exercises.palindrome.bans import BANNED
from grader.exercises.palindrome.configuration import supply
from grader.exercises.palindrome.probes_output import run
from grader.worker.answering import Banned, Unusable
from grader.worker.calling import bind, find_class, takes
from grader.worker.values import Array, array, in_sight

WATCHER = Watcher(BANNED)  # made now, before any student code is imported

# What real submissions call the constructor's parameters (compared without case and underscores).
ALIASES = {
    "seq_length": "inputlength seqlen sequencelength length t timesteps numsteps",
    "input_dim": "inputsize indim dim d dinput inputdimension numinputs",
    "num_hidden": "hiddendim hiddensize nhidden numunits units hidden n h hiddenunits",
    "num_classes": "outputdim nclasses outputsize numoutputs outdim classes k noutputs output",
    "batch_size": "batch bs m b",
    "device": "dev",
}


class Device(str):
    """The CPU, for code that takes a device as text and for code that takes a torch.device."""

    type = "cpu"


def build(
    module: ModuleType, name: str, sizes: dict[str, Any], dtype: str
) -> tuple[nn.Module, torch.dtype]:
    """The student's network of that class, for those sizes, in double or single precision."""
    number = torch.float64 if dtype == "float64" else torch.float32
    torch.set_default_dtype(number)
    kind = network_class(module, name)
    supplied = supply({}, sizes, sizes, ALIASES, {})
    try:
        network = bind(kind, sizes | {"device": Device("cpu")}, ALIASES, supplied)
    except (AssertionError, AttributeError, TypeError, ValueError):
        network = bind(kind, sizes | {"device": torch.device("cpu")}, ALIASES, supplied)
    return network.to(number), number


def network_class(module: ModuleType, name: str) -> type[nn.Module]:
    """The class ``name``, or else the only network that the module defines, or that has classes."""
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
        whole = [kind for kind in own if takes(kind, "num_classes", ALIASES)]
        for found in (own, whole):
            if len(found) == 1:
                return found[0]
        raise


class Shapes(TypedDict):
    """Of a network's parameters, and of its tensors that are not registered as such."""

    parameters: dict[str, list[int]]
    plain: dict[str, list[int]]
    embeddings: list[str]


def parameters(module: ModuleType, name: str, sizes: dict[str, Any], dtype: str) -> Shapes:
    """Shapes of the network's parameters, and of the tensors that are not registered as such.

    ``embeddings`` are the parameters of which digits pick rows: by their module, or by their names.
    """
    network, _ = build(module, name, sizes, dtype)
    held: dict[str, Any] = {}
    for key, value in vars(network).items():
        several = isinstance(value, list | tuple)
        held |= {f"{key}[{i}]": part for i, part in enumerate(value)} if several else {key: value}
    plain = {key: list(value.shape) for key, value in held.items() if isinstance(value, Tensor)}
    registered = {key: list(value.shape) for key, value in network.named_parameters()}
    looked_up = {
        f"{key}.weight" for key, part in network.named_modules() if isinstance(part, nn.Embedding)
    }
    named_so = re.compile("(?<!m)emb", re.IGNORECASE)  # but no remember gate
    embeddings = [key for key in registered if key in looked_up or named_so.search(key)]
    return {"parameters": registered, "plain": plain, "embeddings": embeddings}


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
    with in_sight(), WATCHER.watch() as record:
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
