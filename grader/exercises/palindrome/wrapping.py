"""Put notices around functions that are not ours, and take them away again."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def replaced(owner: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Replace an attribute of a module or class meanwhile."""
    missing = object()
    old = getattr(owner, name, missing)
    setattr(owner, name, function)
    try:
        yield
    finally:
        if old is missing:
            delattr(owner, name)
        else:
            setattr(owner, name, old)


def preceded(function: Callable[..., Any], notice: Callable[..., None]) -> Callable[..., Any]:
    """Return ``function`` with a call of ``notice``, with the same arguments, before it."""
    return around(function, notice, lambda *_, **__: None)


def around(
    function: Callable[..., Any], before: Callable[..., None], after: Callable[..., None]
) -> Callable[..., Any]:
    """Return ``function`` between calls of two others with the same arguments."""

    @functools.wraps(function)
    def noticed(*arguments: Any, **options: Any) -> Any:
        before(*arguments, **options)
        result = function(*arguments, **options)
        after(*arguments, **options)
        return result

    return noticed
