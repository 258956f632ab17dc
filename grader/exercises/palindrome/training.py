"""The judge's side of a training: it runs the script, and stops it when the verdict is sure."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from grader.core.failures import Failure
from grader.exercises.palindrome import probes_results, probes_train
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.probes_results import Results
from grader.exercises.palindrome.probes_train import Observation
from grader.exercises.palindrome.verdict import (
    LENGTH,
    SECONDS,
    THRESHOLD,
    accuracy,
    is_hopeless,
)
from grader.sandbox.student import Student
from grader.submission.imports import with_imports

PATIENCE = 4.0  # seconds of waiting for a second of processor time, on a busy machine
SHORT_SECONDS = 40.0  # of processor time, for the run that shows results and figures
DRAWS = re.compile(r"\b(matplotlib|seaborn)\b")
MOST_DRAWING = 2  # further files that are run for their figures
NOTHING: Results = {
    "history": {}, "accuracy": None, "rows": 0, "steps": 0, "figures": [], "losses": [],
    "trouble": "",
}  # fmt: skip


@dataclass
class Training:
    """A training as far as it was seen; ``accuracy`` is the best that its weights reach."""

    student: Student
    path: str
    model: str
    seen: Observation
    accuracy: float | None
    drawn_by: str = ""  # the file that drew the figures

    def results(self) -> Results:
        """Return the history and the figures of a short training.

        Another file that imports the script may draw them.
        """

        def run() -> Results:
            found = self._results_of(self.path)
            self.drawn_by = self.path
            if not found["figures"]:
                for path in drawing_scripts(self.student, self.path):
                    with contextlib.suppress(Failure):  # the script itself has worked
                        drawn = self._results_of(path)
                        if drawn["figures"]:
                            self.drawn_by = path
                            return {**drawn, "history": found["history"]}
            return found

        return self.student.remember(f"results {self.model}", run)

    def disturbed_results(self) -> Results:
        """Return what the file that drew the figures draws of a training that learns nothing."""
        return self._results_of(self.drawn_by, disturbed=True)

    def _results_of(self, path: str, *, disturbed: bool = False) -> Results:
        try:
            found: Results = self.student.run_script(
                probes_results.results,
                path,
                seconds=SHORT_SECONDS * PATIENCE,
                model=self.model,
                length=LENGTH,
                limit=SHORT_SECONDS * self.student.time_scale,
                width=self.seen["input_dim"],
                disturbed=disturbed,
            )
        except Failure as failure:
            if failure.status != "timeout":
                raise
            return {**NOTHING, "trouble": failure.got}
        return found


def trained(
    student: Student, model: str, network: Network | None, *, rescued: bool = False
) -> Training:
    """Run the student's training until its weights reach the threshold, or it ends.

    Args:
        model: "RNN" or "LSTM".
        network: What judges the weights. Without it, a training is only begun.
        rescued: Whether the loop goes on where the network raises.
    """

    def run() -> Training:
        path = script_for(student, model)
        best: list[tuple[float, Observation]] = []

        def reply(seen: Observation) -> str:
            if network is None:
                return "enough"
            try:
                best.append((accuracy(network, seen["weights"], seen), seen))
            except Failure:
                return "enough"  # the test that needs the weights says why
            reached = best[-1][0]
            is_sure = reached >= THRESHOLD or is_hopeless(network, seen, reached)
            return "enough" if is_sure else "go on"

        try:
            seen = student.run_script(
                probes_train.observe,
                path,
                seconds=SECONDS * PATIENCE,
                reply=reply,
                model=model,
                length=LENGTH,
                limit=SECONDS * student.time_scale,
                width=network.fit.input_format.input_dim if network else 0,
                rescued=rescued,
            )
        except Failure as failure:
            if not best or failure.status not in ("timeout", "crashed"):
                raise
            seen = as_far_as_seen(best, failure)
        uses_nothing_banned(seen)
        return Training(student, path, model, seen, max((a for a, _ in best), default=None))

    return student.remember(f"training {model}{' rescued' if rescued else ''}", run)


def uses_nothing_banned(seen: Observation) -> None:
    """Fail if a step that was watched ran a layer that the sheet forbids."""
    if seen["banned"]:
        raise Failure(
            "The loop should use no layer that the sheet does not allow.",
            expected="matrix products of your own parameters",
            got=f"forward or backward ran {', '.join(seen['banned'])}",
            status="blocked",
        )


def as_far_as_seen(asked: list[tuple[float, Observation]], failure: Failure) -> Observation:
    """Return the last of the observations that a training sent before its worker was lost."""
    accuracy, last = asked[-1]
    ended = "time" if failure.status == "timeout" else failure.got
    return {
        **last,
        "first": asked[0][1]["first"],
        "ended": "" if accuracy >= THRESHOLD else ended,
        "where": failure.where,
    }


def script_for(student: Student, model: str) -> str:
    """Return the file that trains a model: train.py, or the likeliest by name and content."""
    sources = {
        file: student.submission.source_of(file)
        for file in student.submission.files
        if file.suffix.lower() == ".py"
    }
    own = model.lower()
    other = "rnn" if own == "lstm" else "lstm"

    def rank(file: PurePosixPath) -> tuple[Any, ...]:
        name, text = file.stem.lower(), sources[file]
        trains = ".backward(" in text or "train" in text
        return (
            name == "train" and trains,
            "train" in name and own in name,
            "train" in name and other not in name,
            "train" in name,
            ".backward(" in text and own in name,
            ".backward(" in text and "__main__" in text,
            "__main__" in text and "train" in text,
            ".backward(" in text,
            -len(file.parts),
        )

    ranked = sorted(sources, reverse=True)
    best = max(ranked, key=rank, default=None)
    if best is None or not any(rank(best)[:-1]):
        return student.find("train.py", ("train",))
    return str(best)


def drawing_scripts(student: Student, path: str) -> list[str]:
    """Return the other files that import a script and draw figures, its neighbours first."""
    script, files = PurePosixPath(path), student.submission.files
    drawing = [
        file
        for file in files
        if file.suffix.lower() == ".py"
        and file != script
        and DRAWS.search(student.submission.source_of(file))
        and path in with_imports(student.submission, str(file))
    ]
    drawing.sort(key=lambda file: (file.parent != script.parent, file))
    return [str(file) for file in drawing[:MOST_DRAWING]]
