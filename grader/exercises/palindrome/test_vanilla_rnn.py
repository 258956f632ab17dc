"""Question 1.2 of sheet 004: the vanilla RNN follows the sheet's equations."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.palindrome import derivatives, equations
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.parameters.fit import DEFAULTS

Random = np.random.Generator


@pytest.mark.question(id="1.2", required=True)
def test_ban(vanilla_rnn: Network) -> None:
    """No layer that the sheet forbids is used."""
    equations.uses_nothing_banned(vanilla_rnn)


@pytest.mark.question(id="1.2", share="1/10")
def test_parameters(vanilla_rnn: Network, rng: Random) -> None:
    """The equations' weights and biases are trainable parameters."""
    equations.has_the_parameters(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/4")
def test_equations(vanilla_rnn: Network, rng: Random) -> None:
    """The output is that of the equations, at the sheet's sizes."""
    equations.agrees_with_the_equations(vanilla_rnn, rng, [DEFAULTS])


@pytest.mark.question(id="1.2", share="3/20")
def test_equations_at_other_sizes(vanilla_rnn: Network, rng: Random) -> None:
    """The output is that of the equations, for other lengths, widths and batches."""
    equations.agrees_with_the_equations(vanilla_rnn, rng, equations.several_sizes(rng))


@pytest.mark.question(id="1.2", share="3/20")
def test_gradients(vanilla_rnn: Network, rng: Random) -> None:
    """The gradient of every parameter is that of the equations."""
    derivatives.gradients_agree_with_the_equations(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/10")
def test_finite_differences(vanilla_rnn: Network, rng: Random) -> None:
    """The gradient of every parameter agrees with finite differences."""
    derivatives.gradients_agree_with_differences(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/20")
def test_rows(vanilla_rnn: Network, rng: Random) -> None:
    """Sequences of a batch do not influence each other."""
    equations.treats_rows_alone(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/20")
def test_fresh_state(vanilla_rnn: Network, rng: Random) -> None:
    """No state is carried from one call to the next."""
    equations.starts_afresh(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/20")
def test_every_digit(vanilla_rnn: Network, rng: Random) -> None:
    """Every digit is read, from the first to the last."""
    equations.reads_every_digit(vanilla_rnn, rng)


@pytest.mark.question(id="1.2", share="1/10")
def test_shape(vanilla_rnn: Network, rng: Random) -> None:
    """forward returns [batch, num_classes] for all sizes."""
    equations.has_the_right_shape(vanilla_rnn, rng)


@pytest.mark.question(id="1.2")
def test_other_batch_size(vanilla_rnn: Network, rng: Random) -> None:
    """The network takes another batch size than its constructor was given."""
    equations.takes_other_batches(vanilla_rnn, rng)


@pytest.mark.question(id="1.2")
def test_tidy(vanilla_rnn: Network) -> None:
    """Nothing is left over, and names are the sheet's."""
    equations.is_tidy(vanilla_rnn)
