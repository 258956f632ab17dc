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
        ### BEGIN SOLUTION N1: initialize W, R, bs, V and by
        rng = np.random.default_rng(rng)
        self.W = rng.uniform(-0.2, 0.2, (input_size, hidden_size))
        self.R = rng.uniform(-0.2, 0.2, (hidden_size, hidden_size))
        self.bs = np.zeros((hidden_size, 1))
        self.V = rng.uniform(-0.2, 0.2, (hidden_size, output_size))
        self.by = np.zeros((output_size, 1))
        ### END SOLUTION

    def get_weights(self) -> Arrays:
        """Return copies of the weights, named as the attributes."""
        ### BEGIN SOLUTION N1: a dictionary with copies of the five weights
        return {name: getattr(self, name).copy() for name in WEIGHTS}
        ### END SOLUTION

    def set_weights(self, weights: Arrays) -> None:
        """Replace all five weights by copies; `backward` then needs a new `forward`.

        A missing or unknown name or a wrong shape raises ValueError and changes nothing.
        """
        ### BEGIN SOLUTION N1: check all names and shapes, then copy the five weights
        expected = {name: getattr(self, name).shape for name in WEIGHTS}
        shapes = {name: np.shape(weight) for name, weight in weights.items()}
        if shapes != expected:
            raise ValueError(f"expected weights of shapes {expected}, got {shapes}")
        for name, weight in weights.items():
            setattr(self, name, np.array(weight, dtype=float))
        self.tape, self.grads = None, {}
        ### END SOLUTION

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the predictions ŷ [batch, out] for x [T, batch, in] (slide "Forward pass").

        A single sequence [T, in] gives [1, out]. ValueError if x is empty or has other axes.
        """
        ### BEGIN SOLUTION N2: forward pass, equations for s[t], a[t] and ŷ
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size or x.size == 0:
            raise ValueError(f"x must be [T, (batch,) {self.input_size}], got {list(x.shape)}")
        x = x.reshape(len(x), -1, self.input_size).copy()  # (T, B, in)
        a = np.zeros((len(x) + 1, x.shape[1], self.hidden_size))  # (T + 1, B, n), a[0] is the start
        for t in range(len(x)):
            a[t + 1] = np.tanh(x[t] @ self.W + a[t] @ self.R + self.bs.T)
        self.tape = x, a
        return a[-1] @ self.V + self.by.T  # (B, out)
        ### END SOLUTION

    def backward(self, d_loss: np.ndarray) -> Arrays:
        """Return the gradients of a loss L, given d_loss = ∂L/∂ŷ (slide "Backward pass").

        d_loss is [batch, out] as the last ŷ, or [out] for a single sequence. Sum over the batch,
        do not average: d_loss holds a factor 1/batch already. Keys: "d_V" (hidden, out), "d_by"
        (out, 1). Entry t of the others is for the weight as used at time t: "d_W" [T, in, hidden],
        "d_R" [T, hidden, hidden], "d_bs" [T, hidden, 1]. RuntimeError unless `forward` ran since
        the weights last changed; ValueError if d_loss has another shape.
        """
        ### BEGIN SOLUTION N3: backward pass, the five gradients, going back in time
        if self.tape is None:
            raise RuntimeError("call forward() before backward()")
        x, a = self.tape
        d_y = np.atleast_2d(d_loss)  # (B, out)
        if d_y.shape != (shape := (x.shape[1], self.output_size)):
            raise ValueError(f"d_loss must be {list(shape)}, got {list(d_y.shape)}")
        d_s = np.empty_like(a[1:])  # (T, B, n), the δ of the slides
        d_a = d_y @ self.V.T  # (B, n)
        for t in reversed(range(len(x))):
            d_s[t] = d_a * (1 - a[t + 1] ** 2)
            d_a = d_s[t] @ self.R.T
        self.grads = {
            "d_V": a[-1].T @ d_y,
            "d_W": x.transpose(0, 2, 1) @ d_s,  # (T, in, n)
            "d_R": a[:-1].transpose(0, 2, 1) @ d_s,  # (T, n, n)
            "d_bs": d_s.sum(axis=1)[:, :, None],  # (T, n, 1), as b_s enters s[t] with factor one
            "d_by": d_y.sum(axis=0)[:, None],  # (out, 1), as b_y enters ŷ
        }
        return self.grads
        ### END SOLUTION

    def update(self, lr: float) -> None:
        """Step each w to w − lr Σ_t ∂L/∂w[t]; RuntimeError unless `backward` ran for these w."""
        ### BEGIN SOLUTION N4: one step of gradient descent on all five weights
        if not self.grads:
            raise RuntimeError("call backward() before update()")
        gradients = sum_over_time(self.grads)
        for name in WEIGHTS:
            setattr(self, name, getattr(self, name) - lr * gradients["d_" + name])
        self.tape, self.grads = None, {}
        ### END SOLUTION


### BEGIN SOLUTION
def sum_over_time(grads: Arrays) -> Arrays:
    """Return gradients in the shapes of their weights."""
    return {name: g.sum(axis=0) if g.ndim == 3 else g for name, g in grads.items()}


### END SOLUTION
def get_numerical_gradient(model: RNN, x: np.ndarray, eps: float = 1e-5) -> Arrays:
    """Return [f(w + eps) − f(w − eps)] / (2 eps) for each single weight w (sheet 003).

    f is the sum of the outputs, averaged over the batch. Keys "d_W", "d_R", "d_bs", "d_V", "d_by",
    shapes as the weights. The model ends with exactly the weights it had.
    """
    ### BEGIN SOLUTION N5: central differences, one weight at a time
    original = model.get_weights()
    gradients = {"d_" + name: np.zeros_like(weight) for name, weight in original.items()}
    for name, weight in original.items():
        for index in np.ndindex(weight.shape):
            for shift in (eps, -eps):
                weights = {**original, name: weight.copy()}
                weights[name][index] += shift
                model.set_weights(weights)
                gradients["d_" + name][index] += model.forward(x).sum(axis=1).mean() / (2 * shift)
    model.set_weights(original)
    return gradients
    ### END SOLUTION


def get_analytical_gradient(model: RNN, x: np.ndarray) -> Arrays:
    """Return ∂f/∂w of `get_numerical_gradient` by `backward`, summed over time (sheet 003)."""
    ### BEGIN SOLUTION N5: the same gradient by backpropagation
    y_hat = model.forward(x)
    return sum_over_time(model.backward(np.full(y_hat.shape, 1 / len(y_hat))))
    ### END SOLUTION
