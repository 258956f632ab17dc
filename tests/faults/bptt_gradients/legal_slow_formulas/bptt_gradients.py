"""Right, and slow in several ways."""

import numpy as np


def product(A, B):
    C = np.zeros((len(A), len(B[0])))
    for i in range(len(A)):
        for j in range(len(B[0])):
            for k in range(len(B)):
                C[i, j] += A[i, k] * B[k, j]
    return C


def times(A, v):
    out = []
    for row in A:
        s = 0.0
        for a, b in zip(row, v):
            s += a * b
        out.append(s)
    return np.array(out)


def add_outer(into, u, v):
    for i in range(len(u)):
        for j in range(len(v)):
            into[i, j] += u[i] * v[j]


def run(W_hx, W_hh, x, h_0, f, b=0.0):
    h = [h_0]
    for x_t in x:
        h.append(f(times(W_hx, x_t) + times(W_hh, h[-1]) + b))
    return h


def linear_gradients(W_hx, W_hh, W_qh, x, y, h_0):
    """Loops over every element; a power of W_hh^T for every pair of steps."""
    T, h = len(x), run(W_hx, W_hh, x, h_0, lambda z: z)
    found = {"W_hx": np.zeros(W_hx.shape), "W_hh": np.zeros(W_hh.shape), "W_qh": np.zeros(W_qh.shape)}
    for t in range(T):
        d_o = (times(W_qh, h[t + 1]) - y[t]) / T
        add_outer(found["W_qh"], d_o, h[t + 1])
        for s in range(t + 1):
            power = np.eye(len(h_0))
            for _ in range(t - s):
                power = product(power, W_hh.T)
            d_h = times(power, times(W_qh.T, d_o))
            add_outer(found["W_hx"], d_h, x[s])
            add_outer(found["W_hh"], d_h, h[s])
    return found


def tanh_gradients(W_hx, W_hh, W_qh, x, y, h_0):
    """Carry dh/dw forward, for one weight after the other."""
    T, h = len(x), run(W_hx, W_hh, x, h_0, np.tanh)
    errors = [(W_qh @ h[t + 1] - y[t]) / T for t in range(T)]
    to_h = [W_qh.T @ e for e in errors]
    slope = [1 - h[t + 1] ** 2 for t in range(T)]
    found = {"W_qh": sum(np.outer(e, h[t + 1]) for t, e in enumerate(errors))}
    for name, W, inputs in (("W_hx", W_hx, x), ("W_hh", W_hh, h)):
        found[name] = np.zeros(W.shape)
        for i in range(W.shape[0]):
            for j in range(W.shape[1]):
                d_h = np.zeros(len(h_0))
                for t in range(T):
                    d_z = W_hh @ d_h
                    d_z[i] += inputs[t][j]
                    d_h = slope[t] * d_z
                    found[name][i, j] += to_h[t] @ d_h
    return found


def truncated_gradients(W_hx, W_hh, W_qh, x, y, h_0, tau):
    """Sum over pairs of steps, with a chain of Jacobians for each."""
    if tau < 0:
        raise ValueError("tau")
    T, h = len(x), run(W_hx, W_hh, x, h_0, np.tanh)
    found = {"W_hx": np.zeros(W_hx.shape), "W_hh": np.zeros(W_hh.shape), "W_qh": np.zeros(W_qh.shape)}
    for t in range(T):
        d_o = (times(W_qh, h[t + 1]) - y[t]) / T
        add_outer(found["W_qh"], d_o, h[t + 1])
        for s in range(max(0, t - tau), t + 1):
            chain = np.eye(len(h_0))
            for k in range(s + 1, t + 1):
                chain = product(np.diag(1 - h[k + 1] ** 2), product(W_hh, chain))
            d_z = (1 - h[s + 1] ** 2) * times(chain.T, times(W_qh.T, d_o))
            add_outer(found["W_hx"], d_z, x[s])
            add_outer(found["W_hh"], d_z, h[s])
    return found


def last_step_gradients(W_hx, W_hh, W_ph, b_h, b_p, x, y, h_0):
    """Carry dh/dW forward as arrays (n, n, d)."""
    n, h = len(h_0), run(W_hx, W_hh, x, h_0, np.tanh, b_h)
    p = W_ph @ h[-1] + b_p
    d_p = np.exp(p - p.max()) / np.exp(p - p.max()).sum()
    d_p[y] -= 1
    found = {"W_ph": np.outer(d_p, h[-1]), "b_p": d_p}
    ones = [np.ones(1)] * len(x)
    for name, inputs in (("W_hx", x), ("W_hh", h), ("b_h", ones)):
        J = np.zeros((n, n, len(inputs[0])))
        for t in range(len(x)):
            direct = np.einsum("ik,j->ikj", np.eye(n), inputs[t])
            J = np.einsum("i,ikj->ikj", 1 - h[t + 1] ** 2, np.einsum("im,mkj->ikj", W_hh, J) + direct)
        found[name] = np.einsum("i,ikj->kj", W_ph.T @ d_p, J)
    found["b_h"] = found["b_h"][:, 0]
    return found


def jacobian_norms(W_hh, h):
    n, J = len(W_hh), np.eye(len(W_hh))
    norms = [1.0]
    for t in range(len(h) - 1, 0, -1):
        J = product(J, product(np.diag(1 - h[t] ** 2), W_hh))
        norms.append(np.linalg.svd(J)[1][0])
    return np.array(norms[::-1])
