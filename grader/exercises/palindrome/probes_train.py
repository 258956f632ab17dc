"""The probe that runs a student's training loop, and what it watches meanwhile (in the worker)."""

from __future__ import annotations

import argparse
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook

from grader import figures
from grader.exercises.palindrome.probes import Array, to_array
from grader.worker.binding import bind, squeeze
from grader.worker.process import Unusable

ALIASES = {
    "model": "modeltype modelname network net rnntype kind",
    "length": "palindromelength t seqlength seqlen sequencelength",
    "input_length": "inputlen",
    "input_dim": "inputsize",
    "num_classes": "nclasses outputdim",
    "num_hidden": "hiddendim hiddensize nhidden",
    "batch_size": "batch",
    "learning_rate": "lr",
    "train_steps": "steps maxsteps numsteps trainingsteps iterations",
    "max_norm": "maxgradnorm clip maxgradientnorm",
    "device": "dev",
}
CONFIGURATIONS = ("config", "configuration", "args", "cfg", "opt", "opts", "flags", "hparams")
WATCHED_STEPS = 3
SNAPSHOTS, SNAPSHOT_EVERY = 10, 10  # steps; what the judge sees besides the last weights


class Watch:
    """What a training loop does: which network runs, in what order it steps, on what loss."""

    def __init__(self) -> None:
        self.network: nn.Module | None = None
        self.read = 0  # digits per sequence
        self.events: list[str] = []  # "backward", "clip", "step", of the first steps
        self.steps = 0
        self.recent: deque[dict[str, Array]] = deque(maxlen=SNAPSHOTS)
        self.probabilities: bool | None = None  # whether cross-entropy was given softmax's output

    def note(self, event: str) -> None:
        self.steps += event == "step"
        if event == "step" and self.network and self.steps % SNAPSHOT_EVERY == 0:
            self.recent.append(weights_of(self.network))
        if self.steps <= WATCHED_STEPS:
            self.events.append(event)

    @contextmanager
    def over(self, owns: Callable[[type], bool]) -> Iterator[None]:
        """Watch while the student's loop runs; ``owns`` says which classes are the student's."""

        def forward(module: nn.Module, inputs: Any) -> None:
            if owns(type(module)) and inputs and isinstance(inputs[0], Tensor):
                self.network = module
                self.read = min(inputs[0].shape[1:2], default=0)

        def noting(function: Callable[..., Any], event: str) -> Callable[..., Any]:
            def noted(*arguments: Any, **options: Any) -> Any:
                self.note(event)
                return function(*arguments, **options)

            return noted

        def cross_entropy(input: Tensor, *arguments: Any, **options: Any) -> Tensor:
            rows = input.detach()
            self.probabilities = bool(
                rows.ndim == 2 and (rows >= 0).all() and (rows.sum(1) - 1).abs().max() < 1e-4
            )
            loss: Tensor = real_cross_entropy(input, *arguments, **options)
            return loss

        real_cross_entropy = nn.functional.cross_entropy
        originals: list[tuple[Any, str, Callable[..., Any]]] = [
            (nn.utils, "clip_grad_norm_", nn.utils.clip_grad_norm_),
            (nn.utils, "clip_grad_value_", nn.utils.clip_grad_value_),
            (Tensor, "backward", Tensor.backward),
        ]
        hook = register_module_forward_pre_hook(forward)
        stepped = register_optimizer_step_pre_hook(lambda *_: self.note("step"))
        try:
            for owner, name, function in originals:
                event = {"backward": "backward"}.get(name, "clip")
                setattr(owner, name, noting(function, event))
            nn.functional.cross_entropy = cross_entropy
            yield
        finally:
            nn.functional.cross_entropy = real_cross_entropy
            for owner, name, function in originals:
                setattr(owner, name, function)
            hook.remove()
            stepped.remove()


def train(module: ModuleType, model: str, length: int, steps: int) -> dict[str, Any]:
    """Run the student's ``train`` at the sheet's defaults; weights, history, figures and more."""
    function = getattr(module, "train", None)
    if not callable(function):
        raise Unusable("The file defines no function train.", expected="train(…)", got="none")
    values = {
        "model": model,
        "length": length,
        "input_length": length - 1,
        "input_dim": 1,
        "num_classes": 10,
        "num_hidden": 128,
        "batch_size": 128,
        "learning_rate": 1e-3,
        "train_steps": steps,
        "max_norm": 10.0,
        "device": "cpu",
    }
    watch = Watch()
    with figures.captured() as drawn, watch.over(is_students):
        returned = call(function, values)
        network, history = sort_out(returned)
        if history:
            plot(module, history, drawn)
    network = network or watch.network
    if network is None:
        raise Unusable(
            "train must return the trained network.",
            expected="(network, history)",
            got=type(returned).__name__,
        )
    return {
        "weights": weights_of(network),
        "recent": [w for w in watch.recent if network is watch.network],
        "class": type(network).__name__,
        "length": watch.read + 1 if watch.read else length,
        "steps": watch.steps,
        "events": watch.events,
        "probabilities": watch.probabilities,
        "history": numbers(history),
        "figures": [figures.describe(figure) for figure in drawn[:4]],
    }


def weights_of(network: nn.Module) -> dict[str, Array]:
    return {name: to_array(value) for name, value in network.named_parameters()}


def is_students(kind: type) -> bool:
    return kind.__module__.split(".")[0] not in ("torch", "grader")


def call(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    """``train(config)`` as in the course's older hand-outs, or ``train(model=…, length=…)``."""
    parameters = list(inspect.signature(function).parameters.values())
    required = [p for p in parameters if p.default is p.empty]
    if len(required) == 1 and squeeze(required[0].name) in CONFIGURATIONS:
        config = argparse.Namespace(**values, model_type=values["model"])
        return function(config)
    return bind(function, values, ALIASES)


def sort_out(returned: Any) -> tuple[nn.Module | None, Any]:
    """The network and the history among what train returned."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    network = next((part for part in parts if isinstance(part, nn.Module)), None)
    others = [part for part in parts if part is not None and not isinstance(part, nn.Module)]
    return network, others[0] if len(others) == 1 else others


def plot(module: ModuleType, history: Any, drawn: list[Any]) -> None:
    """Call the student's plotting function, if there is one, and keep the figure it returns."""
    names = [name for name in vars(module) if "plot" in name.lower() or "figure" in name.lower()]
    own = [
        getattr(module, name)
        for name in sorted(names, key=lambda name: name != "plot_history")
        if inspect.isfunction(getattr(module, name))
        and getattr(module, name).__module__ == module.__name__
    ]
    if own:
        figure = own[0](history)
        if hasattr(figure, "savefig"):
            drawn.append(figure)


def numbers(history: Any) -> dict[str, list[float]]:
    """The lists of numbers in a history, by name."""
    if isinstance(history, list | tuple):
        history = {str(index): part for index, part in enumerate(history)}
    if not isinstance(history, dict):
        return {}
    return {
        str(name): [float(value) for value in values]
        for name, values in history.items()
        if isinstance(values, list | tuple) or hasattr(values, "tolist")
    }
