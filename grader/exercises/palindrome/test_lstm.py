"""Question 1.6 of sheet 004: the LSTM follows the sheet's equations."""

from __future__ import annotations

import numpy as np
import pytest

from grader.exercises.palindrome import derivatives, equations
from grader.exercises.palindrome.network import Network
from grader.exercises.palindrome.parameters.fit import DEFAULTS

Random = np.random.Generator


@pytest.mark.question(id="1.6", required=True)
def test_ban(lstm: Network) -> None:
    """No layer that the sheet forbids is used."""
    equations.uses_nothing_banned(lstm)


@pytest.mark.question(id="1.6", share="1/10")
def test_parameters(lstm: Network, rng: Random) -> None:
    """The equations' weights and biases are trainable parameters."""
    equations.has_the_parameters(lstm, rng)


@pytest.mark.question(id="1.6", share="1/4")
def test_equations(lstm: Network, rng: Random) -> None:
    """The output is that of the equations, at the sheet's sizes."""
    equations.agrees_with_the_equations(lstm, rng, [DEFAULTS])


@pytest.mark.question(id="1.6", share="1/8")
def test_equations_at_other_sizes(lstm: Network, rng: Random) -> None:
    """The output is that of the equations, for other lengths, widths and batches."""
    equations.agrees_with_the_equations(lstm, rng, equations.several_sizes(rng))


@pytest.mark.question(id="1.6", share="1/8")
def test_gradients(lstm: Network, rng: Random) -> None:
    """The gradient of every parameter is that of the equations."""
    derivatives.gradients_agree_with_the_equations(lstm, rng)


@pytest.mark.question(id="1.6", share="3/40")
def test_finite_differences(lstm: Network, rng: Random) -> None:
    """The gradient of every parameter agrees with finite differences."""
    derivatives.gradients_agree_with_differences(lstm, rng)


@pytest.mark.question(id="1.6", share="1/40")
def test_rows(lstm: Network, rng: Random) -> None:
    """Sequences of a batch do not influence each other."""
    equations.treats_rows_alone(lstm, rng)


@pytest.mark.question(id="1.6", share="1/20")
def test_fresh_state(lstm: Network, rng: Random) -> None:
    """No state is carried from one call to the next."""
    equations.starts_afresh(lstm, rng)


@pytest.mark.question(id="1.6", share="1/20")
def test_every_digit(lstm: Network, rng: Random) -> None:
    """Every digit is read, from the first to the last."""
    equations.reads_every_digit(lstm, rng)


@pytest.mark.question(id="1.6", share="3/40")
def test_shape(lstm: Network, rng: Random) -> None:
    """forward returns [batch, num_classes] for all sizes."""
    equations.has_the_right_shape(lstm, rng)


@pytest.mark.question(id="1.6")
def test_other_batch_size(lstm: Network, rng: Random) -> None:
    """The network takes another batch size than its constructor was given."""
    equations.takes_other_batches(lstm, rng)


@pytest.mark.question(id="1.6")
def test_tidy(lstm: Network) -> None:
    """Nothing is left over, and names are the sheet's."""
    equations.is_tidy(lstm)
