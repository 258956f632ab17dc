"""How a training loop is traced: the order of its steps, and what its loss is computed of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from grader.core.failures import Failure
from grader.exercises.palindrome import steps
from grader.exercises.palindrome.losses import Losses
from grader.exercises.palindrome.networks import Calls
from grader.exercises.palindrome.training_trace import MOST_IDLE, Enough, Trace

DIGITS = torch.arange(40).reshape(8, 5) % 10
DATA = DataLoader(TensorDataset(DIGITS[:, :4].float(), DIGITS[:, 4]), batch_size=4)
CLASSES = torch.tensor([1, 2, 3, 4])


class Network(nn.Linear):
    """A class of a student's, as far as the trace can tell."""

    __module__ = "model"

    def __init__(self) -> None:
        super().__init__(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)


Targets = Callable[[Tensor, Tensor], Tensor]


@pytest.mark.parametrize(
    ("chosen", "trouble"),
    [
        (lambda _, y: y, ""),
        (lambda _, y: y.double().long(), ""),
        (lambda x, _: x[:, -1].long(), "targets"),
        (lambda _, y: (y + 1) % 10, "targets"),
        (lambda _, __: CLASSES, "targets"),
    ],
)
def test_targets_are_those_of_the_data_loader(chosen: Targets, trouble: str) -> None:
    losses = Losses(lambda: None)
    with losses.noted():
        for x, y in DATA:
            nn.CrossEntropyLoss()(torch.zeros(4, 10), chosen(x, y))
    assert losses.trouble == trouble
    assert losses.count == 2


def test_a_batch_may_be_fetched_before_its_turn() -> None:
    losses = Losses(lambda: None)
    with losses.noted():
        batches = iter(DATA)
        _, early = next(batches)
        next(batches)
        nn.functional.cross_entropy(torch.zeros(4, 10), early)
    assert losses.trouble == ""


def test_targets_without_a_data_loader_are_not_compared() -> None:
    losses = Losses(lambda: None)
    with losses.noted():
        nn.functional.cross_entropy(torch.zeros(4, 10), CLASSES)
    assert losses.trouble == ""


def test_the_loss_of_another_function_goes_before_its_targets() -> None:
    losses = Losses(lambda: None)
    with losses.noted():
        for x, _ in DATA:
            nn.functional.cross_entropy(torch.full((4, 10), 0.1), x[:, -1].long())
    assert losses.trouble == "probabilities"


Loop = Callable[[nn.Module, Any, Tensor, Tensor], None]


def right(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(network(x), y).backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimizer.step()


def in_a_closure(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        return loss

    optimizer.step(closure)


def emptied(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    nn.functional.cross_entropy(network(x), y).backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimizer.zero_grad()
    optimizer.step()


def cut(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    optimizer.zero_grad()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(network(x), y)
    loss.requires_grad_().backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    optimizer.step()


def overflowing(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    right(network, optimizer, x * torch.inf, y)


def without_step(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(network(x), y).backward()
    nn.utils.clip_grad_norm_(network.parameters(), 10.0)


def traced(loop: Loop, rounds: int = 3) -> Trace:
    trace = Trace(lambda _: None)
    with trace.over():
        network = Network()
        optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3)
        for _ in range(rounds):
            for x, y in DATA:
                loop(network, optimizer, x, y)
    return trace


def seen_in(trace: Trace) -> Any:
    norm = trace.norm if trace.stretched and trace.steps > 1 else -1.0
    return vars(trace) | {"norm": norm, "ended": "", "where": ""}


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        (right, ""),
        (in_a_closure, ""),
        (overflowing, ""),
        (emptied, "Call optimizer.zero_grad() before backward()"),
        (cut, "the graph is cut"),
        (without_step, "Call optimizer.step() in every step"),
    ],
)
def test_steps_go_by_the_gradients_of_their_own_batch(loop: Loop, said: str) -> None:
    seen = seen_in(traced(loop))
    message = ""
    try:
        for check in (steps.check_optimizer, steps.check_gradients, steps.check_clipping):
            check(seen, "train.py")
    except Failure as failure:
        message = str(failure)
    assert said in message
    assert bool(said) == bool(message)


def test_a_function_that_clips_by_another_clips_once() -> None:
    def by_the_old_name(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
        nn.functional.cross_entropy(network(x), y).backward()
        with pytest.warns(FutureWarning):
            nn.utils.clip_grad_norm(network.parameters(), 10.0)
        optimizer.step()

    assert traced(by_the_old_name, rounds=1).events == ["backward", "clip", "step"] * 2


def test_a_loop_that_never_steps_is_ended() -> None:
    trace = Trace(lambda _: None)

    def run() -> None:
        with trace.over():
            while True:
                nn.functional.cross_entropy(torch.zeros(4, 10), CLASSES)

    with pytest.raises(Enough):
        run()
    assert trace.losses.count == MOST_IDLE + 1
    assert trace.has_begun


def test_the_weights_before_the_last_step_are_kept() -> None:
    before: list[Tensor] = []

    def spoil(network: nn.Module, optimizer: Any, x: Tensor, y: Tensor) -> None:
        before.append(next(network.parameters()).detach().clone())
        right(network, optimizer, x, y)

    recent = traced(spoil, rounds=1).recent_weights()
    assert len(recent) == len(before)
    assert all((recent[i]["weight"] == before[i].double().numpy()).all() for i in (0, -1))


def test_a_batch_is_not_new_when_it_comes_again_after_others() -> None:
    calls, (one, two) = Calls(), torch.rand(2, 100, 4)
    for batch in (one, one, two, two, one):
        calls.note(batch, None)
    assert [call.is_new for call in calls.last] == [True, True, False]


def passes(network: nn.Module, way: str) -> list[Tensor]:
    """Go back through a loss, by one of torch's two functions; return the gradients."""
    loss = nn.functional.cross_entropy(network(DIGITS[:, :4].float()), DIGITS[:, 4])
    if way == "grad":
        return list(torch.autograd.grad(outputs=loss, inputs=list(network.parameters())))
    network.zero_grad()
    loss.backward()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None]


@torch.no_grad()
def goes_down(network: nn.Module, gradients: list[Tensor], rate: float) -> None:
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.sub_(rate * gradient)


@pytest.mark.parametrize("way", ["backward", "grad"])
def test_steps_by_hand_are_followed(way: str) -> None:
    asked: list[int] = []
    trace = Trace(lambda trace: asked.append(trace.steps))
    with trace.over():
        network, other = Network(), Network()
        expected = network.weight.detach().double().numpy().copy()
        goes_down(network, passes(network, way), 0.0)
        for _ in range(20):
            goes_down(network, passes(network, way), 0.1)
            assert float(torch.stack([p.norm() for p in passes(network, way)]).max()) < 1e3
    assert trace.by_hand
    assert asked == [*range(1, 21)]
    assert trace.network is network is not other
    assert (trace.weights_at_first()["weight"] == expected).all()
    assert (trace.weights()["weight"] == network.weight.detach().double().numpy()).all()
    assert trace.recent_weights()


def test_what_changes_before_the_optimizer_steps_is_no_step() -> None:
    trace = Trace(lambda _: None)
    with trace.over():
        other, network = Network(), Network()
        for _ in range(3):
            goes_down(other, passes(other, "backward"), 0.1)
        optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-3)
        for _ in range(2):
            passes(network, "backward")
            optimizer.step()
    assert not trace.by_hand
    assert trace.steps == 2
    assert trace.network is network
    assert len(trace.recent_weights()) == 2
