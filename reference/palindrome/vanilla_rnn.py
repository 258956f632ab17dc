"""Question 1.2 of sheet 004: the vanilla RNN from scratch.

    h_t = tanh(W_hx x_t + W_hh h_{t−1} + b_h)      (1)      t = 1 … T, h_0 = 0
    p   = W_ph h_T + b_p                           (2)

Not allowed: nn.RNN, nn.LSTM, nn.GRU, nn.Linear, functional.linear, or any of their kin.
"""

import torch
from torch import Tensor, nn

from .dataset import features


class VanillaRNN(nn.Module):
    """A network that reads a sequence of digits and predicts the next, by equations (1) and (2).

    Shapes: B sequences in a batch, T digits in each, d = input_dim, n = num_hidden,
    K = num_classes. The parameters bear the sheet's names: W_hx (n, d), W_hh (n, n), W_ph (K, n),
    b_h (n,), b_p (K,).

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
        # Hint: nn.Parameter makes a tensor trainable. Weights that start too small or too large
        # keep the network from learning; think of the size of a sum of n random products.
        ### BEGIN SOLUTION Question 1.2: create the parameters W_hx, W_hh, W_ph, b_h and b_p
        bound = num_hidden**-0.5

        def weight(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape, device=device).uniform_(-bound, bound))

        self.W_hx = weight(num_hidden, input_dim)  # (n, d)
        self.W_hh = weight(num_hidden, num_hidden)  # (n, n)
        self.W_ph = weight(num_classes, num_hidden)  # (K, n)
        self.b_h = nn.Parameter(torch.zeros(num_hidden, device=device))  # (n,)
        self.b_p = nn.Parameter(torch.zeros(num_classes, device=device))  # (K,)
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits p of the last step, equations (1) and (2).

        Args:
            x: Digits (B, T), floating point.

        Returns:
            Raw values (B, K), no softmax: cross-entropy has one built in.
        """
        # Hint: dataset.features turns digits into inputs (B, T, d). Step through time by a loop.
        ### BEGIN SOLUTION Question 1.2: the forward pass, equations (1) and (2)
        inputs = features(x, self.input_dim)  # (B, T, d)
        h = inputs.new_zeros(x.shape[0], self.num_hidden)  # (B, n)
        for x_t in inputs.unbind(1):  # (B, d)
            h = torch.tanh(x_t @ self.W_hx.T + h @ self.W_hh.T + self.b_h)  # (1)
        return h @ self.W_ph.T + self.b_p  # (2), (B, K)
        ### END SOLUTION
