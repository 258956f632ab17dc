"""Record a student's networks and their inputs, however they are called."""

from __future__ import annotations

import contextlib
import functools
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from grader.exercises.palindrome.wrapping import replaced
from grader.worker.calling import is_students

DIGITS = 10
CALLS = 3  # of each network that are remembered


class Call(NamedTuple):
    """A call of a network.

    Attributes:
        read: What it read.
        output: What it returned, (B, K), if that was found.
        is_new: Whether it read this for the first time, or only just before.
    """

    read: Tensor
    output: Tensor | None
    is_new: bool


class Calls:
    """The calls of a network.

    Attributes:
        last: The newest of them, the last one at the end.
    """

    def __init__(self) -> None:
        self.last: deque[Call] = deque(maxlen=CALLS)
        self._count = 0
        self._first: dict[int, int] = {}  # the number of the first call that read it, by its hash

    def note(self, read: Tensor, output: Tensor | None) -> None:
        """Note a call. A batch is often read twice in a row, once for the loss."""
        self._count += 1
        first = self._first.setdefault(hash(read.double().cpu().numpy().tobytes()), self._count)
        self.last.append(Call(read, output, self._count - first < CALLS))


class Networks:
    """The student's networks that are alive, with what they read and returned last."""

    def __init__(self) -> None:
        self._alive: weakref.WeakSet[nn.Module] = weakref.WeakSet()
        self._calls: dict[int, Calls] = {}  # by the network's id
        self._classes: dict[type, Any] = {}  # with the forward that each had
        self.keeps_gradients = False  # whether the gradients of outputs are kept
        self.output: tuple[Tensor, Tensor] | None = None  # the last one, with its gradient

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note what is constructed and called meanwhile."""
        with replaced(nn.Module, "__init__", self._noting()):
            try:
                yield
            finally:
                for kind, forward in self._classes.items():
                    setattr(kind, "forward", forward)  # noqa: B010  # no attribute of a type

    def _noting(self) -> Callable[..., None]:
        original = nn.Module.__init__

        @functools.wraps(original)
        def init(module: nn.Module, *arguments: Any, **options: Any) -> None:
            original(module, *arguments, **options)
            if is_students(type(module)):
                self._alive.add(module)
                self._note_calls(type(module))

        return init

    def _note_calls(self, kind: type) -> None:
        """Make a class note what its ``forward`` reads and returns."""
        home = next((base for base in kind.__mro__ if "forward" in vars(base)), None)
        if home is None or home in self._classes or not is_students(home):
            return
        original = self._classes[home] = vars(home)["forward"]

        @functools.wraps(original)
        def forward(module: nn.Module, *inputs: Any, **named: Any) -> Any:
            output = original(module, *inputs, **named)
            rows = _output(output)
            read = next((x for x in (*inputs, *named.values()) if isinstance(x, Tensor)), None)
            if read is not None:
                calls = self._calls.setdefault(id(module), Calls())
                calls.note(read.detach(), None if rows is None else rows.detach())
            if self.keeps_gradients:
                self._keep_gradient(rows)
            return output

        setattr(home, "forward", forward)  # noqa: B010

    def _keep_gradient(self, output: Tensor | None) -> None:
        if output is not None and output.requires_grad:
            values = output.detach()

            def keep(gradient: Tensor) -> None:
                self.output = values, gradient.detach().clone()

            output.register_hook(keep)  # type: ignore[no-untyped-call]

    def parameters_with_gradients(self) -> set[int]:
        """Return the ids of the parameters whose gradients are not all zero."""
        return {
            id(parameter)
            for network in self._alive
            for parameter in network.parameters()
            if parameter.grad is not None and parameter.grad.count_nonzero()
        }

    def by_name(self) -> dict[tuple[int, str], Tensor]:
        """Return all parameters, by their network's id and their name."""
        return {(id(each), name): p for each in self._alive for name, p in each.named_parameters()}

    def with_most_of(self, parameters: Sequence[Tensor]) -> nn.Module | None:
        """Return the network that holds most of these parameters; of several, the innermost."""
        ids = {id(parameter) for parameter in parameters}

        def rank(network: nn.Module) -> tuple[int, int]:
            own = [id(parameter) for parameter in network.parameters()]
            return sum(i in ids for i in own), -len(list(network.modules()))

        found = max(self._alive, key=rank, default=None)
        return found if found is not None and rank(found)[0] else None

    def calls_of(self, network: nn.Module | None) -> list[Call]:
        """Return a network's last calls, the newest at the end."""
        found = self._calls.get(id(network))
        return list(found.last) if found else []

    def read_by(self, network: nn.Module | None) -> Tensor | None:
        """Return what a network read last."""
        calls = self.calls_of(network)
        return calls[-1].read if calls else None

    def digits_read_by(self, network: nn.Module | None) -> int:
        """Return the length of the sequences that a network read last; 0 if it can't be told.

        The batch is the axis that the output has, too; features are 1 or 10 numbers.
        """
        if not (calls := self.calls_of(network)):
            return 0
        read, output, _ = calls[-1]
        rest = list(read.shape)
        if len(rest) > 1:
            size = len(output) if output is not None and output.ndim else rest[0]
            rest.remove(size if size in rest else rest[0])
        if len(rest) > 1:  # (T, d) or (d, T)
            width = next((size for size in (1, DIGITS) if size in rest), rest[-1])
            rest.reverse()
            rest.remove(width)
        return rest[0] if len(rest) == 1 else 0


def _output(returned: Any) -> Tensor | None:
    """Return the output (B, K) in what ``forward`` returned."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    tensors = [part for part in parts if isinstance(part, Tensor)]
    return next((part for part in tensors if part.shape[-1:] == (DIGITS,)), None)
