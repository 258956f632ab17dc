"""Leave torch's compiler out until somebody compiles.

Every optimizer imports ``torch._dynamo`` at its first use, to tell the compiler where not to look.
That import takes as long as torch's own, and nothing in a submission's grading is compiled.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class Absent(ModuleType):
    """Stand for ``torch._dynamo`` while nothing is compiled; become it at any other use."""

    @staticmethod
    def graph_break(*_: Any, **__: Any) -> None:
        """End the compiled part here: there is none."""

    @staticmethod
    def disable(fn: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Callable[..., Any]:
        """Return a function that is not compiled: the one given, or a decorator for it."""
        return fn if fn is not None else lambda decorated: decorated

    def __getattr__(self, name: str) -> Any:
        """Import the real module in this one's place, and return its attribute."""
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return getattr(importlib.import_module(NAME), name)


def leave_out_compiler() -> None:
    """Put the stand-in where optimizers look, unless the real module is there already."""
    import torch

    if NAME not in sys.modules:
        torch._dynamo = sys.modules[NAME] = Absent(NAME)
