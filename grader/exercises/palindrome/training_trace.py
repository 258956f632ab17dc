"""Trace a training loop: the order of zero_grad, backward, clipping and step.

Nothing that the loop returns or prints is believed. At the first step of an optimizer its
parameters tell which of the student's networks is trained, however it is called; what the network
read is known since classes of networks note their calls. Gradients are looked at when ``backward``
begins and when the optimizer steps. Before the second step they are made very long, so that
clipping shows, whoever does it and how; then they get their own length back.

A few later steps, which nobody can foresee, are traced in the same way. Between them and the next
ones nothing but the optimizer may change the weights.

Where no optimizer steps, a step is whatever changes weights from one backward pass to the next:
its weights are judged, but what has changed them is for a person to see.
"""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from grader.exercises.palindrome.digit_codes import answers_to, codes_of
from grader.exercises.palindrome.losses import Losses
from grader.exercises.palindrome.networks import Networks
from grader.exercises.palindrome.spot_checks import SpotChecks, drawn_steps
from grader.exercises.palindrome.wrapping import around, preceded, replaced
from grader.worker.values import Array, array

TRACED_STEPS = 3
MOST_EVENTS = 100  # for a loop that never steps
LONG = 1e6  # the norm that gradients get before the second step
MOST_IDLE = 2000  # losses and backward passes without any step
LATEST = 3  # steps before which weights are kept: some stop when a batch is all right
FEWEST = 100  # sequences in a batch that can be 99 % right
SNAPSHOTS, SNAPSHOT_EVERY = 10, 10  # steps; what the judge sees besides the last weights


class Enough(BaseException):
    """Ends a training that has been watched for long enough."""


class Trace:
    """A trace of a training loop: which network runs, in what order it steps, on what loss.

    Args:
        at_step: Is called with the trace before each step, and may raise Enough.
    """

    def __init__(self, at_step: Callable[[Trace], None]) -> None:
        self._at_step = at_step
        self.network: nn.Module | None = None
        self.steps = 0
        self.events: list[str] = []  # "backward", "clip", "step", of the first steps
        self.left_over = False  # whether a step began with gradients of the one before
        self.later: list[list[str]] = []  # the events of later steps, up to "step"
        self.moved: set[str] = set()  # parameters that changed between two steps
        self._later_steps = drawn_steps()
        self._current: list[str] = []  # the events of the later step that is traced
        self._stepped_to: dict[int, Tensor] = {}  # what the last step has made of parameters
        self._had_gradients = False  # whether these were there when backward began
        self._after_step = 0  # the number of events up to the last step
        self.codes: Array | None = None  # of the digits, (10, d), as the network reads them
        self.rate = 0.0  # of the first step
        self.stretched = False  # whether gradients were made long
        # Of the long gradients at a step, and of their entries: those of the longest.
        self.norm = self.largest = 0.0
        self.has_gradients = False  # whether any parameter of the optimizer had one
        self.reached = False  # whether a backward pass gave any network gradients
        self.emptied = False  # whether gradients of the optimizer's were gone when it stepped
        self._filled: set[int] = set()  # ids of the parameters that the last backward pass reached
        self._idle = 0  # losses and backward passes
        self.losses = Losses(self._expect_a_step)
        self.values: deque[float] = deque(maxlen=10)  # of the loss
        self.first_value: float | None = None
        self.first: dict[int, Tensor] = {}  # what the optimizer began with, by the parameter's id
        self._every_tenth: deque[dict[str, Array]] = deque(maxlen=SNAPSHOTS)
        self._latest: deque[dict[str, Tensor]] = deque(maxlen=LATEST)  # before the last steps
        self.spots = SpotChecks()
        self._networks = Networks()
        self._own_norm = 0.0  # of the gradients that were made long
        self._losses_before = 0  # that functions of torch had computed at the last backward pass
        self.parameters: list[Tensor] = []  # of the optimizer
        self.by_hand = False  # whether the steps are those of no optimizer
        self._at_backward: dict[tuple[int, str], Tensor] = {}  # the parameters at the last pass

    @contextlib.contextmanager
    def over(self) -> Iterator[None]:
        """Trace while the student's script runs."""
        clip = (clip_grad, nn.utils)
        stepped = register_optimizer_step_pre_hook(self._step)
        self._networks.keeps_gradients = True
        with contextlib.ExitStack() as stack:
            stack.callback(stepped.remove)
            stack.callback(register_optimizer_step_post_hook(self._after).remove)
            stack.callback(self.spots.end)
            stack.enter_context(self._networks.noted())
            for name in ("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm"):
                old = getattr(nn.utils, name, clip_grad.clip_grad_norm_)  # newer torch lacks one
                for owner in clip:
                    stack.enter_context(replaced(owner, name, preceded(old, self._clip)))
            for name in ("backward", "grad"):
                old = getattr(torch.autograd, name)
                noted = around(old, self._before_backward, self._after_backward)
                stack.enter_context(replaced(torch.autograd, name, noted))
            stack.enter_context(self.losses.noted())
            yield

    # The network

    @property
    def read(self) -> int:
        """The digits of a sequence that the network read last; 0 if that can't be told."""
        return self._networks.digits_read_by(self.network)

    def _codes(self) -> Array | None:
        read, target = self._networks.read_by(self.network), self.losses.last_target
        return None if read is None or target is None else codes_of(read, target)

    def best_batch(self) -> float:
        """Return the best accuracy in one of the last batches that the network read.

        Batches of which no loss is computed count, too: some loops stop when a test batch is right.
        Batches of less than ``FEWEST`` sequences don't, nor do those that the network has read
        before: it may know them by heart.
        """
        calls = self._networks.calls_of(self.network)
        if calls and not any(call.is_new for call in calls):
            return 0.0
        told = [
            (call.output, answers_to(call.read, self.codes))
            for call in calls
            if call.output is not None and call.is_new
        ]
        seen = [(rows, target) for rows, target in told if target is not None]
        return max(
            (
                float((rows.argmax(1) == target).float().mean())
                for rows, target in seen or list(self.losses.last)[-LATEST:]
                if rows.ndim == 2 and len(rows) == len(target) >= FEWEST
            ),
            default=0.0,
        )

    def weights(self) -> dict[str, Array]:
        """Return the weights of the network that is trained."""
        return weights_of(self.network) if self.network else {}

    def recent_weights(self) -> list[dict[str, Array]]:
        """Return the weights of some of the last hundred steps, the newest at the end."""
        latest = [{k: array(v, k) for k, v in weights.items()} for weights in self._latest]
        return [*self._every_tenth, *latest]

    def weights_at_first(self) -> dict[str, Array]:
        """Return the weights before the first step."""
        named = dict(self.network.named_parameters()) if self.network else {}
        return {
            name: array(self.first.get(id(value), value), name) for name, value in named.items()
        }

    @property
    def has_begun(self) -> bool:
        """Return whether anything of a training has run."""
        return bool(self.steps or self.events or self.losses.count)

    # A step

    def _step(self, optimizer: Optimizer, *_: Any) -> None:
        before = self.parameters
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        is_same = list(map(id, before)) == list(map(id, self.parameters))
        self.left_over |= is_same and self._had_gradients
        self._had_gradients = False
        if self.by_hand:  # the changes before were no training yet
            self.steps, self.by_hand = 0, False
            self._latest.clear()
            self._every_tenth.clear()
        if not self.steps:
            self.network = self._networks.with_most_of(self.parameters)
            self.codes = self._codes()
            self.rate = float(optimizer.param_groups[0]["lr"])
            self.first = {id(p): p.detach().clone() for p in self.parameters}
        is_late = self._is_late
        self.steps += 1
        if self.steps <= TRACED_STEPS:
            self.events.append("step")
            self._after_step = len(self.events)
            has_gradients = self._gradient_norm() != 0  # NaN is one, too
            self.has_gradients |= has_gradients
            self.emptied |= not has_gradients and not self._filled.isdisjoint(
                map(id, self.parameters)
            )
        elif is_late:
            self.later.append([*self._current, "step"])
        self._current = []
        if self._own_norm:
            self._unstretch()
        if self.network:
            self._compare_weights(self.network)
        self._keep_step()

    def _keep_step(self) -> None:
        if self.network:
            named = self.network.named_parameters()
            self._latest.append({name: value.detach().clone() for name, value in named})
            if self.steps % SNAPSHOT_EVERY == 0:
                self._every_tenth.append(weights_of(self.network))
        self.spots.step(self.steps)
        self._at_step(self)

    def _after(self, *_: Any) -> None:
        """Keep what a traced step has made of the parameters, until the next step begins."""
        if self.steps in self._later_steps or self.steps < TRACED_STEPS:
            self._stepped_to = {id(p): p.detach().clone() for p in self.parameters}
        self._networks.keeps_gradients = self._is_traced or self._is_late

    def _compare_weights(self, network: nn.Module) -> None:
        """Note which parameters something else than the optimizer has changed."""
        if not self._stepped_to:
            return
        for name, now in network.named_parameters():
            self.moved |= {name} if differs(self._stepped_to.get(id(now), now), now) else set()
        self._stepped_to = {}

    def _expect_a_step(self) -> None:
        """End what computes losses, but never steps."""
        self._idle += 1
        if not self.steps and self._idle > MOST_IDLE:
            raise Enough

    def _before_backward(self, *_: Any, **__: Any) -> None:
        self._expect_a_step()
        if not self.steps or self.by_hand:
            self._look_for_a_step_by_hand()
        if self._is_traced or self._is_late:
            events = self._current if self._is_late else self.events[self._after_step :]
            is_first = "backward" not in events
            self._had_gradients |= is_first and self._gradient_norm() > 0
            self._note("backward")

    def _look_for_a_step_by_hand(self) -> None:
        """Take weights that are not those of the last backward pass for a step."""
        now, then = self._networks.by_name(), self._at_backward
        self._at_backward = {key: p.detach().clone() for key, p in now.items()}
        moved = [p for key, p in now.items() if key in then and differs(then[key], p)]
        if not moved:
            return
        self.by_hand, self.steps = True, self.steps + 1
        if self.steps == 1:
            self.network = self._networks.with_most_of(moved)
            self.codes = self._codes()
            self.first = {id(p): then[key] for key, p in now.items() if key in then}
        self._keep_step()

    def _after_backward(self, tensors: Any = None, *_: Any, **named: Any) -> None:
        tensors = named.get("outputs", tensors)
        loss = tensors[0] if isinstance(tensors, list | tuple) else tensors
        if loss.numel() == 1:
            self.values.append(float(loss.detach()))
            if self.first_value is None:
                self.first_value = self.values[-1]
        if self._is_traced:
            self._filled = self._networks.parameters_with_gradients()
            self.reached |= bool(self._filled)
        if (self.steps == 1 or self._is_late) and not (self._own_norm or self.by_hand):
            self._stretch()
        if self._networks.output and self.losses.count == self._losses_before:
            self.losses.check_by_hand(*self._networks.output)
        self._networks.output = None
        self._losses_before = self.losses.count

    def _clip(self, *_: Any, **__: Any) -> None:
        events = self._current if self._is_late else self.events
        if (self._is_traced or self._is_late) and events[-1:] != ["clip"]:  # one calls another
            self._note("clip")

    def _note(self, event: str) -> None:
        if self._is_traced:
            self.events.append(event)
        elif len(self._current) < MOST_EVENTS:
            self._current.append(event)

    @property
    def _is_traced(self) -> bool:
        return self.steps < TRACED_STEPS and len(self.events) < MOST_EVENTS

    @property
    def _is_late(self) -> bool:
        """Return whether a later step that was drawn is under way."""
        return self.steps >= TRACED_STEPS and self.steps in self._later_steps

    def _gradients(self) -> list[Tensor]:
        return [p.grad for p in self.parameters if p.grad is not None]

    def _gradient_norm(self) -> float:
        """Return the Euclidean norm of all gradients together."""
        return math.sqrt(sum(float(part.double().pow(2).sum()) for part in self._gradients()))

    def _scale(self, factor: float) -> None:
        for part in self._gradients():
            part.mul_(factor)

    def _stretch(self) -> None:
        norm = self._gradient_norm()
        if 0 < norm < LONG:
            self.stretched, self._own_norm = True, norm
            self._scale(LONG / norm)

    def _unstretch(self) -> None:
        norm = self._gradient_norm()
        if norm >= self.norm:
            self.norm = norm
            self.largest = max((float(part.abs().max()) for part in self._gradients()), default=0.0)
        if norm > self._own_norm:
            self._scale(self._own_norm / norm)
        self._own_norm = 0.0


def differs(one: Tensor, other: Tensor) -> bool:
    """Return whether two states of a parameter differ; NaN is the same as NaN."""
    return not torch.equal(one.nan_to_num(), other.nan_to_num())


def weights_of(network: nn.Module) -> dict[str, Array]:
    """Return a network's parameters by name."""
    return {name: array(value, name) for name, value in network.named_parameters()}
