"""Leave torch's compiler out until somebody compiles.

Every optimizer imports ``torch._dynamo`` at its first use, to tell the compiler where not to look.
``backward(gradient)`` imports the shapes of compiled code, and with them SymPy, to compare two
sizes. These imports take as long as torch's own, or half as long, and nothing in a submission's
grading is compiled.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class Absent(ModuleType):
    """Stand for a module of torch while nothing is compiled; become it at any other use."""

    is_package = False

    def __getattr__(self, name: str) -> Any:
        """Import the real module in this one's place, and return its attribute.

        Raises:
            AttributeError: Python asks whether it is a package, and it is none.
        """
        if name == "__path__" and not self.is_package:
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


class Compiler(Absent):
    """Stand for ``torch._dynamo``."""

    is_package = True

    @staticmethod
    def graph_break(*_: Any, **__: Any) -> None:
        """End the compiled part here: there is none."""

    @staticmethod
    def disable(fn: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Callable[..., Any]:
        """Return a function that is not compiled: the one given, or a decorator for it."""
        return fn if fn is not None else lambda decorated: decorated


class Shapes(Absent):
    """Stand for ``torch.fx.experimental.symbolic_shapes``: no size is a symbol."""

    @staticmethod
    def sym_eq(one: Any, other: Any) -> bool:
        """Return whether two sizes are equal."""
        return bool(one == other)

    @staticmethod
    def expect_true(value: bool) -> bool:
        """Return what is known: nothing is left to find out when the code runs."""
        return value


ABSENT = {"torch._dynamo": Compiler, "torch.fx.experimental.symbolic_shapes": Shapes}


def leave_out_compiler() -> None:
    """Put the stand-ins where torch looks, unless the real modules are there already."""
    for name, kind in ABSENT.items():
        package, _, last = name.rpartition(".")
        if name not in sys.modules:
            sys.modules[name] = kind(name)
            setattr(importlib.import_module(package), last, sys.modules[name])
