"""Questions 1.5b and 1.6 of sheet 004: the LSTM from scratch.

    t = 1 … T, h_0 = c_0 = 0
    g_t = tanh(W_gx x_t + W_gh h_{t−1} + b_g)      (4)      input modulation
    i_t = σ(W_ix x_t + W_ih h_{t−1} + b_i)         (5)      input gate
    f_t = σ(W_fx x_t + W_fh h_{t−1} + b_f)         (6)      forget gate
    o_t = σ(W_ox x_t + W_oh h_{t−1} + b_o)         (7)      output gate
    c_t = g_t ⊙ i_t + c_{t−1} ⊙ f_t                (8)      cell
    h_t = tanh(c_t) ⊙ o_t                          (9)      hidden state
    p   = W_ph h_T + b_p                           (10)     logits of the last step

Not allowed: nn.RNN, nn.LSTM, nn.GRU, nn.Linear, functional.linear, or any of their kin.
"""

import torch
from torch import Tensor, nn


class LSTM(nn.Module):
    """A network that reads a sequence of digits and predicts the next, by equations (4) to (10).

    Shapes: B sequences in a batch, T digits in each, d = input_dim, n = num_hidden,
    K = num_classes. The parameters bear the sheet's names: W_gx, W_ix, W_fx, W_ox (n, d),
    W_gh, W_ih, W_fh, W_oh (n, n), b_g, b_i, b_f, b_o (n,), W_ph (K, n), b_p (K,).

    Args:
        seq_length: The number of digits that are read: one less than the palindrome's length.
        input_dim: 1 if a digit is read as a number, num_classes if as a one-hot code.
        batch_size: The batch size in training; other sizes must work as well.
        device: Where the parameters live.
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
        """Return the logits p of the last step, equations (4) to (10).

        Args:
            x: Digits (B, T), floating point.

        Returns:
            Raw values (B, K), no softmax: cross-entropy has one built in.
        """
        # Hint: dataset.features turns digits into inputs (B, T, d). Step through time by a loop.
        raise NotImplementedError("Question 1.6: the forward pass, equations (4) to (10)")


def lstm_parameter_count(T: int, d: int, n: int, m: int) -> int:
    """Return the number of trainable parameters of the LSTM cell, equations (4) to (9).

    Args:
        T: Sequence length.
        d: Features per step.
        n: Units.
        m: Batch size.
    """
    raise NotImplementedError("Question 1.5b: the number of parameters, as a formula")
