"""Questions 1.5b and 1.6 of sheet 004: the LSTM, equations (4) to (10), from scratch.

Not allowed: nn.RNN, nn.LSTM, nn.GRU, nn.Linear, functional.linear, or any of their kin.
"""

import torch
from torch import Tensor, nn


class LSTM(nn.Module):
    """Reads a sequence of digits and predicts one more, by equations (4) to (10).

    Shapes: B sequences in a batch, T digits in each, d = input_dim, n = num_hidden,
    K = num_classes. The parameters bear the sheet's names: W_gx, W_ix, W_fx, W_ox (n, d),
    W_gh, W_ih, W_fh, W_oh (n, n), b_g, b_i, b_f, b_o (n,), W_ph (K, n), b_p (K,).

    :param seq_length: the number of digits that are read: one less than the palindrome's length.
    :param input_dim: 1 if a digit is read as a number, num_classes if as a one-hot code.
    :param batch_size: the batch size in training; other sizes must work as well.
    :param device: where the parameters live.
    """

    def __init__(
        self,
        seq_length: int,
        input_dim: int,
        num_hidden: int,
        num_classes: int,
        batch_size: int,
        device: str | torch.device = "cpu",
    ) -> None:
        super().__init__()
        self.seq_length = seq_length
        self.input_dim = input_dim
        self.num_hidden = num_hidden
        self.batch_size = batch_size
        raise NotImplementedError(
            "Question 1.6: create the parameters of the four gates, W_ph and b_p"
        )

    def forward(self, x: Tensor) -> Tensor:
        """The logits p of the last step.

        :param x: digits (B, T), floating point.
        :returns: (B, K): raw values, no softmax; cross-entropy has one built in.
        """
        raise NotImplementedError("Question 1.6: the forward pass, equations (4) to (10)")


def lstm_parameter_count(T: int, d: int, n: int, m: int) -> int:
    """The number of trainable parameters of the LSTM cell, equations (4) to (9); question 1.5b.

    :param T: sequence length.
    :param d: features per step.
    :param n: units.
    :param m: batch size.
    """
    raise NotImplementedError("Question 1.5b: the number of parameters, as a formula")
