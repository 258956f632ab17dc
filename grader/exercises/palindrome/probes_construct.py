"""Construct a student's network as its author does; runs in the worker."""

from __future__ import annotations

import inspect
from itertools import pairwise
from types import ModuleType
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from grader.core.spelling import by_any_name, names_for, squeeze
from grader.exercises.palindrome.configuration import NAMES, supply
from grader.exercises.palindrome.own_call import own_call, value_of
from grader.worker.answering import Unusable
from grader.worker.calling import bind, find_class, parameters, takes

# What real submissions call the constructor's parameters (compared without case and underscores).
ALIASES = {
    "seq_length": "inputlength seqlen sequencelength length t timesteps numsteps",
    "input_dim": "inputsize indim dim d dinput inputdimension numinputs",
    "num_hidden": "hiddendim hiddensize nhidden numunits units hidden n h hiddenunits",
    "num_classes": "outputdim nclasses outputsize numoutputs outdim classes k noutputs output",
    "batch_size": "batch bs m b",
    "device": "dev",
}


class Own(TypedDict):
    """The arguments that the student's own code gives to the constructor."""

    surplus: int  # the length, less the number of digits that are read
    extra: dict[str, str]  # expressions for parameters that the sheet doesn't have
    turned: bool  # whether it transposes, so that outputs may be [num_classes, batch]


class Device(str):
    """The CPU, for code that takes a device as text and for code that takes a torch.device."""

    type = "cpu"


def build(module: ModuleType, name: str, sizes: dict[str, Any], dtype: str, own: Own) -> nn.Module:
    """Construct the student's network of that class as its author does, in single precision.

    Args:
        module: The student's.
        name: The class's name.
        sizes: The sheet's arguments of the constructor.
        dtype: ``float64`` to run it in double precision afterwards.
        own: What the author's code gives.
    """
    torch.set_default_dtype(torch.float32)
    kind = network_class(module, name)
    known = by_any_name({**sizes, "device": ""}, ALIASES)
    further = {
        key: value_of(text) for key, text in own["extra"].items() if squeeze(key) not in known
    }
    values = sizes | further
    known_values = sizes | {"device": Device("cpu")}
    supplied = supply(further, known_values, known_values, ALIASES, {})
    try:
        network: nn.Module = bind(kind, values | {"device": Device("cpu")}, ALIASES, supplied)
    except (AssertionError, AttributeError, TypeError, ValueError):
        network = bind(kind, values | {"device": torch.device("cpu")}, ALIASES, supplied)
    refuse_shared_memory(network)
    if dtype == "float64":
        torch.set_default_dtype(torch.float64)
        network.double()
        for part in network.modules():
            for key, value in vars(part).items():
                vars(part)[key] = doubled(value)
    return network


def refuse_shared_memory(network: nn.Module) -> None:
    """Raise Unusable if numbers of one parameter are numbers of another, too."""
    known = {id(value): (name, value) for name, value in network.named_parameters()}
    spans = sorted(
        (value.data_ptr(), value.data_ptr() + value.numel() * value.element_size(), name)
        for name, value in known.values()
        if value.is_contiguous() and value.numel()
    )
    for (_, end, name), (start, _, other) in pairwise(spans):
        if start < end:
            raise Unusable(
                "Each parameter should have numbers of its own.",
                expected="parameters that can be set one by one",
                got=f"{name} and {other}, which share memory",
                hint="Make each by a call of its own, such as torch.randn(…), not as a view.",
            )


def doubled(value: Any) -> Any:
    """Return tensors that are no parameters, and lists of such, in double precision."""
    if isinstance(value, nn.Parameter):  # in a list, where the network doesn't see it
        value.data = value.data.double()
    elif isinstance(value, Tensor) and value.dtype == torch.float32:
        return value.double()
    elif type(value) in (list, tuple) and any(isinstance(part, Tensor) for part in value):
        return type(value)(doubled(part) for part in value)
    return value


def own_arguments(module: ModuleType, name: str, sources: list[str], elsewhere: bool) -> Own:
    """Find the call of the network in the student's files.

    Args:
        module: The student's.
        name: The class's name.
        sources: The files' text.
        elsewhere: Whether other files speak of the class. If none does and no call is found, a
            parameter that the sheet doesn't have is given ``False``.
    """
    kind = network_class(module, name)
    known = by_any_name({**dict.fromkeys(ALIASES)}, ALIASES)
    call = own_call(kind, sources, names_for("seq_length", ALIASES))
    if call is not None:
        further = {k: text for k, text in call.arguments.items() if squeeze(k) not in known}
        return {"surplus": call.surplus, "extra": further, "turned": call.turned}
    asked = [
        parameter.name
        for parameter in parameters(kind)
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    unknown = [key for key in asked if squeeze(key) not in {*known, *NAMES}]
    further = {} if elsewhere else dict.fromkeys(unknown, "False")
    return {"surplus": 0, "extra": further, "turned": False}


def network_class(module: ModuleType, name: str) -> type[nn.Module]:
    """Return the class ``name``, or else the module's only network.

    If the module has several, the only one that takes a number of classes is returned.

    Raises:
        Unusable: None or several are left.
    """
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
