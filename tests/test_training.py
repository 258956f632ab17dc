"""How the judge finds a training script, and what it makes of figures and accuracies."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome.curves import check_accuracies, is_of_a_training
from grader.exercises.palindrome.formula import formula
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.probes_train import Observation
from grader.exercises.palindrome.training import as_far_as_seen, script_for
from grader.exercises.palindrome.verdict import SURE_STEPS, is_borne_out, is_hopeless, unlearned
from grader.sandbox.student import Student
from grader.submission.snapshot import open_submission

LOOP = "loss.backward()\noptimizer.step()\n"
MAIN = 'if __name__ == "__main__":\n    train()\n'


def student(folder: Path, files: dict[str, str]) -> Student:
    for name, text in files.items():
        (folder / name).write_text(text)
    return Student(open_submission(folder), lambda _: pytest.fail("nothing should be run"))


@pytest.mark.parametrize(
    ("files", "rnn", "lstm"),
    [
        ({"train.py": LOOP, "lstm.py": "", "main.py": MAIN}, "train.py", "train.py"),
        ({"train_rnn.py": MAIN, "train_lstm.py": MAIN, "utils.py": LOOP},
         "train_rnn.py", "train_lstm.py"),
        ({"TrainLSTM.py": LOOP, "TrainVanilla.py": LOOP}, "TrainVanilla.py", "TrainLSTM.py"),
        ({"loop.py": LOOP, "model.py": "class VanillaRNN: ..."}, "loop.py", "loop.py"),
        ({"loop.py": LOOP, "start.py": "from loop import train\n" + MAIN}, "start.py", "start.py"),
        ({"hw.py": LOOP + MAIN, "helpers.py": LOOP}, "hw.py", "hw.py"),
    ],
)  # fmt: skip
def test_the_script_is_found_by_its_name_or_by_what_it_does(
    files: dict[str, str], rnn: str, lstm: str, tmp_path: Path
) -> None:
    handle = student(tmp_path, files)
    assert (script_for(handle, "RNN"), script_for(handle, "LSTM")) == (rnn, lstm)


def test_a_submission_without_a_training_has_not_started(tmp_path: Path) -> None:
    handle = student(tmp_path, {"lstm.py": "class LSTM: ..."})
    with pytest.raises(Failure, match=r"train\.py is not in the submission") as raised:
        script_for(handle, "RNN")
    assert raised.value.status == "not started"


@pytest.mark.parametrize(
    "source",
    [
        "def count_parameters(model): return sum(p.numel() for p in model.parameters())",
        "def count_right(n, right): return n",
        "def area(n, d): return n * d",
        "def broken(",
    ],
)
def test_no_formula_leaves_the_points_to_a_person(source: str, tmp_path: Path) -> None:
    with pytest.raises(Failure) as raised:
        formula(student(tmp_path, {"lstm.py": source}))
    assert raised.value.status == "pending"


def test_a_formula_is_found_in_any_file(tmp_path: Path) -> None:
    files = {"a.py": "def n_params(units, d): ...", "lstm.py": "class LSTM: ..."}
    assert formula(student(tmp_path, files)) == ("a.py", "n_params")


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ([0.25, 0.5], ""),
        ([25.0, 50.0], ""),
        ([0.75, 0.5], "Is it the share of what is wrong?"),
        ([75.0, 50.0], "Is it the share of what is wrong?"),
        ([32.0, 64.0], "A mean over the batch, not a sum."),
        ([0.4, 0.6], ""),  # of other batches, perhaps
        ([-0.5, 1.25], None),
        ([300.0, 450.0], "A mean over the batch, not a sum."),
    ],
)
def test_accuracies_are_compared_with_those_of_the_last_batches(
    values: list[float], hint: str | None
) -> None:
    found: str | None = ""
    try:
        check_accuracies(values, 0.375, 128, "train.py")
    except Failure as failure:
        found = failure.hint or None
    assert found == hint


def figure(xlabel: str, ylabel: str, points: int) -> Any:
    line = {"label": "", "x": np.arange(points), "y": np.zeros(points)}
    return {"axes": [{"xlabel": xlabel, "ylabel": ylabel, "lines": [line]}]}


@pytest.mark.parametrize(
    ("xlabel", "ylabel", "points", "expected"),
    [
        ("step", "accuracy", 7, True),
        ("", "Loss", 7, True),
        ("", "accuracy", 60, True),
        ("palindrome length", "accuracy", 6, False),
        ("T", "", 10, False),
    ],
)
def test_a_figure_of_lengths_is_none_of_a_training(
    xlabel: str, ylabel: str, points: int, expected: bool
) -> None:
    assert is_of_a_training(figure(xlabel, ylabel, points), 60) is expected


def seen(steps: int, first: dict[str, Any]) -> Any:
    return {"steps": steps, "first": first, "ended": "", "where": ""}


@pytest.mark.parametrize(
    ("accuracy", "status", "ended"),
    [(0.5, "timeout", "time"), (0.5, "crashed", "killed"), (1.0, "timeout", "")],
)
def test_what_was_seen_before_a_worker_is_lost_counts(
    accuracy: float, status: Any, ended: str
) -> None:
    asked = [(0.1, seen(125, {"W": 1})), (accuracy, seen(625, {}))]
    failure = Failure("Lost.", got="killed", where="train.py, line 3", status=status)
    found = as_far_as_seen(asked, failure)
    assert found["steps"] == 625
    assert found["first"] == {"W": 1}
    assert (found["ended"], found["where"]) == (ended, "train.py, line 3")


@pytest.mark.parametrize(
    ("follows", "mistake", "steps", "reached", "ends"),
    [
        (False, None, SURE_STEPS, 0.1, True),
        (False, None, SURE_STEPS - 1, 0.1, False),
        (False, None, SURE_STEPS, 0.6, False),
        (False, "no_tanh", SURE_STEPS, 0.1, False),
        (True, None, 10_001, 0.1, False),
    ],
)
def test_only_a_network_of_unknown_equations_is_not_awaited(
    follows: bool, mistake: str | None, steps: int, reached: float, ends: bool
) -> None:
    network = SimpleNamespace(
        follows_sheet=follows, model="RNN", student=SimpleNamespace(remember=lambda *_: mistake)
    )
    seen = cast(Observation, {"steps": steps})
    assert is_hopeless(cast(Network, network), seen, reached) is ends


@pytest.mark.parametrize(
    ("ended", "batch", "best", "counts"),
    [
        ("", 1.0, 0.97, True),
        ("", 0.992, 0.8, True),
        ("", 1.0, 0.79, False),  # so lucky is no batch
        ("", 0.98, 0.97, False),
        ("steps", 1.0, 0.97, False),
        ("time", 1.0, 0.97, False),
        ("ValueError", 1.0, 0.97, False),
    ],
)
def test_a_loop_may_stop_at_a_right_batch(
    ended: str, batch: float, best: float, counts: bool
) -> None:
    seen = cast(Observation, {"ended": ended, "batch": batch})
    assert is_borne_out(seen, best) is counts


@pytest.mark.parametrize(
    ("steps", "best", "says"),
    [
        (18, 0.97, "ends too early"),
        (400, 0.97, "ends too early"),
        (18, 0.2, "So few steps"),
        (400, 0.2, "Look at what is learned"),
    ],
)
def test_the_hint_says_whether_a_network_learns(steps: int, best: float, says: str) -> None:
    assert says in unlearned(cast(Observation, {"steps": steps, "ended": ""}), best)
