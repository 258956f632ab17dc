"""A recurrent network in NumPy, trained without autograd (sheet 003, assignment 1).

    s[t] = Wᵀ x[t] + Rᵀ a[t−1] + b_s,    a[t] = tanh(s[t]),    ŷ = Vᵀ a[T] + b_y

Here t = 1 … T and a[0] = 0. Samples are rows of arrays, so Wᵀ x is written `x @ W`.
"""

import numpy as np

WEIGHTS = ("W", "R", "bs", "V", "by")
Arrays = dict[str, np.ndarray]
Seed = int | np.random.Generator | None  # None draws afresh


class RNN:
    """The network above, with the float64 weights as attributes.

    W (in, hidden), R (hidden, hidden), bs (hidden, 1), V (hidden, out), by (out, 1).
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int, rng: Seed = None):
        """Draw W, R and V uniformly in ±0.2; set biases to zero (sheet 003)."""
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.tape: tuple[np.ndarray, np.ndarray] | None = None  # forward leaves it for backward
        self.grads: Arrays = {}  # backward leaves them for update
        raise NotImplementedError("N1: initialize W, R, bs, V and by")

    def get_weights(self) -> Arrays:
        """Return copies of the weights, named as the attributes."""
        raise NotImplementedError("N1: a dictionary with copies of the five weights")

    def set_weights(self, weights: Arrays) -> None:
        """Replace all five weights by copies; `backward` then needs a new `forward`.

        A missing or unknown name or a wrong shape raises ValueError and changes nothing.
        """
        raise NotImplementedError("N1: check all names and shapes, then copy the five weights")

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions ŷ [batch, out] for x [T, batch, in] (slide "Forward pass").

        A single sequence [T, in] gives [1, out]. ValueError if x is empty or has other axes.
        """
        raise NotImplementedError("N2: forward pass, equations for s[t], a[t] and ŷ")

    def backward(self, d_loss: np.ndarray) -> Arrays:
        """Return the gradients of a loss L, given d_loss = ∂L/∂ŷ (slide "Backward pass").

        d_loss is [batch, out] as the last ŷ, or [out] for a single sequence. Sum over the batch,
        do not average: d_loss holds a factor 1/batch already. Keys: "d_V" (hidden, out), "d_by"
        (out, 1). Entry t of the others is for the weight as used at time t: "d_W" [T, in, hidden],
        "d_R" [T, hidden, hidden], "d_bs" [T, hidden, 1]. RuntimeError unless `forward` ran since
        the weights last changed; ValueError if d_loss has another shape.
        """
        raise NotImplementedError("N3: backward pass, the five gradients, going back in time")

    def update(self, lr: float) -> None:
        """Step each w to w − lr Σ_t ∂L/∂w[t]; RuntimeError unless `backward` ran for these w."""
        raise NotImplementedError("N4: one step of gradient descent on all five weights")


def get_numerical_gradient(model: RNN, x: np.ndarray, eps: float = 1e-5) -> Arrays:
    """Return [f(w + eps) − f(w − eps)] / (2 eps) for each single weight w (sheet 003).

    f is the sum of the outputs, averaged over the batch. Keys "d_W", "d_R", "d_bs", "d_V", "d_by",
    shapes as the weights. The model ends with exactly the weights it had.
    """
    raise NotImplementedError("N5: central differences, one weight at a time")


def get_analytical_gradient(model: RNN, x: np.ndarray) -> Arrays:
    """Return ∂f/∂w of `get_numerical_gradient` by `backward`, summed over time (sheet 003)."""
    raise NotImplementedError("N5: the same gradient by backpropagation")
