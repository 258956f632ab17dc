"""What a training loop does, seen from outside of it (in the worker)."""

from __future__ import annotations

import contextlib
import functools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from grader.exercises.palindrome.spot_checks import SpotChecks
from grader.worker.values import Array, array

WATCHED_STEPS = 3
LAST = 25  # batches, whose accuracy must be that of the history's last entries
SNAPSHOTS, SNAPSHOT_EVERY = 10, 10  # steps; what the judge sees besides the last weights


class Enough(BaseException):
    """Ends a training that has been watched for long enough."""


class Watch:
    """What a training loop does: which network runs, in what order it steps, on what loss.

    With ``brief``, the loop is ended after the first steps, by ``Enough``.
    """

    def __init__(self, brief: bool = False) -> None:
        self._brief = brief
        self.network: nn.Module | None = None
        self.read = 0  # digits per sequence
        self.events: list[str] = []  # "backward", "clip", "step", of the first steps
        self.left_over = False  # whether a step began with gradients of the one before
        self.largest: list[float] = []  # entry of the gradients that the first steps went by
        self.steps = 0
        self.rate = 0.0  # of the first step
        self.batch: tuple[int, ...] = ()  # the shape of the batch that was read last
        self.norm: Any = None  # to which the first clipping function was told to clip
        self.last: deque[tuple[Tensor, Tensor]] = deque(maxlen=LAST)  # logits and classes
        self.first: dict[int, Tensor] = {}  # what the optimizer began with, by the parameter's id
        self.recent: deque[dict[str, Array]] = deque(maxlen=SNAPSHOTS)
        self.probabilities: bool | None = None  # whether cross-entropy was given softmax's output
        self.spots = SpotChecks()

    def note(self, event: str) -> None:
        """Called before each call of that kind."""
        self.steps += event == "step"
        if event == "step" and self.network and self.steps % SNAPSHOT_EVERY == 0:
            self.recent.append(weights_of(self.network))
        if self.steps > WATCHED_STEPS:
            if self._brief:
                self._brief = False  # a loop that catches everything must come to its own end
                raise Enough
            return
        if event == "step":
            self.largest.append(self._largest_entry())
        elif event == "backward" and self.events[-1:] == ["step"]:
            self.left_over |= self._largest_entry() > 0
        self.events.append(event)

    def step(self, optimizer: Optimizer, *_: Any) -> None:
        """Called before each step."""
        if not self.steps:
            self.rate = float(optimizer.param_groups[0]["lr"])
            parameters = (p for group in optimizer.param_groups for p in group["params"])
            self.first = {id(p): p.detach().clone() for p in parameters}
        self.note("step")
        self.spots.step(self.steps)

    def weights_at_first(self, network: nn.Module) -> dict[str, Array]:
        """The weights before the first step; none if it was another network that was trained."""
        named = dict(network.named_parameters())
        if not any(id(p) in self.first for p in named.values()):
            return {}
        return {
            name: array(self.first.get(id(value), value), name) for name, value in named.items()
        }

    def accuracy(self) -> float | None:
        """The share that was right in the last batches; None if no cross-entropy was seen."""
        if not self.last:
            return None
        right = [float((rows.argmax(1) == target).float().mean()) for rows, target in self.last]
        return sum(right) / len(right)

    def _largest_entry(self) -> float:
        parameters = self.network.parameters() if self.network else ()
        return max((float(p.grad.abs().max()) for p in parameters if p.grad is not None), default=0)

    @contextlib.contextmanager
    def over(self, owns: Callable[[type], bool]) -> Iterator[None]:
        """Watch while the student's loop runs; ``owns`` says which classes are the student's."""

        def forward(module: nn.Module, inputs: Any) -> None:
            if owns(type(module)) and inputs and isinstance(inputs[0], Tensor):
                self.network = module
                self.read = min(inputs[0].shape[1:2], default=0)
                self.batch = inputs[0].shape

        hook = register_module_forward_pre_hook(forward)
        stepped = register_optimizer_step_pre_hook(self.step)
        try:
            with (
                preceded(nn.utils, "clip_grad_norm_", self._clip),
                preceded(nn.utils, "clip_grad_value_", self._clip),
                preceded(Tensor, "backward", lambda *_, **__: self.note("backward")),
                preceded(nn.functional, "cross_entropy", self._cross_entropy),
            ):
                yield
        finally:
            hook.remove()
            stepped.remove()
            self.spots.end()

    def _clip(self, *arguments: Any, **options: Any) -> None:
        if self.norm is None:
            told = options.get("max_norm", options.get("clip_value"))
            self.norm = arguments[1] if arguments[1:] else told
        self.note("clip")

    def _cross_entropy(self, input: Tensor, target: Any = None, *_: Any, **__: Any) -> None:
        rows = input.detach()
        self.probabilities = bool(
            rows.ndim == 2 and (rows >= 0).all() and (rows.sum(1) - 1).abs().max() < 1e-4
        )
        if isinstance(target, Tensor) and target.shape == rows.shape[:1]:
            self.last.append((rows, target))


@contextlib.contextmanager
def preceded(owner: Any, name: str, notice: Callable[..., None]) -> Iterator[None]:
    """Meanwhile ``notice`` gets the arguments of every call of that function, before it does."""
    function = getattr(owner, name)

    @functools.wraps(function)
    def noticed(*arguments: Any, **options: Any) -> Any:
        notice(*arguments, **options)
        return function(*arguments, **options)

    setattr(owner, name, noticed)
    try:
        yield
    finally:
        setattr(owner, name, function)


def weights_of(network: nn.Module) -> dict[str, Array]:
    return {name: array(value, name) for name, value in network.named_parameters()}
