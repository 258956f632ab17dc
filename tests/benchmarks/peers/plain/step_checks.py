import oracle
import pytest
import rnn
from checks import check


@pytest.mark.parametrize("name", oracle.NAMES)
def test_step(name):
    check(name, rnn.step, rnn.gradients)
