"""The LSTM's backward pass by hand: against gradcheck, and against autograd through `lstm.py`."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from grader.core.course import KITS
from reference.palindrome.lstm import LSTM
from reference.palindrome.lstm_by_hand import LSTMByHand, LSTMSteps


@pytest.mark.parametrize("T", [1, 4])
def test_the_derivatives_of_inputs_and_weights_pass_gradcheck(T: int) -> None:
    generator = torch.Generator().manual_seed(1)
    B, d, n = 3, 2, 5

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    arguments = drawn(T, B, d), drawn(4 * n, d), drawn(4 * n, n), drawn(4 * n)
    assert torch.autograd.gradcheck(LSTMSteps.apply, arguments)


@pytest.mark.parametrize("d", [1, 10])
def test_outputs_and_gradients_are_those_of_the_plain_lstm(d: int) -> None:
    torch.manual_seed(2)
    options: dict[str, Any] = {"seq_length": 7, "input_dim": d, "num_hidden": 12, "num_classes": 10}
    plain, by_hand = (kind(**options, batch_size=6).double() for kind in (LSTM, LSTMByHand))
    for parameter in plain.parameters():
        nn.init.normal_(parameter)
    by_hand.load_state_dict(plain.state_dict())
    x, y = torch.randint(10, (6, 7)).double(), torch.randint(10, (6,))
    torch.testing.assert_close(by_hand(x), plain(x), rtol=1e-12, atol=1e-12)
    for network in (plain, by_hand):
        nn.functional.cross_entropy(network(x), y).backward()
    expected = dict(plain.named_parameters())
    for name, parameter in by_hand.named_parameters():
        torch.testing.assert_close(
            parameter.grad, expected[name].grad, rtol=1e-10, atol=1e-12, msg=name
        )


def test_students_do_not_get_it() -> None:
    assert not (KITS.template / "palindrome" / "lstm_by_hand.py").exists()
