"""Let code that asks for a GPU run on the CPU.

A student's machine may have a GPU where the grader's has none, and many write the device into the
code. Wherever torch takes a device, "cuda", "mps" and the like become "cpu", and a note says so.
``torch.cuda.is_available()`` stays False, so that code that asks first is left alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._device import DeviceContext, _device_constructors

from grader.worker.notes import note

Function = Callable[..., Any]
ABSENT = re.compile(r"(cuda|mps|xpu|hip|xla|hpu|npu)(:\d+)?")
CPU = torch.device("cpu")
LIKE = ("empty", "full", "ones", "rand", "randint", "randn", "zeros")
METHODS = ("to", "type", *(f"new_{name}" for name in ("empty", "full", "ones", "tensor", "zeros")))
KINDS = "Float Double Half BFloat16 Long Int Short Char Byte Bool"
# Of torch.cuda and torch.mps, with what they return where there is no GPU.
ABOUT: dict[str, Any] = {
    "current_device": 0,
    "empty_cache": None,
    "get_device_name": "CPU",
    "reset_peak_memory_stats": None,
    "set_device": None,
    "synchronize": None,
}
NOTE = (
    "Your code should choose the device where it runs: {device} is written into the code, and was "
    'taken as the CPU. Write torch.device("cuda" if torch.cuda.is_available() else "cpu").'
)


def run_on_cpu() -> None:
    """Replace absent devices by the CPU from now on, in this process."""
    for name in (*(f.__name__ for f in _device_constructors()), *(f"{name}_like" for name in LIKE)):
        if hasattr(torch, name):
            _replace(torch, name, _mapped)
    for name in METHODS:
        _replace(Tensor, name, _mapped)
    _replace(torch.nn.Module, "to", _mapped)
    for owner in (Tensor, torch.nn.Module):
        _replace(owner, "to", _numbered)
    _replace(torch, "set_default_device", _mapped)
    _replace(torch, "set_default_tensor_type", _mapped)
    _replace(DeviceContext, "__init__", _mapped)
    _replace(torch, "load", _loaded)
    _replace(torch, "Generator", _Generators)
    _replace(torch.nn.Module, "cuda", _staying)
    _replace(Tensor, "cuda", _staying)
    _replace(Tensor, "pin_memory", _staying)
    for kind in KINDS.split():
        setattr(torch.cuda, f"{kind}Tensor", getattr(torch, f"{kind}Tensor"))
    for module in (torch.cuda, torch.mps):
        for name, answer in ABOUT.items():
            if hasattr(module, name):
                setattr(module, name, lambda *_, answer=answer, **__: answer)


def on_cpu(value: Any) -> Any:
    """Return the CPU for an absent device, however it is written, and anything else as it is."""
    if type(value) not in (str, torch.device):
        return value
    text = str(value)
    if text.startswith("torch.cuda."):  # a type of tensors
        _say(text)
        return text.replace(".cuda", "")
    if not ABSENT.fullmatch(text):
        return value
    _say(text)
    return CPU


def _say(device: str) -> None:
    note(NOTE.format(device=f'"{device}"'))


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    setattr(owner, name, make(getattr(owner, name)))


def _numbered(to: Function) -> Function:
    """Return the method ``to`` as it gets the name of a device for its number."""

    @functools.wraps(to)
    def named(self: Any, first: Any = None, *arguments: Any, **options: Any) -> Any:
        given = () if first is None else (f"cuda:{first}" if type(first) is int else first,)
        return to(self, *given, *arguments, **options)

    return named


def _mapped(function: Function) -> Function:
    """Return ``function`` as it is called with the CPU for absent devices."""

    @functools.wraps(function)
    def mapped(*arguments: Any, **options: Any) -> Any:
        if "device" in options:
            device = options["device"]
            options["device"] = on_cpu(f"cuda:{device}" if type(device) is int else device)
        return function(*[on_cpu(argument) for argument in arguments], **options)

    return mapped


def _loaded(load: Function) -> Function:
    """Return ``torch.load`` as it puts everything on the CPU."""

    @functools.wraps(load)
    def loaded(f: Any, map_location: Any = None, *arguments: Any, **options: Any) -> Any:
        where = on_cpu(map_location) if isinstance(map_location, str | torch.device) else CPU
        return load(f, where, *arguments, **options)

    return loaded


def _staying(method: Function) -> Function:
    """Return a method that moves a tensor or module as it moves none."""

    @functools.wraps(method)
    def staying(self: Any, *_: Any, **__: Any) -> Any:
        _say(f".{method.__name__}()")
        return self

    return staying


def _Generators(original: Any) -> Any:
    """Return ``torch.Generator`` as it makes those of the CPU alone."""

    class Kind(type):
        def __call__(cls, device: Any = "cpu") -> Any:
            return original(on_cpu(device))

        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, original)

    return Kind("Generator", (), {})
