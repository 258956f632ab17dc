"""Replace tqdm by a class that counts in the same way and shows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class Bar:
    """A progress bar: real loops end by what it has counted.

    Attributes:
        n: How many items it has counted.
        total: How many there will be, or None where nobody knows.
    """

    def __init__(
        self,
        iterable: Iterable[Any] | None = None,
        desc: str | None = None,
        total: float | None = None,
        *_: Any,
        initial: int = 0,
        **options: Any,
    ) -> None:
        if total is None and hasattr(iterable, "__len__"):
            total = len(iterable)  # type: ignore[arg-type]
        self.iterable, self.desc, self.total = iterable, desc or "", total
        self.n = self.initial = initial
        self.disable, self.leave = bool(options.get("disable")), options.get("leave", True)

    def __iter__(self) -> Iterator[Any]:
        for item in self.iterable or ():
            yield item
            self.n += 1

    def __len__(self) -> int:
        if self.iterable is None:
            return int(self.total or 0)
        return len(self.iterable)  # type: ignore[arg-type]  # what has none says so itself

    def __bool__(self) -> bool:
        return bool(self.total) if self.total is not None else self.iterable is not None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: there is no line to finish."""

    def update(self, n: float = 1) -> None:
        """Count ``n`` more items."""
        self.n += n  # type: ignore[assignment]  # tqdm counts fractions, too

    def reset(self, total: float | None = None) -> None:
        """Count from the beginning."""
        self.n = self.initial
        self.total = self.total if total is None else total

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:
        """Keep what stands before the bar."""
        del refresh
        self.desc = desc or ""

    @property
    def format_dict(self) -> dict[str, Any]:
        """Return what the bar would show."""
        return {"n": self.n, "total": self.total, "elapsed": 0.0, "initial": self.initial}

    @classmethod
    def write(cls, s: str, *_: Any, end: str = "\n", **__: Any) -> None:
        """Print above the bars."""
        print(s, end=end)

    def __getattr__(self, name: str) -> Any:
        """Accept every other call, such as ``set_postfix`` and ``refresh``."""
        if name.startswith("__"):  # protocols, which nobody may take it to have
            raise AttributeError(name)
        return lambda *_, **__: None


def trange(*arguments: int, **options: Any) -> Bar:
    """Return a bar over a range."""
    return Bar(range(*arguments), **options)
