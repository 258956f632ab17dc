"""Probe a student's palindrome code; runs in the worker."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from grader.bans.runtime import Watcher
from grader.exercises.palindrome.bans import BANNED
from grader.exercises.palindrome.probes_construct import Own, build
from grader.exercises.palindrome.probes_output import run
from grader.worker.answering import Banned, Unusable
from grader.worker.values import Array, array, in_sight

WATCHER = Watcher(BANNED)  # made now, before any student code is imported

ENOUGH = 0.5  # CPU seconds for inputs that are not the likeliest


class Shapes(TypedDict):
    """Of a network's parameters, and of its tensors that are not registered as such."""

    parameters: dict[str, list[int]]
    plain: dict[str, list[int]]
    embeddings: list[str]


def parameters(
    module: ModuleType, name: str, sizes: dict[str, Any], dtype: str, own: Own
) -> Shapes:
    """Return shapes of the network's parameters, and of the tensors that are not registered.

    ``embeddings`` are the parameters of which digits pick rows: by their module, or by their names.
    """
    network = build(module, name, sizes, dtype, own)
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


def attempts(
    module: ModuleType,
    name: str,
    sizes: dict[str, Any],
    dtype: str,
    own: Own,
    weights: dict[str, Array],
    inputs: dict[str, Array],
    hurry: bool,
) -> dict[str, Array]:
    """Return the network's outputs for those of several inputs, by name, that it can take.

    All have `ENOUGH` seconds together: from the start in a ``hurry``, else once one has run.
    """
    results: dict[str, Array] = {}
    begun = time.process_time()
    with nothing_banned():
        network = build(module, name, sizes, dtype, own)
        for key, x in inputs.items():
            if (results or hurry) and time.process_time() - begun > ENOUGH:
                break  # what broadcasts by accident may take long
            load(network, weights)
            try:
                output = run(
                    network, as_input(x, dtype), sizes["batch_size"], sizes, turned=own["turned"]
                )
                results[key] = array(output, "The output of forward")
            except RecursionError:
                raise  # in any format; and the record of what runs has ended
            except Exception:  # noqa: BLE001 (the input is not made for it)
                continue
    return results


def outputs(
    module: ModuleType,
    name: str,
    sizes: dict[str, Any],
    dtype: str,
    own: Own,
    cases: list[dict[str, Any]],
) -> list[Array]:
    """Return what one network gives for each case: ``x``, after setting ``weights`` if any."""
    results = []
    with nothing_banned():
        network = build(module, name, sizes, dtype, own)
        for case in cases:
            load(network, case["weights"])
            x = as_input(case["x"], dtype)
            # Not under no_grad: real submissions call retain_grad() in forward.
            ours = bool(case["weights"])
            output = run(network, x, case["batch"], sizes, turned=own["turned"], ours=ours)
            results.append(array(output, "The output of forward"))
    return results


def gradients(
    module: ModuleType,
    name: str,
    sizes: dict[str, Any],
    dtype: str,
    own: Own,
    weights: dict[str, Array],
    x: Array,
    batch: int,
    direction: Array,
) -> dict[str, Array]:
    """Return the gradient of sum(direction ⊙ output) by parameter, of the second of two passes.

    Two, because a state that is carried from call to call makes the second backward fail.
    """
    with nothing_banned():
        network = build(module, name, sizes, dtype, own)
        load(network, weights)
        for _ in range(2):
            network.zero_grad()
            output = run(network, as_input(x, dtype), batch, sizes, turned=own["turned"])
            if not output.requires_grad:
                raise Unusable(
                    "Gradients should reach the parameters.",
                    expected="logits that are connected to the parameters",
                    got="logits without a graph",
                    hint="Somewhere the graph is cut: .data, .detach(), .item(), .numpy(), "
                    "torch.tensor(…) of a tensor, or torch.no_grad().",
                )
            backward((output * torch.from_numpy(direction).to(output.dtype)).sum())
    return {
        key: array(value.grad, f"The gradient of {key}")
        for key, value in network.named_parameters()
        if value.grad is not None
    }


def watched(
    module: ModuleType,
    name: str,
    sizes: dict[str, Any],
    dtype: str,
    own: Own,
    x: Array,
) -> None:
    """Construct, run forward and backward; :class:`Banned` if that reaches what is not allowed."""
    with nothing_banned():
        network = build(module, name, sizes, dtype, own)
        output = run(
            network,
            as_input(x, dtype),
            sizes["batch_size"],
            sizes,
            turned=own["turned"],
            ours=False,
        )
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
    """Return what to raise where these operators and layers ran."""
    return Banned(
        "Only layers that the sheet allows should be used.",
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
            "backward() should work after each forward.",
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


def as_input(x: Array, dtype: str) -> Tensor:
    """Return ``x`` as a tensor, in the precision of the network unless it is of integers."""
    tensor = torch.from_numpy(x)
    number = torch.float64 if dtype == "float64" else torch.float32
    return tensor.to(number) if tensor.is_floating_point() else tensor
