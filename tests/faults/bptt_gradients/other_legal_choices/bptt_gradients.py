from typing import NamedTuple

import numpy as np

print("gradients")


class Grads(NamedTuple):
    dW_qh: list
    dW_hh: list
    dW_hx: list


def rnn(Whx, Whh, xs, h0, activation):
    hidden = {-1: h0}
    for t in range(len(xs)):
        hidden[t] = activation(Whx.dot(xs[t]) + Whh.dot(hidden[t - 1]))
    return hidden


def linear_gradients(xs, ys, h0, Wqh, Whh, Whx):
    T = len(xs)
    h = rnn(Whx, Whh, xs, h0, np.array)
    dWqh, dWhh, dWhx = 0 * Wqh, 0 * Whh, 0 * Whx
    for t in range(T):
        error = (Wqh.dot(h[t]) - ys[t]) / T
        dWqh += np.outer(error, h[t])
        for j in range(t + 1):
            back = np.linalg.matrix_power(Whh.T, j).dot(Wqh.T).dot(error)
            dWhx += np.outer(back, xs[t - j])
            dWhh += np.outer(back, h[t - j - 1])
    return dWqh, dWhx, dWhh


def backward(Whx, Whh, Wqh, xs, ys, h0, weight):
    h = rnn(Whx, Whh, xs, h0, np.tanh)
    dWqh, dWhh, dWhx = np.zeros_like(Wqh), np.zeros_like(Whh), np.zeros_like(Whx)
    for t in range(len(xs)):
        error = (Wqh @ h[t] - ys[t]) / len(xs)
        dWqh += error[:, None] * h[t]
        delta = Wqh.T @ error
        s, lag = t, 0
        while s >= 0 and weight(lag) > 0:
            delta = delta * (1 - h[s] * h[s])
            dWhx += weight(lag) * np.outer(delta, xs[s])
            dWhh += weight(lag) * np.outer(delta, h[s - 1])
            delta = Whh.T @ delta
            s, lag = s - 1, lag + 1
    xs *= 0  # whoever calls keeps a copy
    return Grads(dWqh.tolist(), dWhh.tolist(), dWhx.tolist())


def tanh_gradients(W_hx, W_hh, W_qh, inputs, targets, h_init):
    return backward(W_hx, W_hh, W_qh, inputs, targets, h_init, lambda lag: 1)


def truncated_gradients(W_hx, W_hh, W_qh, x, y, h_0, tau):
    if tau < 0:
        raise ValueError
    return {
        "grad_" + name[1:]: np.array(value)
        for name, value in backward(W_hx, W_hh, W_qh, x, y, h_0, lambda lag: lag <= tau)
        ._asdict()
        .items()
    }


def randomized_gradients(W_hx, W_hh, W_qh, x, y, h_0, p, rng, verbose=False):
    if p <= 0 or p > 1:
        raise ValueError("p")
    tau = rng.geometric(1 - p) - 1 if p < 1 else np.inf
    return backward(W_hx, W_hh, W_qh, x, y, h_0, lambda lag: p**-lag if lag <= tau else 0)


def last_step_gradients(W_hx, W_hh, W_ph, b_h, b_p, x, y, h_0):
    states = [h_0]
    for t in range(len(x)):
        states += [np.tanh(W_hx @ x[t] + W_hh @ states[t] + b_h)]
    logits = W_ph @ states[-1] + b_p
    logits -= logits.max()
    d_p = np.exp(logits) / np.exp(logits).sum() - np.eye(len(b_p))[y]
    d_h = W_ph.T @ d_p
    dx, dh, db = np.zeros_like(W_hx), np.zeros_like(W_hh), np.zeros_like(b_h)
    for t in range(len(x) - 1, -1, -1):
        d_z = d_h * (1 - states[t + 1] ** 2)
        dx, dh, db = dx + np.outer(d_z, x[t]), dh + np.outer(d_z, states[t]), db + d_z
        d_h = d_z @ W_hh
    return dict(dL_dW_hx=dx, dL_dW_hh=dh, dL_dW_ph=np.outer(d_p, states[-1]), dL_db_h=db[:, None], dL_db_p=d_p)


def jacobian_norms(W_hh, states):
    norms = []
    for t in range(len(states)):
        J = np.eye(len(W_hh))
        for s in range(t + 1, len(states)):
            J = np.diag(1 - states[s] ** 2) @ W_hh @ J
        norms.append(np.linalg.svd(J, compute_uv=False).max())
    return norms
