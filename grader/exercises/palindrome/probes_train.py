"""The probes that run a student's training script (in the worker)."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TypedDict

from grader.exercises.palindrome.running import Run
from grader.exercises.palindrome.settings import Settings
from grader.exercises.palindrome.standing_in import standing_in
from grader.exercises.palindrome.training_trace import Enough, Trace
from grader.worker import figure_capture
from grader.worker.attribution import text_of
from grader.worker.script import Script
from grader.worker.values import Array

ALIASES = {
    "model": "modeltype modelname network net rnntype kind type architecture celltype",
    "length": "palindromelength t seqlength seqlen sequencelength",
    "input_length": "inputlen",
    "input_dim": "inputsize",
    "num_classes": "nclasses outputdim",
    "num_hidden": "hiddendim hiddensize nhidden",
    "batch_size": "batch",
    "learning_rate": "lr",
    "train_steps": "steps maxsteps numsteps nsteps trainingsteps iterations numiterations",
    "max_norm": "maxgradnorm clip maxgradientnorm",
    "device": "dev",
}
CHOSEN = frozenset({"model", "length", "input_length"})
ATTEMPTS = 3  # to make a script read as many digits as it should
FIRST_QUESTION, SELDOM, OFTEN = 125, 500, 25  # steps
LOW = 0.1  # of the first loss: below, a training may have reached its end
MOST_STEPS = 10_050  # the sheet's, and what loops do beyond that


class Observation(TypedDict):
    """The state of a training so far."""

    weights: dict[str, Array]
    first: dict[str, Array]  # before the first step
    recent: list[dict[str, Array]]
    # The network's class, the digits that it read, and how often it was changed.
    kind: str
    read: int
    # The ``input_dim`` that the script was told, or 0.
    input_dim: int
    codes: Array | None  # of the digits, (10, d), as the network reads them
    steps: int
    events: list[str]
    later: list[list[str]]  # of single later steps
    moved: list[str]  # parameters that something else than the optimizer has changed
    left_over: bool
    has_gradients: bool
    reached: bool
    emptied: bool
    by_hand: bool  # whether the steps are those of no optimizer of torch.optim
    # Gradients of the norm ``trace.LONG``, when the optimizer stepped; -1 if there were none.
    norm: float
    largest: float
    losses: int
    loss: str
    accuracy: float | None  # in the last batches, as far as that was seen
    batch: float  # the best accuracy in one of them, whether a loss was computed of it or not
    banned: list[str]
    # Why it ended ("", "enough", "time", "steps", or an exception), and where it stood.
    ended: str
    where: str


class Mismatch(Enough):
    """Ends a training of another network, or on other lengths, than was asked for."""


@dataclass
class Aim:
    """A training that is wanted: of which model, on how many digits."""

    model: str
    digits: int  # that the network should read
    shift: int = 0  # of the length that the script is told, to make it read as many
    literal: frozenset[str] = field(default_factory=frozenset)
    input_dim: int = 0  # that the script is told; 0 leaves its own

    def settings(self, **further: int) -> Settings:
        """Return the settings for the next attempt."""
        told = self.digits + self.shift
        values = {"model": self.model, "length": told + 1, "input_length": told, "device": "cpu"}
        values |= {"input_dim": self.input_dim} if self.input_dim else {}
        values |= further
        return Settings(values, ALIASES, self.literal)

    def adapt(self, read: int) -> None:
        """Tell the script another length, or replace its literals, after it has read ``read``."""
        if not self.literal:
            self.literal = CHOSEN
        else:
            self.shift += self.digits - read

    def widen(self, width: int) -> bool:
        """Tell the script the width of the network's inputs; False if that changes nothing."""
        if self.input_dim or width <= 1:
            return False
        self.input_dim = width
        return True


def observe(
    script: Script, model: str, length: int, limit: float, width: int, rescued: bool
) -> Observation:
    """Run a training until the judge has seen enough of it.

    Args:
        model: "RNN" or "LSTM".
        length: Digits of a palindrome, of which the network reads one less.
        limit: Seconds of processor time.
        width: The ``input_dim`` that the network takes, if it can't take the script's own.
        rescued: Whether the loop goes on where the network raises.
    """
    aim = Aim(model, length - 1)
    deadline = time.process_time() + limit
    for attempts_left in reversed(range(ATTEMPTS)):
        session = Session(script, aim, attempts_left > 0)
        try:
            with standing_in() if rescued else contextlib.nullcontext():
                return session.run(deadline - time.process_time())
        except Mismatch:
            aim.adapt(session.trace.read)
        except Exception:
            if session.trace.steps or not attempts_left or not aim.widen(width):
                raise
    raise AssertionError("the last attempt accepts everything")


class Session:
    """One attempt at a training, and the judge's questions in between."""

    def __init__(self, script: Script, aim: Aim, is_strict: bool) -> None:
        self.trace = Trace(self._at_step)
        self._script, self._aim, self._is_strict = script, aim, is_strict
        self._asked_at = self._stopped_at = 0
        self._ended = self._where = ""

    def run(self, seconds: float) -> Observation:
        """Run the script for ``seconds`` of processor time at most.

        Raises:
            Mismatch: Another length or model is trained.
        """
        run = Run(self._script, self._aim.settings(), self.trace, sheet_values(self._aim))
        try:
            with figure_capture.captured(), self.trace.over(), limited(seconds, self._out_of_time):
                run.perform()
        except Mismatch:
            raise
        except Enough:
            pass
        except (Exception, SystemExit) as error:
            if not self.trace.has_begun:
                raise
            if not isinstance(error, SystemExit) or error.code:
                self._ended = f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")
                self._where = self._script.where(error)
        return self._observation()

    def _at_step(self, trace: Trace) -> None:
        if trace.steps == 1 and self._is_strict and not self._fits(trace):
            raise Mismatch
        if self._ended:  # the loop has caught what should have ended it
            raise Enough
        if trace.steps > MOST_STEPS:
            self._ended = "steps"
            raise Enough
        since = trace.steps - self._asked_at
        values = trace.values
        is_low = values and sum(values) / len(values) < LOW * (trace.first_value or 0)
        if trace.steps >= FIRST_QUESTION and since >= (OFTEN if is_low else SELDOM):
            seen = self._observation() | {"recent": []}  # all questions together are limited
            if self._asked_at:
                seen["first"] = {}  # was in the first question
            self._asked_at = trace.steps
            if self._script.ask(seen) == "enough":
                self._ended = "enough"
                raise Enough

    def _fits(self, trace: Trace) -> bool:
        kind = "LSTM" if "lstm" in type(trace.network).__name__.lower() else "RNN"
        is_length = trace.read in (0, 1, self._aim.digits)  # 0: unknown, 1: called for each digit
        return trace.network is None or (is_length and kind == self._aim.model)

    def _out_of_time(self, frame: FrameType | None) -> None:
        self._ended, self._where = "time", self._where or place_of(frame, self._script.root)
        raise Enough

    def _observation(self) -> Observation:
        trace = self.trace
        return {
            "weights": trace.weights(),
            "first": trace.weights_at_first(),
            "recent": trace.recent_weights(),
            "kind": type(trace.network).__name__ if trace.network else "",
            "read": trace.read,
            "input_dim": self._aim.input_dim,
            "codes": trace.codes,
            "steps": trace.steps,
            "events": list(trace.events),
            "later": trace.later,
            "moved": sorted(trace.moved),
            "left_over": trace.left_over,
            "has_gradients": trace.has_gradients,
            "reached": trace.reached,
            "emptied": trace.emptied,
            "by_hand": trace.by_hand,
            "norm": trace.norm if trace.stretched and trace.steps > 1 else -1.0,
            "largest": trace.largest,
            "losses": trace.losses.count,
            "loss": trace.losses.trouble,
            "accuracy": trace.losses.accuracy(),
            "batch": trace.best_batch(),
            "banned": sorted(trace.spots.found),
            "ended": self._ended,
            "where": self._where,
        }


@contextlib.contextmanager
def limited(seconds: float, out_of_time: Callable[[FrameType | None], None]) -> Iterator[None]:
    """Call ``out_of_time`` in the code that runs when it has used ``seconds`` of processor time.

    Systems without such a timer (Windows) have the judge's clock alone.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, lambda _, frame: out_of_time(frame))
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01), 1.0)  # again, if that was caught
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def place_of(frame: FrameType | None, root: Path) -> str:
    """Return the innermost line of the student's in which a call stands."""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(root):
            return f"{path.relative_to(root).as_posix()}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""


def sheet_values(aim: Aim, **further: Any) -> dict[str, Any]:
    """Return what a ``train`` with the template's parameters is called with."""
    told = aim.digits + aim.shift
    return {
        "model": aim.model,
        "length": told + 1,
        "input_length": told,
        "input_dim": aim.input_dim or 1,
        "num_classes": 10,
        "num_hidden": 128,
        "batch_size": 128,
        "learning_rate": 1e-3,
        "train_steps": 10_000,
        "max_norm": 10.0,
        "device": "cpu",
        **further,
    }
