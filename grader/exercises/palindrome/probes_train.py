"""The probe that runs a student's training loop, and what it watches meanwhile (in the worker)."""

from __future__ import annotations

import argparse
import contextlib
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import Optimizer, register_optimizer_step_pre_hook

from grader import figures
from grader.worker.binding import bind, find, is_students, squeeze, takes
from grader.worker.process import Unusable
from grader.worker.received import Array, array, brief, described, figure_in

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
TIGHT = 1e-5  # a max_norm that every gradient exceeds
FIGURES = 4  # the last of those drawn
LAST = 25  # batches, whose accuracy must be that of the history's last entries
OTHER = {"train_steps": 2, "learning_rate": 3e-4, "batch_size": 96}
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
        self.batch = 0  # sequences in the batch that was read last
        self.last: deque[tuple[Tensor, Tensor]] = deque(maxlen=LAST)  # logits and classes
        self.first: dict[int, Tensor] = {}  # what the optimizer began with, by the parameter's id
        self.recent: deque[dict[str, Array]] = deque(maxlen=SNAPSHOTS)
        self.probabilities: bool | None = None  # whether cross-entropy was given softmax's output

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
                self.batch = len(inputs[0])

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
            target = arguments[0] if arguments else options.get("target")
            if isinstance(target, Tensor) and target.shape == rows.shape[:1]:
                self.last.append((rows, target))
            loss: Tensor = real_cross_entropy(input, *arguments, **options)
            return loss

        real_cross_entropy = nn.functional.cross_entropy
        originals: list[tuple[Any, str, Callable[..., Any]]] = [
            (nn.utils, "clip_grad_norm_", nn.utils.clip_grad_norm_),
            (nn.utils, "clip_grad_value_", nn.utils.clip_grad_value_),
            (Tensor, "backward", Tensor.backward),
        ]
        hook = register_module_forward_pre_hook(forward)
        stepped = register_optimizer_step_pre_hook(self.step)
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
    function = find(module, "train")
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
            got=brief(returned),
        )
    pictures, trouble = describe(drawn[-FIGURES:])
    return {
        "weights": weights_of(network),
        "first": watch.weights_at_first(watch.network or network),
        "recent": [w for w in watch.recent if network is watch.network],
        "class": type(network).__name__,
        "length": watch.read + 1 if watch.read else length,
        "steps": watch.steps,
        "events": watch.events,
        "left_over": watch.left_over,
        "clips": "clip" in watch.events,
        "ignored": ignored(function, values),
        "accuracy": watch.accuracy(),
        "probabilities": watch.probabilities,
        "history": numbers(history),
        "figures": pictures,
        "trouble": trouble,
    }


def ignored(function: Callable[..., Any], values: dict[str, Any]) -> list[str]:
    """Parameters that a training takes, but does not obey: it is begun once more, with others."""
    tight, other = (begin(function, values | changed) for changed in ({"max_norm": TIGHT}, OTHER))
    obeyed = {
        "max_norm": max(tight.largest, default=0) < 2 * TIGHT,
        "train_steps": other.steps <= WATCHED_STEPS,  # some loops do one more
        "learning_rate": not other.steps or abs(other.rate - OTHER["learning_rate"]) < TIGHT,
        "batch_size": not other.steps or other.batch == OTHER["batch_size"],
    }
    configured = wants_configuration(function)
    return [
        name
        for name, right in obeyed.items()
        if not right and (configured or takes(function, name, ALIASES))
    ]


def begin(function: Callable[..., Any], values: dict[str, Any]) -> Watch:
    """What the first steps of a training are like."""
    watch = Watch(brief=True)
    with contextlib.suppress(Enough, Exception), watch.over(is_students):
        call(function, values)
    return watch


def describe(drawn: list[Figure]) -> tuple[list[dict[str, Any]], str]:
    """The figures that matplotlib can draw, and what came instead of the last other one."""
    pictures, trouble = [], ""
    for figure in drawn:
        try:
            pictures.append(described(figure, "train.py"))
        except Unusable as error:  # that costs the figure, not the training
            trouble = error.details["got"]
    return pictures, trouble


def weights_of(network: nn.Module) -> dict[str, Array]:
    return {name: array(value, name) for name, value in network.named_parameters()}


def call(function: Callable[..., Any], values: dict[str, Any]) -> Any:
    """``train(config)`` as in the course's older hand-outs, or ``train(model=…, length=…)``."""
    if wants_configuration(function):
        return function(argparse.Namespace(**values, model_type=values["model"]))
    return bind(function, values, ALIASES)


def wants_configuration(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    required = [p for p in parameters if p.default is p.empty]
    return len(required) == 1 and squeeze(required[0].name) in CONFIGURATIONS


def sort_out(returned: Any) -> tuple[nn.Module | None, Any]:
    """The network and the history among what train returned."""
    parts = returned if isinstance(returned, tuple | list) else [returned]
    network = next((part for part in parts if isinstance(part, nn.Module)), None)
    others = [part for part in parts if part is not None and not isinstance(part, nn.Module)]
    return network, others[0] if len(others) == 1 else others


def plot(module: ModuleType, history: Any, drawn: list[Figure]) -> None:
    """Call the student's plotting function, if there is one, and keep the figure it returns."""
    names = [name for name in vars(module) if "plot" in name.lower() or "figure" in name.lower()]
    own = [
        getattr(module, name)
        for name in sorted(names, key=lambda name: name != "plot_history")
        if inspect.isfunction(getattr(module, name))
        and getattr(module, name).__module__ == module.__name__
    ]
    if own:
        figure = figure_in(own[0](history))
        if figure is not None:
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
