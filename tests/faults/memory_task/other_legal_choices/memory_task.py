import math
import random

import matplotlib.pyplot as plt
import numpy as np

plt.plot([1, 2])  # left over from trying things out


def generate_samples(seq_length, batch_size, seed=None):
    draw = random.Random(seed)
    while 1:
        if min(seq_length, batch_size) < 1:
            raise ValueError("too small")
        x = np.empty((seq_length, batch_size, 1))
        for t in range(seq_length):
            for b in range(batch_size):
                x[t, b, 0] = 2 * draw.random() - 1
        yield [x, x[0, :, :]]


class MSELoss(object):
    def forward(self, prediction, target):
        if prediction.shape != target.shape:
            raise ValueError("shapes")
        self.prediction, self.target = prediction, target
        return np.square(target - prediction).mean()

    def backward(self):
        if not hasattr(self, "prediction"):
            raise RuntimeError("forward first")
        return (self.prediction - self.target) * (2.0 / self.target.size)


def numerical_loss_gradient(criterion, prediction, target, epsilon=1e-5):
    flat = prediction.flatten()
    slopes = []
    for i in range(flat.size):
        values = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * epsilon
            values.append(criterion.forward(moved.reshape(prediction.shape), target))
        slopes.append((values[0] - values[1]) / 2 / epsilon)
    return np.reshape(slopes, prediction.shape)


class Learner:
    def __init__(self, net, criterion, generator, learning_rate=0.05, max_norm=1.0):
        self.net, self.criterion, self.generator = net, criterion, generator
        self.learning_rate, self.max_norm = learning_rate, max_norm
        self.losses = np.zeros(0)

    def train(self, num_steps, callback=None):
        batches = [next(self.generator) for _ in range(num_steps)]  # all at once
        for x, y in batches:
            prediction = self.net.forward(x)
            loss = self.criterion.forward(prediction, y)
            self.losses = np.append(self.losses, loss)
            gradients = self.net.backward(self.criterion.backward())
            # summed and scaled in place: update uses what is in there
            for key in list(gradients):
                if gradients[key].ndim == 3:
                    gradients[key] = gradients[key].sum(0)
            length = math.sqrt(sum(float((g * g).sum()) for g in gradients.values()))
            if length > self.max_norm:
                for key in gradients:
                    gradients[key] *= self.max_norm / length
            self.net.update(self.learning_rate)
            if callback:
                callback(len(self.losses), loss)

    def predict(self, inputs):
        return self.net.forward(inputs).tolist()

    def plot(self):
        plt.semilogy(self.losses, "-", label="loss")
        plt.gca().set(xlabel="step", ylabel="loss")
        plt.legend()
        plt.show()


def accuracy(predict, samples, tol=0.1, num_batches=10):
    right = total = 0
    for _ in range(num_batches):
        x, y = next(samples)
        error = (np.array(predict(x)) - y).ravel()
        right += sum(-tol < e < tol for e in error)
        total += len(error)
    return np.array(right / total)


def accuracy_against_length(make_model, lengths, repetitions=5, steps=1000):
    table = {length: [] for length in lengths}
    for r in range(repetitions):
        for length in lengths:
            data = generate_samples(length, 32)
            learner = Learner(make_model(rng=np.random.default_rng()), MSELoss(), data)
            learner.train(steps)
            fresh = generate_samples(length, 100)
            table[length].append(accuracy(learner.predict, fresh, num_batches=3))
    return [table[length] for length in lengths]


def longest_solvable_length(lengths, accuracies, threshold=0.9):
    best = 0.0
    for length, row in zip(lengths, accuracies):
        if sum(row) / len(row) >= threshold and length > best:
            best = length
    return best


def plot_accuracy(lengths, accuracies):
    fig, ax = plt.subplots()
    for length, row in zip(lengths, accuracies):
        ax.errorbar(length, np.mean(row), yerr=np.std(row, ddof=1), fmt="s")
    ax.set_xlabel("length")
    ax.set_ylabel("accuracy in 1")
    fig.legend(["runs"])
    return fig, ax


def gradient_norms(model, inputs):
    outputs = model.forward(inputs)
    found = model.backward(np.ones(outputs.shape))
    return [np.sqrt((g**2).sum()) / len(outputs) for g in found["d_bs"]]


def plot_vanishing_gradients(model, lengths):
    _, axes = plt.subplots(len(lengths), 1, sharex=True)
    for ax, length in zip(axes, sorted(lengths, reverse=True)):
        x, _ = next(generate_samples(length, 8))
        ax.plot(np.arange(length), gradient_norms(model, x), label=f"length {length}")
        ax.set_yscale("log")
        ax.set_ylabel("norm")
        ax.set_xlabel("t")
        ax.legend()
    return axes
