"""Compute without automatic differentiation, and notice where student code uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grader.bans import runtime
from grader.worker.answering import Banned
from grader.worker.values import DERIVATIVES, in_sight


@contextmanager
def without_autograd(allowed: str, *, torch: bool, hint: str = "") -> Iterator[None]:
    """Raise :class:`Banned` if torch differentiates meanwhile.

    It belongs around all of a probe whose numbers count: what student code does where it can know
    that it is recorded says little.

    Args:
        allowed: What the numbers should come from.
        torch: Whether torch may compute otherwise.
        hint: For the student.
    """
    with in_sight(), runtime.recording() as events:
        yield
    names = runtime.names(events)
    if torch:
        found = {
            title for start, title in DERIVATIVES.items() for n in names if n.startswith(start)
        }
    else:
        found = {f"torch, which ran {n}" for n in names if "::" in n}
    if found:
        raise Banned(
            "The numbers should be computed without automatic differentiation.",
            expected=allowed,
            got=", ".join(sorted(found)[:5]),
            hint=hint,
        )
