"""Questions 1.3 and 1.6 of sheet 004: training on palindromes of five digits, judged by weights."""

from __future__ import annotations

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.checks.figures import require_labels
from grader.core.failures import Failure
from grader.exercises.palindrome import equations
from grader.exercises.palindrome.curves import (
    check_history,
    check_origin,
    is_of_a_training,
    is_one_hot,
)
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.steps import (
    check_begun,
    check_clipping,
    check_gradients,
    check_optimizer,
)
from grader.exercises.palindrome.training import Training
from grader.exercises.palindrome.verdict import reaches_the_threshold
from grader.sandbox.student import Student

UNDRAWN = "Is there a formula between $ and $ that matplotlib can't read?"
ANOTHER = "The sheet's loss is torch.nn.functional.cross_entropy(logits, y), y as whole numbers."
LOGITS = "raw values p, which cross_entropy passes through log-softmax itself"
LOSSES = {  # by what is wrong: what is expected, what came, and a hint
    "probabilities": (
        LOGITS,
        "rows that sum to 1: softmax has been applied before cross-entropy",
        "Softmax before cross-entropy: the softmax is then taken twice, gradients shrink and "
        "training is slow. Return p, or take the logarithm of the probabilities yourself.",
    ),
    "nll_loss": (
        LOGITS,
        "nll_loss of what are no logarithms of probabilities",
        "nll_loss takes log_softmax(p); cross_entropy takes p itself.",
    ),
    "by hand": (
        "a gradient of softmax(p) − y for logits p and the one-hot digit y, up to a factor",
        "a loss of your own that has another gradient",
        "L = −Σ_k y_k log softmax(p)_k is what torch.nn.functional.cross_entropy computes.",
    ),
    "targets": (
        "the digit that the data set yields beside the sequence as the target",
        "other classes",
        "The digit that completes the palindrome is none that the network reads. The data loader "
        "yields both: for step, (batch_inputs, batch_targets) in enumerate(data_loader).",
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
def test_loss(loop: Training) -> None:
    """The loss is the cross-entropy of logits."""
    check_loss(loop)


@pytest.mark.question(id="1.6")
def test_loss_of_the_lstm(lstm_training: Training) -> None:
    """The loss of the LSTM is the cross-entropy of logits."""
    check_loss(lstm_training)


def check_loss(loop: Training) -> None:
    """Fail unless the loss of a training is the cross-entropy of logits."""
    if not loop.seen["losses"]:
        check_begun(loop.seen, loop.path)
    loss = loop.seen["loss"]
    expected, got, hint = LOSSES.get(loss, (LOGITS, f"{loss} of torch.nn.functional", ANOTHER))
    require(
        not loss,
        "The loss should be the cross-entropy of logits.",
        expected=expected,
        got=got,
        where=loop.path,
        hint=hint,
    )


@pytest.mark.question(id="1.3", share="1/6")
def test_order_of_a_step(loop: Training) -> None:
    """Each step goes by its own gradients, clipped between backward() and step()."""
    check_optimizer(loop.seen, loop.path)
    check_gradients(loop.seen, loop.path)
    check_clipping(loop.seen, loop.path)


@pytest.mark.question(id="1.3", share="1/6")
def test_figure(rnn_training: Training) -> None:
    """The training figure shows the history, with axis labels and a legend."""
    found = rnn_training.results()
    check_history(found, rnn_training.path)
    if not found["figures"] and "matplotlib raises" in found["trouble"]:
        what = "The figure of the training should be drawn."
        raise Failure(what, got=found["trouble"], where=rnn_training.path, hint=UNDRAWN)
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
    check_origin(figure, found, rnn_training.disturbed_results(), rnn_training.drawn_by)
    require_labels(
        figure,
        "The training figure should have axis labels and a legend.",
        where=rnn_training.path,
    )


@pytest.mark.question(id="1.3")
def test_codes(rnn_training: Training) -> None:
    """The network reads for a digit the digit, or its one-hot code."""
    codes = rnn_training.seen["codes"]
    require(
        codes is None or codes.shape[1] != len(codes) or is_one_hot(codes),
        "A one-hot code should have a one in the digit's own column, and zeros elsewhere.",
        got="" if codes is None else f"{codes[7].tolist()} for the digit 7",
        where=rnn_training.path,
        hint="torch.nn.functional.one_hot(digits.long(), 10).float() makes one.",
    )


@pytest.mark.question(id="1.6", share="1/8")
def test_accuracy_of_the_lstm(lstm: Network, lstm_training: Training) -> None:
    """The LSTM learns palindromes of five digits."""
    reaches_the_threshold(lstm, lstm_training)
