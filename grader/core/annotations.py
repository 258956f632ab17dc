"""Read annotations of functions as what they stand for."""

from __future__ import annotations

import typing
from typing import Any


def unaliased(annotation: Any) -> Any:
    """Return what an alias of a type stands for, and anything else as it is.

    Python 3.12's ``type Norms = dict[str, float]`` is such an alias, and so is ``NDArray`` from
    NumPy 2.5 on. Aliases within the result are left: a type may be part of itself.
    """
    alias = typing.get_origin(annotation) or annotation
    if not hasattr(alias, "__value__"):
        return annotation
    given = typing.get_args(annotation)
    return unaliased(alias.__value__[given] if given else alias.__value__)
