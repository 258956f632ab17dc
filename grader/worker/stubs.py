"""Replace libraries that only show progress, keep logs or belong to a notebook.

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

from grader.core.spelling import STUBBED
from grader.worker.notes import note
from grader.worker.tqdm_stub import Bar, trange


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


class Writer(Idle):
    """A SummaryWriter, which knows its folder."""

    def __init__(self, log_dir: str | None = None, *_: Any, **options: Any) -> None:
        super().__init__(**options)
        self.log_dir = log_dir or "runs"


BARS = {"tqdm": Bar, "trange": trange}


NOTEBOOK_NAMES = {"get_ipython": Idle, "display": lambda *_, **__: None}  # without an import


class Stub(ModuleType):
    """A module in which every name is idle, but for bars that count and writers with a folder."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__.startswith("tqdm") and name.startswith(tuple(BARS)):
            return BARS[name[:4] if name.startswith("tqdm") else "trange"]
        return Writer if name == "SummaryWriter" else Idle()


class Stubs(MetaPathFinder, Loader):
    """A meta-path finder for them; torch's own door to tensorboard is one, too."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Return a stub for a library that is not installed."""
        library = name.removeprefix("torch.utils.").partition(".")[0]
        is_missing = name.startswith("google.colab") or not PathFinder.find_spec(library)
        if library not in STUBBED or not is_missing:
            return None
        if "." not in name.removeprefix("torch.utils."):
            note(f"{library} is not installed here: what it would show or log was left out.")
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stub."""
        return Stub(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a stub has no code."""
