"""Stubs for libraries that only show progress, keep logs or belong to a notebook.

Training loops of real submissions import them; what the loop computes doesn't depend on them. A
library that is installed is left alone, and so is a file of the student's with such a name. The
names that every notebook has, `get_ipython` and `display`, are stubs, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import FunctionType, ModuleType
from typing import Any

LIBRARIES = (
    *("IPython", "google", "ipywidgets"),
    *("tqdm", "tensorboard", "tensorboardX", "wandb"),
)


class Idle:
    """Lets everything be done with it and does nothing; it goes over what it was made from."""

    def __init__(self, items: Any = (), *_: Any, **options: Any) -> None:
        self.__dict__.update(options)  # the value of a slider, say
        self._items: Iterable[Any] = items

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # protocols, which nobody may take it to have
            raise AttributeError(name)
        return Idle()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        match arguments:
            case [FunctionType()] if not options:  # it is a decorator: the function stays
                return arguments[0]
        return Idle(*arguments, **options)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)  # type: ignore[arg-type]  # what has none says so itself

    def __enter__(self) -> Idle:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def trange(*arguments: int, **_: Any) -> Idle:
    """tqdm's shorthand."""
    return Idle(range(*arguments))


NOTEBOOK_NAMES = {"get_ipython": Idle, "display": lambda *_, **__: None}  # without an import


class StandIn(ModuleType):
    """A module in which every name is idle."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return trange if name.endswith("trange") else Idle()


class StandIns(MetaPathFinder, Loader):
    """A meta-path finder for them; torch's own door to tensorboard is one, too."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        library = name.removeprefix("torch.utils.").partition(".")[0]
        is_missing = name.startswith("google.colab") or not PathFinder.find_spec(library)
        if library not in LIBRARIES or not is_missing:
            return None
        if "." not in name.removeprefix("torch.utils."):
            print(f"note: {library} is not installed here: what it would show or log is left out")
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass
