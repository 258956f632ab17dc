"""Fixtures: the student's two networks and their trainings, each made once per run."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome import training
from grader.exercises.palindrome.equations import check_sources
from grader.exercises.palindrome.network import FILES, Network
from grader.exercises.palindrome.oracle import Model
from grader.exercises.palindrome.steps import has_raised_at_once
from grader.exercises.palindrome.training import Training
from grader.sandbox.student import Student


def examine(student: Student, model: Model) -> Network:
    """Find out once how the student's network reads its input and holds its weights."""

    def make() -> Network:
        try:
            # The seed is fixed: what is found doesn't depend on the numbers it is found by.
            return Network(student, model, np.random.default_rng(0))
        except Failure as failure:
            if failure.status == "blocked":  # by what ran; the source may say in which line
                check_sources(student.sources(FILES[model], (model,)))
            raise

    return student.remember(model, make)


def train(student: Student, model: Model, name: str) -> Training:
    """Run a training; one of a network that can't be examined is only begun."""
    try:
        network = examine(student, model)
    except Failure:
        network = None
    return training.trained(student, name, network)


@pytest.fixture
def vanilla_rnn(student: Student) -> Network:
    """Return the student's vanilla RNN, examined once per run."""
    return examine(student, "VanillaRNN")


@pytest.fixture
def lstm(student: Student) -> Network:
    """Return the student's LSTM, examined once per run."""
    return examine(student, "LSTM")


@pytest.fixture
def rnn_training(student: Student) -> Training:
    """Return the training of the vanilla RNN, run once."""
    return train(student, "VanillaRNN", "RNN")


@pytest.fixture
def lstm_training(student: Student) -> Training:
    """Return the training of the LSTM, run once."""
    return train(student, "LSTM", "LSTM")


@pytest.fixture
def loop(student: Student) -> Training:
    """Return the training in which the loop is seen, also where the network raises.

    Its exception has cost the points of the network and of what it learns already.
    """
    begun: Training | None = None
    try:
        begun = train(student, "VanillaRNN", "RNN")
        if not has_raised_at_once(begun.seen):
            return begun
    except Failure as failure:
        if failure.status != "error":
            raise
    with contextlib.suppress(Failure):
        rescued = training.trained(student, "RNN", None, rescued=True)
        if rescued.seen["steps"]:
            return rescued
    # The loop itself raises.
    return begun or train(student, "VanillaRNN", "RNN")


@pytest.fixture
def rnn_script(student: Student) -> str:
    """Return the path of the file that trains the vanilla RNN."""
    return training.script_for(student, "RNN")
