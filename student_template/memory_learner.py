"""Train a network to remember: loss and learner (sheet 003, assignment 2).

    L = 1/N Σ (y − ŷ)²     over all N elements of ŷ [batch, out]

The best guess without memory is 0, with a mean squared error of 1/3.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure


class Model(Protocol):
    """Describe a network by its methods; `RNN` in numpy_rnn.py explains them."""

    def forward(self, x: np.ndarray, /) -> np.ndarray: ...
    def backward(self, d_loss: np.ndarray, /) -> dict[str, np.ndarray]: ...
    def update(self, lr: float, /) -> None: ...


class MSELoss:
    """The mean squared error L (slide "MSE Loss")."""

    def __init__(self) -> None:
        self.error: np.ndarray | None = None  # `forward` leaves it for `backward`

    def forward(self, y_hat: np.ndarray, y: np.ndarray) -> float:
        """Return L.

        Raises:
            ValueError: ŷ and y differ in shape.
        """
        raise NotImplementedError("M2: the mean squared error")

    def backward(self) -> np.ndarray:
        """Return ∂L/∂ŷ at the last `forward`, in the shape of ŷ.

        Raises:
            RuntimeError: `forward` has not run yet.
        """
        raise NotImplementedError("M2: the gradient of the mean squared error")


def numerical_loss_gradient(
    loss: MSELoss, y_hat: np.ndarray, y: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """Return ∂L/∂ŷ [batch, out] by central differences, a check of `backward` (slide "MSE Loss").

    The loss has no parameters: each element of ŷ is moved by eps, up and down.
    """
    raise NotImplementedError("M2: the numerical gradient of the loss")


class Learner:
    """A model with its training: step after step, prediction, plot (slide "Learner Class").

    `data` yields (x, y) as `generate_samples` does; `history` has the loss of each training step.
    """

    def __init__(
        self,
        model: Model,
        loss: MSELoss,
        data: Iterator[tuple[np.ndarray, np.ndarray]],
        lr: float = 0.05,
        max_norm: float = 1.0,
    ) -> None:
        self.model, self.loss, self.data = model, loss, data
        self.lr, self.max_norm = lr, max_norm
        self.history: list[float] = []

    def train(self, steps: int, progress: Callable[[int, float], None] | None = None) -> None:
        """Take gradient steps w ← w − lr ∂L/∂w, each on the next batch of the data.

        Sum d_W, d_R and d_bs over time. G² is the sum of the squares of all entries of the five
        gradients. If G > max_norm, scale the gradients by max_norm / G: on long sequences they may
        explode. `model.update` takes no gradients, so scale lr instead. A second call goes on with
        the weights, data and history of the first.

        Args:
            steps: The number of steps to take.
            progress: Called as progress(k, loss) after the k-th step in all, k = 1, 2, …
        """
        raise NotImplementedError("M3: the training loop")

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return ŷ [batch, 1] for x [T, batch, 1]."""
        raise NotImplementedError("M3: the prediction")

    def plot(self) -> Figure:
        """Draw the history: the loss, on a log scale, against the step; axis labels, legend."""
        raise NotImplementedError("M3: the learning curve")
