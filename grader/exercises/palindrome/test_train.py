"""Questions 1.3 and 1.6 of sheet 004: training on palindromes of five digits, judged by weights."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.checks.figures import require_labels
from grader.core.failures import Failure
from grader.exercises.palindrome import equations, oracle, probes_train
from grader.exercises.palindrome.layout import complete, units, unpack
from grader.exercises.palindrome.network import LARGEST, Network
from grader.exercises.palindrome.oracle import Weights
from grader.exercises.palindrome.probes_train import Run
from grader.sandbox.student import Student

LENGTH = 5
STEPS, MAX_NORM = 10_000, 10.0  # the sheet's limits
SECONDS = 150.0
THRESHOLD = 0.99
WORK = 1_000_000  # numbers in all weights that are tried, if more than those returned
LONGEST = 8  # palindromes that are all tried; there are 10 000 of them


def trained(student: Student, model: str) -> Run:
    """What the student's train(…) came to; it runs once for all tests."""

    def run() -> Run:
        found: Run = student.run(
            probes_train.train,
            "train.py",
            defines=("train",),
            seconds=SECONDS,
            model=model,
            length=LENGTH,
            steps=STEPS,
        )
        return found

    return student.remember(f"training {model}", run)


def check_steps(run: Run) -> None:
    """Fail unless an optimizer of torch.optim has stepped, and no more often than allowed."""
    require(
        1 <= run["steps"] <= STEPS,
        "The network is trained by an optimizer of torch.optim.",
        expected=f"1 to {STEPS} steps (train_steps)",
        got=f"{run['steps']} steps",
        where="train.py, train",
    )


def reaches_the_threshold(network: Network, run: Run) -> None:
    """All palindromes of the length are tried, so that an accuracy is exact, not a sample's.

    RMSprop's last step may be an unlucky one: at the sheet's learning rate, accuracies of right
    networks that have converged jump by a percent from step to step. So the weights of the last
    hundred steps, every tenth, count as well as those returned.
    """
    check_steps(run)
    weights: Weights = run["weights"]
    require(
        set(network.layout) <= set(weights),
        "train returns a network of the class that the sheet asks for.",
        expected=f"a {network.model} with the parameters {', '.join(network.layout)}",
        got=f"a {run['kind']} with the parameters {', '.join(weights) or 'none'}",
    )
    bad = [name for name, array in weights.items() if not np.isfinite(array).all()]
    require(
        not bad,
        "The trained weights are finite numbers.",
        got=f"NaN or infinity in {', '.join(bad)}",
        hint="The loss has overflowed: is the gradient clipped between backward() and step()?",
    )
    # Some train on palindromes a digit longer; but what is no length may be a batch's size.
    length = int(run["length"]) if 2 <= run["length"] <= LONGEST else LENGTH
    require(
        not run["first"] or accuracy(network, run["first"], length) < THRESHOLD,
        "The network is trained from the start.",
        expected="weights that know nothing yet",
        got="weights that reach the threshold before the first step",
        where="train.py, train",
    )
    accuracies = [accuracy(network, tried, length) for tried in affordable(run)]
    require(
        max(accuracies) >= THRESHOLD,
        f"After training, the last digit of {LENGTH} is predicted.",
        expected=f"{THRESHOLD:.0%} of all palindromes right, with the weights that train returns "
        "in the sheet's equations",
        got=f"{max(accuracies):.1%} right after {run['steps']} steps",
        where="train.py, train",
        hint=""
        if network.follows_sheet
        else "The network does not follow the sheet's equations yet: mend that first.",
    )


def affordable(run: Run) -> Iterator[Weights]:
    """The weights to judge: those returned, then the newest, as many as don't take too long."""
    work = 0
    for weights in (run["weights"], *reversed(run["recent"])):
        size = sum(array.size for array in weights.values())
        require(
            size <= LARGEST,
            "The network has no more parameters than it needs.",
            expected=f"at most {LARGEST:,} numbers",
            got=f"{size:,}",
        )
        if work and work + size > WORK:
            return
        work += size
        yield weights


def accuracy(network: Network, weights: Weights, length: int) -> float:
    """The share of all palindromes whose last digit the sheet's equations give."""
    digits, target = oracle.all_palindromes(length)
    try:
        found = unpack(network.layout, weights, units(network.layout, weights))
        sheet = complete(network.model, found)
        p = oracle.output(network.model, sheet, network.inputs(weights, sheet, digits))
    except (ValueError, KeyError, IndexError, RuntimeError) as error:
        raise Failure(
            "The trained weights have the shapes that the network's constructor gives them.",
            got=f"shapes {', '.join(str(list(array.shape)) for array in weights.values())}",
        ) from error
    return float((p.argmax(1) == target).mean())


@pytest.mark.question(id="1.3", required=True)
def test_ban(student: Student, vanilla_rnn: Network) -> None:
    """No layer that the sheet forbids is used, neither in the loop nor in what it trains."""
    equations.check_sources(student.sources("train.py", ("train",), imports=False))
    equations.uses_nothing_banned(vanilla_rnn)


@pytest.mark.question(id="1.3", share="1/2")
def test_accuracy_of_the_vanilla_rnn(student: Student, vanilla_rnn: Network) -> None:
    """The vanilla RNN learns palindromes of five digits."""
    reaches_the_threshold(vanilla_rnn, trained(student, "RNN"))


@pytest.mark.question(id="1.3", share="1/6")
def test_loss(student: Student) -> None:
    """The loss is the cross-entropy of logits."""
    run = trained(student, "RNN")
    check_steps(run)
    require(
        run["probabilities"] is not True,
        "Cross-entropy is computed from logits.",
        expected="raw values p, which cross_entropy passes through log-softmax itself",
        got="rows that sum to 1: softmax has been applied before cross-entropy",
        where="train.py and vanilla_rnn.py",
        hint="Softmax before cross-entropy: the softmax is then taken twice, gradients shrink and "
        "training is slow. Return p, or take the logarithm of the probabilities yourself.",
    )


@pytest.mark.question(id="1.3", share="1/6")
def test_order_of_a_step(student: Student) -> None:
    """Each step goes by its own gradients, clipped between backward() and step()."""
    run = trained(student, "RNN")
    check_steps(run)
    require(
        not run["left_over"],
        "Each step goes by the gradients of its own batch.",
        expected="no gradients when backward() begins",
        got="those of the step before, to which backward() adds the new ones",
        where="train.py, train",
        hint="Call optimizer.zero_grad() in every step, before backward().",
    )
    events = run["events"]
    backward, step = events.index("backward") if "backward" in events else 0, len(events)
    if "step" in events[backward:]:
        step = events.index("step", backward)
    one = events[backward:step]
    before = events[:backward]
    require(
        "clip" in one or "clip" not in events,
        "Gradients are clipped between backward() and step().",
        expected="backward, clip, step",
        got=", ".join([*before, *one, *events[step : step + 2]]),
        where="train.py, train",
        hint="Clipped before backward(), there is no gradient of this step yet (and zero_grad() "
        "may have emptied it); clipped after step(), it comes too late.",
    )
    norm = run["norm"]
    require(  # a norm of one's own that is smaller does no harm
        "max_norm" not in run["ignored"] or (norm is not None and norm <= MAX_NORM),
        "Gradients that are longer than max_norm are scaled down to it.",
        expected=f"clipping between backward() and step(), to {MAX_NORM:g}",
        got="gradients that are longer"
        if norm is None
        else f"gradients that are clipped to {norm:g}",
        where="train.py, train",
        hint="torch.nn.utils.clip_grad_norm_ does it." if norm is None else "",
    )


@pytest.mark.question(id="1.3")
def test_parameters_of_train(student: Student) -> None:
    """The loop goes by the parameters that train is given."""
    run = trained(student, "RNN")
    require(
        not run["ignored"],
        "train goes by the parameters it is given.",
        got=f"no other training for another {', '.join(run['ignored'])}",
        where="train.py, train",
    )


def check_history(history: dict[str, list[float]], last: float | None) -> None:
    """Fail if a history is empty, or an accuracy nothing that could be one.

    ``last`` is the accuracy in the last batches. Where it is 0.9 or more, 25 entries below 0.2 are
    no accident of batches.
    """
    for name, values in history.items():
        require(
            len(values) > 0,
            "The history that train returns has entries.",
            expected="numbers, of each step or each few steps",
            got=f"nothing under {name!r}",
            where="train.py, train",
        )
        if name.lower().startswith("acc"):
            require(
                0 <= min(values) <= max(values) <= 100,
                "An accuracy is the share of the batch that is right.",
                expected="numbers from 0 to 1 (or to 100, in per cent)",
                got=f"numbers from {min(values):g} to {max(values):g}",
                where="train.py, train",
                hint="A mean over the batch, not a sum." if max(values) > 100 else "",
            )
            ends_at = max(values[-25:])
            require(
                last is None or last < 0.9 or ends_at >= 0.2,
                "The accuracy in the history is that of the network.",
                expected=f"about {last or 0:.3g}, as in the last batches",
                got=f"at most {ends_at:.3g} at the end of the history",
                where="train.py, train",
                hint="Is it the share of what is wrong?",
            )


@pytest.mark.question(id="1.3", share="1/6")
def test_figure(student: Student) -> None:
    """The training figure shows the history, with axis labels and a legend."""
    run = trained(student, "RNN")
    check_history(run["history"], run["accuracy"])
    require(
        bool(run["figures"]),
        "There is a figure of the training.",
        expected="plot_history(history) in train.py, which returns a matplotlib Figure",
        got=run["trouble"] or "no figure, neither returned nor drawn by pyplot",
    )
    figure = run["figures"][-1]
    lines = [line for axes in figure["axes"] for line in axes["lines"]]
    shown = [line["x"] for line in lines], [line["y"] for line in lines]
    for name, values in run["history"].items():
        across, up = (
            any(data.shape == (len(values),) and np.allclose(data, values) for data in datas)
            for datas in shown
        )
        require(
            up or not across or sorted(values) == values,  # it may hold the steps themselves
            "The history is drawn against the step.",
            expected=f"{name} on the vertical axis",
            got=f"{name} on the horizontal axis",
            where="train.py, plot_history",
            hint="plot(x, y): the step comes first.",
        )
    require_labels(
        figure,
        "The training figure has axis labels and a legend.",
        where="train.py, plot_history",
    )


@pytest.mark.question(id="1.6", share="1/8")
def test_accuracy_of_the_lstm(student: Student, lstm: Network) -> None:
    """The LSTM learns palindromes of five digits."""
    reaches_the_threshold(lstm, trained(student, "LSTM"))
