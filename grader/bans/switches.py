"""Take away what hides operators from a record, before student code is imported.

A record of what runs (runtime.py) rests on torch's dispatcher, which runs each operator under its
name. Three kinds of functions get around it, and no honest solution needs them:

- *Switches* stop the record, or get hold of any object of the process. Each is replaced, in every
  module that has it, by a function that raises `Withheld`; and so is what would bring it back.
- *Shortcuts* run an operator's kernel without its name: the methods of ``torch.ops`` that pick a
  kernel. They go on to work, but leave the operator's name in the record.
- *Overrides* are methods that run in the place of operators. Torch's own modes may be entered;
  those of student code may not, and `overriding` finds classes that have such methods.

`equivalents` lists what torch has in Python for its layers, to be recorded when it runs.
"""

from __future__ import annotations

import _imp
import gc
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import torch
from torch._C._profiler import _RecordFunctionFast
from torch._decomp import decompositions
from torch._ops import OpOverload
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

SWITCHES = {
    "torch._C._autograd": (
        *("_enable_record_function", "_clear_callbacks", "_set_empty_test_observer"),
        *("_enable_profiler_legacy", "_disable_profiler_legacy", "_toggle_collection_dynamic"),
    ),
    "torch._C": (
        *("_autograd_init", "_jit_init", "StaticModule", "_jit_to_static_module"),
        *("_fuse_to_static_module", "_push_on_torch_dispatch_stack", "_set_dispatch_mode"),
    ),
    "gc": ("get_objects", "get_referrers", "get_referents"),
    "sys": ("setprofile",),
}
# Classes of torch._C and their methods that run a kernel, with what finds its operator's schema.
SHORTCUTS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("_DispatchOperatorHandle", "redispatch_boxed", lambda handle: handle.schema()),
    ("_SafeKernelFunction", "call_boxed", lambda kernel: kernel.op_handle.schema()),
)
_NOTHING = (
    None,
    torch._C._disabled_torch_function_impl,
    torch._C._disabled_torch_dispatch_impl,
)
METHODS = ("__torch_function__", "__torch_dispatch__")
TORCH = str(Path(torch.__file__).parent)
ASKED: list[str] = []  # what student code called although it is withheld


class Withheld(RuntimeError):
    """Raised by a function that graded code must not call."""


def withhold() -> None:
    """Make these changes, for good, in a process that is about to run student code."""
    replaced: dict[int, Any] = {}
    kept = []  # so that no other object gets the place of one that is replaced
    for module, names in SWITCHES.items():
        for name in names:
            if (switch := getattr(sys.modules[module], name, None)) is not None:
                kept.append(switch)
                replaced[id(switch)] = _refusing(f"{module}.{name}")
    push, find = torch._C._push_on_torch_function_stack, torch._C._get_operation_overload
    replaced[id(push)], replaced[id(find)] = _choosy(push), _naming(find)
    _name_shortcuts()
    _replace(replaced)
    _keep_extensions()


def overriding() -> str:
    """Return the name of a class, not torch's, that overrides what operators do; "" if none."""
    bases: tuple[type, ...] = (torch.Tensor, TorchFunctionMode, TorchDispatchMode)
    families: Iterator[type] = itertools.chain.from_iterable(map(_family, bases))
    return next((kind.__name__ for kind in families if not _is_torchs(kind)), "")


def equivalents(words: Iterable[str]) -> dict[CodeType, str]:
    """Return the code of torch's operators in Python, with names of which one of these is part."""
    wanted, found = {*words}, dict[CodeType, str]()
    for name, function in vars(decompositions).items():
        inner = inspect.unwrap(function) if callable(function) else None
        if isinstance(inner, FunctionType) and wanted & {*name.split("_")}:
            title = f"{decompositions.__name__}.{name}"
            found |= dict.fromkeys(_codes(inner.__code__), title)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


# Switches


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> None:
        ASKED.append(name)
        raise Withheld(f"Your code should not use {name}: it can hide what runs.")

    return refuse


def _choosy(push: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a function that enters a mode of torch, and refuses others."""
    refuse = _refusing("a TorchFunctionMode of its own")

    def enter(mode: Any) -> None:
        (push if _is_torchs(type(mode)) else refuse)(mode)

    return enter


def _replace(replaced: dict[int, Any]) -> None:
    """Put other objects, by the `id` of those that they replace, into all modules."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if isinstance(module, ModuleType) and not module.__name__.startswith("grader.bans."):
            for name, value in list(names.items()):
                if id(value) in replaced:
                    names[name] = replaced[id(value)]


def _keep_extensions() -> None:
    """Let an import of a loaded extension module return it, not a fresh copy with its switches."""
    loaded = {
        getattr(spec, "origin", None) if spec.has_location else spec.name: module
        for module in list(sys.modules.values())
        if (spec := getattr(module, "__spec__", None)) and _is_extension(spec)
    }
    for name in ("create_builtin", "create_dynamic"):
        create = getattr(_imp, name)

        def once(spec: Any, *rest: Any, create: Callable[..., Any] = create) -> Any:
            known = loaded.get(spec.name if create.__name__ == "create_builtin" else spec.origin)
            return create(spec, *rest) if known is None else known

        setattr(_imp, name, once)


def _is_extension(spec: Any) -> bool:
    return spec.origin == "built-in" or str(spec.origin).endswith((".so", ".pyd"))


# Shortcuts


def _named(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that also leaves the name of an operator in a record."""

    def recorded(*arguments: Any, **options: Any) -> Any:
        with _RecordFunctionFast(name):
            return run(*arguments, **options)

    return recorded


def _naming(find: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that finds an operator whose kernels leave its name in a record."""

    def found(name: str, overload: str) -> Any:
        operator, pick, *rest = find(name, overload)
        return operator, _named(name, pick), *rest

    return found


def _name_shortcuts() -> None:
    for thing in gc.get_objects():
        if issubclass(type(thing), OpOverload) and "_op_dk" in vars(thing):
            thing._op_dk = _named(thing._schema.name, thing._op_dk)
    for kind, method, schema_of in SHORTCUTS:
        if owner := getattr(torch._C, kind, None):  # older releases of torch lack it
            setattr(owner, method, _naming_itself(getattr(owner, method), schema_of))


def _naming_itself(run: Callable[..., Any], schema_of: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a method that also leaves the name of its operator in a record."""

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        return _named(schema_of(self).name, run)(self, *arguments, **options)

    return method


# Overrides


def _family(base: type) -> Iterator[type]:
    yield base
    kinds: list[type] = type.__subclasses__(base)
    for kind in kinds:
        yield from _family(kind)


def _is_torchs(kind: type) -> bool:
    """Tell whether the methods of a class that run in the place of operators are torch's."""
    return all(map(_is_from_torch, (getattr(kind, name, None) for name in METHODS)))


def _is_from_torch(method: Any) -> bool:
    function = getattr(method, "__func__", method)
    if function in _NOTHING:
        return True
    code = getattr(inspect.unwrap(function), "__code__", None)
    return isinstance(code, CodeType) and code.co_filename.startswith(TORCH)
