import math
from collections import namedtuple

import numpy as np

print("importing my network")

Gradients = namedtuple("Gradients", "d_V d_W d_R d_bs d_by")
NAMES = ["W", "R", "bs", "V", "by"]


class RNN:
    # no rng: the global generator, as on the slide
    def __init__(self, hidden_size, input_size, output_size):
        self.sizes = input_size, hidden_size, output_size
        for name, shape in self._shapes().items():
            if name.startswith("b"):
                value = np.zeros(shape)
            else:
                value = np.random.rand(*shape) * 0.4 - 0.2
            setattr(self, name, value)
        self.inputs = self.states = self.gradients = None

    def _shapes(self):
        i, h, o = self.sizes
        return {"W": (i, h), "R": (h, h), "bs": (h, 1), "V": (h, o), "by": (o, 1)}

    def get_weights(self):
        return {name: getattr(self, name) * 1.0 for name in NAMES}

    def set_weights(self, new_weights):
        shapes = self._shapes()
        if sorted(new_weights) != sorted(NAMES):
            raise ValueError("five weights, please")
        for name in NAMES:
            if np.asarray(new_weights[name]).shape != shapes[name]:
                raise ValueError(name)
        self.__dict__.update({name: np.copy(new_weights[name]) for name in NAMES})
        self.states = self.gradients = None

    def forward(self, inputs):
        inputs = np.array(inputs, dtype=float)
        single = inputs.ndim == 2
        if single:
            inputs = inputs[:, np.newaxis]
        if inputs.ndim != 3 or inputs.shape[2] != self.sizes[0] or 0 in inputs.shape:
            raise ValueError("wrong input")
        # columns are samples here, as in the equations
        state = np.zeros((self.sizes[1], inputs.shape[1]))
        self.states = [state]
        self.inputs = inputs
        for step in inputs:
            drive = np.einsum("ih,bi->hb", self.W, step) + self.R.T.dot(state) + self.bs
            state = 2 / (1 + np.exp(-2 * drive)) - 1  # tanh
            self.states.append(state)
        result = (self.V.T.dot(state) + self.by).T
        return result[0].tolist() if single else result.tolist()

    def backward(self, dy):
        if self.states is None:
            raise RuntimeError("forward first")
        dy = np.asarray(dy, dtype=float)
        if dy.ndim == 1:
            dy = dy[None]
        if dy.shape != (self.inputs.shape[1], self.sizes[2]):
            raise ValueError("wrong shape")
        delta = self.V @ dy.T  # (h, B): of the state
        d_W, d_R, d_bs = [], [], []
        for t in range(len(self.inputs) - 1, -1, -1):
            now, before = self.states[t + 1], self.states[t]
            local = delta - delta * now * now
            d_W.insert(0, np.einsum("bi,hb->ih", self.inputs[t], local))
            d_R.insert(0, before @ local.T)
            d_bs.insert(0, local.sum(1, keepdims=True))
            delta = self.R @ local
        d_V = self.states[-1] @ dy
        self.gradients = Gradients(d_V, d_W, d_R, d_bs, dy.sum(0).reshape(-1, 1))
        return self.gradients

    def update(self, learning_rate):
        if self.gradients is None:
            raise RuntimeError("backward first")
        for name in NAMES:
            gradient = getattr(self.gradients, "d_" + name)
            if isinstance(gradient, list):
                gradient = sum(gradient)
            weight = getattr(self, name)
            weight -= learning_rate * gradient  # in place
        self.gradients = self.states = None


def get_numerical_gradient(net, inputs, epsilon=1e-6):
    def f():
        outputs = np.atleast_2d(net.forward(inputs))
        return float(np.sum(outputs)) / len(outputs)

    result = []
    for name in ("V", "W", "R", "bs", "by"):
        weight = getattr(net, name)
        gradient = np.empty(weight.shape)
        flat, out = weight.reshape(-1), gradient.reshape(-1)
        for k in range(weight.size):
            kept = flat[k]
            flat[k] = kept + epsilon
            above = f()
            flat[k] = kept - epsilon
            out[k] = (above - f()) / (2 * epsilon)
            flat[k] = kept
        result.append(gradient)
    return tuple(result)


def get_analytical_gradient(net, inputs):
    outputs = np.atleast_2d(net.forward(inputs))
    found = net.backward(np.ones(outputs.shape))
    found = found if isinstance(found, dict) else found._asdict()
    result = {}
    for key, value in found.items():
        value = np.asarray(value)
        total = value.sum(0) if value.ndim == 3 else value
        result[key] = total / math.fsum([len(outputs)])
    return result
