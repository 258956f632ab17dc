"""Questions 1.3 and 1.6 of sheet 004: training on palindromes of five digits, judged by weights."""

from __future__ import annotations

import re

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.checks.figures import require_labels
from grader.core.drawings import Description
from grader.core.failures import Failure
from grader.exercises.palindrome import equations
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.probes_results import Results
from grader.exercises.palindrome.training import Training, check_steps, reaches_the_threshold
from grader.exercises.palindrome.watch import LAST
from grader.sandbox.student import Student

TRAINING = re.compile(r"step|iter|epoch|batch|loss|update|schritt|verlust", re.IGNORECASE)
LONG, MAX_NORM = 1e6, 10.0  # norms: of the gradients that are to be clipped, and of the sheet

LOSSES = {
    "probabilities": (
        "rows that sum to 1: softmax has been applied before cross-entropy",
        "Softmax before cross-entropy: the softmax is then taken twice, gradients shrink and "
        "training is slow. Return p, or take the logarithm of the probabilities yourself.",
    ),
    "nll_loss": (
        "nll_loss of what are no logarithms of probabilities",
        "nll_loss takes log_softmax(p); cross_entropy takes p itself.",
    ),
}


@pytest.mark.question(id="1.3", required=True)
def test_ban(student: Student, vanilla_rnn: Network, rnn_script: str) -> None:
    """No layer that the sheet forbids is used, neither in the loop nor in what it trains."""
    equations.check_sources(student.sources(rnn_script, imports=False), is_program=True)
    equations.uses_nothing_banned(vanilla_rnn)


@pytest.mark.question(id="1.3", share="1/2")
def test_accuracy_of_the_vanilla_rnn(vanilla_rnn: Network, rnn_training: Training) -> None:
    """The vanilla RNN learns palindromes of five digits."""
    reaches_the_threshold(vanilla_rnn, rnn_training)


@pytest.mark.question(id="1.3", share="1/6")
def test_loss(rnn_training: Training) -> None:
    """The loss is the cross-entropy of logits."""
    check_steps(rnn_training)
    loss = rnn_training.seen["loss"]
    got, hint = LOSSES.get(loss, (f"{loss} of torch.nn.functional", ""))
    require(
        not loss,
        "The loss should be the cross-entropy of logits.",
        expected="raw values p, which cross_entropy passes through log-softmax itself",
        got=got,
        where=rnn_training.path,
        hint=hint,
    )


@pytest.mark.question(id="1.3", share="1/6")
def test_order_of_a_step(rnn_training: Training) -> None:
    """Each step goes by its own gradients, clipped between backward() and step()."""
    check_steps(rnn_training)
    seen, where = rnn_training.seen, rnn_training.path
    require(
        not seen["left_over"],
        "Each step should go by the gradients of its own batch.",
        expected="no gradients when backward() begins",
        got="those of the step before, to which backward() adds the new ones",
        where=where,
        hint="Call optimizer.zero_grad() in every step, before backward().",
    )
    events = seen["events"]
    require(
        "backward" in events or seen["has_gradients"],
        "Each step should go by gradients.",
        expected="backward, clip, step",
        got=", ".join(events[:4]),
        where=where,
        hint="Call loss.backward() in every step, before the gradients are clipped.",
    )
    backward, step = events.index("backward") if "backward" in events else 0, len(events)
    if "step" in events[backward:]:
        step = events.index("step", backward)
    one = events[backward:step]
    before = events[:backward]
    require(
        "clip" in one or "clip" not in events,
        "Gradients should be clipped between backward() and step().",
        expected="backward, clip, step",
        got=", ".join([*before, *one, *events[step : step + 2]]),
        where=where,
        hint="Clipped before backward(), there is no gradient of this step yet (and zero_grad() "
        "may have emptied it); clipped after step(), it comes too late.",
    )
    is_unclipped = seen["norm"] > 0.99 * LONG
    require(  # a norm of one's own that is smaller does no harm, nor do entries that are clipped
        min(seen["norm"], seen["largest"]) <= 1.01 * MAX_NORM
        if "clip" in events
        else seen["norm"] <= 1.01 * MAX_NORM,
        "Gradients that are longer than max_norm should be scaled down to it.",
        expected=f"clipping between backward() and step(), to {MAX_NORM:g}",
        got="gradients that are longer"
        if is_unclipped
        else f"gradients that are clipped to {seen['norm']:g}",
        where=where,
        hint="torch.nn.utils.clip_grad_norm_ does it." if is_unclipped else "",
    )


def check_history(found: Results, where: str) -> None:
    """Fail if a history is empty, or an accuracy is not that of the last batches."""
    for name, values in found["history"].items():
        require(
            len(values) > 0,
            "The history that train returns should have entries.",
            expected="numbers, of each step or each few steps",
            got=f"nothing under {name!r}",
            where=where,
        )
        if name.lower().startswith("acc"):
            check_accuracies(values, found["accuracy"], found["rows"], where)


def check_accuracies(values: list[float], last: float | None, rows: int, where: str) -> None:
    """Fail if a list of accuracies ends with something else than those of the last batches.

    Args:
        last: The accuracy in as many batches as ``LAST``, or None if it was not seen.
        rows: Sequences in a batch.
    """
    recent = sum(values[-LAST:]) / len(values[-LAST:])
    known = {
        "": (1.0, 100.0),
        "A mean over the batch, not a sum.": (rows,),
    }
    hint = "A mean over the batch, not a sum." if max(values) > 100 else ""
    if last is not None:
        for meant, scales in known.items():
            if any(np.isclose(recent, scale * last, rtol=1e-3) for scale in scales):
                hint = meant
                break
        else:
            wrong = any(np.isclose(recent, scale * (1 - last), rtol=1e-3) for scale in (1, 100))
            hint = "Is it the share of what is wrong?" if wrong else hint
    require(
        not hint and 0 <= min(values) <= max(values) <= 100,
        "An accuracy in the history should be the share of a batch that is right.",
        expected="numbers from 0 to 1 (or to 100, in per cent)"
        + ("" if last is None else f", in the last batches about {last:.3g}"),
        got=f"numbers from {min(values):g} to {max(values):g}, at the end about {recent:.3g}",
        where=where,
        hint=hint,
    )


def is_of_a_training(figure: Description, steps: int) -> bool:
    """Return whether a figure shows how a training went, rather than results for lengths."""
    texts = [text for axes in figure["axes"] for text in (axes["xlabel"], axes["ylabel"])]
    longest = max((len(line["y"]) for axes in figure["axes"] for line in axes["lines"]), default=0)
    return bool(TRAINING.search(" ".join(texts))) or longest >= steps / 4


@pytest.mark.question(id="1.3", share="1/6")
def test_figure(rnn_training: Training) -> None:
    """The training figure shows the history, with axis labels and a legend."""
    found = rnn_training.results()
    check_history(found, rnn_training.path)
    if not found["figures"] and "matplotlib raises" in found["trouble"]:
        raise Failure("The figure of the training should be drawn.", got=found["trouble"])
    figures = [one for one in found["figures"] if is_of_a_training(one, found["steps"])]
    if not figures:
        raise Failure(
            "The figure of the training is looked for in the PDF.",
            expected="loss or accuracy against the training step, with labels and a legend",
            got=f"no figure of a training that {rnn_training.path} draws or returns"
            + (f"; {found['trouble']}" if found["trouble"] else ""),
            status="pending",
        )
    figure = figures[-1]
    lines = [line for axes in figure["axes"] for line in axes["lines"]]
    shown = [line["x"] for line in lines], [line["y"] for line in lines]
    for name, values in found["history"].items():
        across, up = (
            any(data.shape == (len(values),) and np.allclose(data, values) for data in datas)
            for datas in shown
        )
        require(
            up or not across or sorted(values) == values,  # it may hold the steps themselves
            "The history should be drawn against the step.",
            expected=f"{name} on the vertical axis",
            got=f"{name} on the horizontal axis",
            where=rnn_training.path,
            hint="plot(x, y): the step comes first.",
        )
    require_labels(
        figure,
        "The training figure should have axis labels and a legend.",
        where=rnn_training.path,
    )


@pytest.mark.question(id="1.6", share="1/8")
def test_accuracy_of_the_lstm(lstm: Network, lstm_training: Training) -> None:
    """The LSTM learns palindromes of five digits."""
    reaches_the_threshold(lstm, lstm_training)
