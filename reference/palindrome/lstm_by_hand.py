"""The LSTM of sheet 004 with its backward pass written by hand. The sheet does not ask for it.

It shows the derivation, and tests/benchmarks/bench_reference.py compares its speed.
Below, δv is the derivative of the loss with respect to v, and a hat marks what enters a gate:
ĝ_t = W_gx x_t + W_gh h_{t−1} + b_g. From (8) and (9), going back from t = T to 1, with δh_T from
(10) and δc_{T+1} = 0:

    δo_t = δh_t ⊙ tanh(c_t)          δc_t = δh_t ⊙ o_t ⊙ (1 − tanh²(c_t)) + δc_{t+1} ⊙ f_{t+1}
    δg_t = δc_t ⊙ i_t                δi_t = δc_t ⊙ g_t                δf_t = δc_t ⊙ c_{t−1}

From (4) to (7), with σ' = σ (1 − σ) and tanh' = 1 − tanh²:

    δĝ_t = δg_t ⊙ (1 − g_t²)         δî_t = δi_t ⊙ i_t ⊙ (1 − i_t)    (f and o as i)
    δh_{t−1} = W_ghᵀ δĝ_t + W_ihᵀ δî_t + W_fhᵀ δf̂_t + W_ohᵀ δô_t

The four gates stand side by side, in the order i, f, o, g: one product a step serves all. Each
weight is used at all steps, so its gradient is a sum over steps and sequences:
δW_gh = Σ_t δĝ_t h_{t−1}ᵀ. Once all δ are known, this is one product of matrices.
"""

from typing import Any

import torch
from torch import Tensor

from .dataset import features
from .lstm import LSTM

# (δ, y) → δ ⊙ y (1 − y) and δ ⊙ (1 − y²), each in one pass over the memory
sigmoid_backward, tanh_backward = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward


class LSTMSteps(torch.autograd.Function):
    """Compute h_T from inputs and weights, equations (4) to (9), and the derivatives by hand."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> Tensor:
        """Return h_T (B, n).

        Args:
            ctx: Keeps for the backward pass what it needs.
            inputs: x_1 … x_T, (T, B, d).
            W_x: W_ix, W_fx, W_ox and W_gx, one below the other, (4n, d).
            W_h: W_ih, W_fh, W_oh and W_gh, likewise, (4n, n).
            b: b_i, b_f, b_o and b_g, likewise, (4n,).
        """
        T, B, d = inputs.shape
        n = W_h.shape[1]
        gates = torch.addmm(b, inputs.reshape(T * B, d), W_x.T).view(T, B, 4 * n)
        h = inputs.new_zeros(T + 1, B, n)  # h_0 … h_T
        c = inputs.new_zeros(T + 1, B, n)
        tanh_c = inputs.new_empty(T, B, n)
        for t in range(T):
            a = gates[t].addmm_(h[t], W_h.T)  # (B, 4n), in place: from here on, all gates of step t
            i, f, o = a[:, : 3 * n].sigmoid_().chunk(3, dim=1)  # (5), (6), (7)
            g = a[:, 3 * n :].tanh_()  # (4)
            torch.mul(c[t], f, out=c[t + 1]).addcmul_(g, i)  # (8)
            torch.mul(torch.tanh(c[t + 1], out=tanh_c[t]), o, out=h[t + 1])  # (9)
        ctx.save_for_backward(inputs, W_x, W_h, gates, h, c, tanh_c)
        return h[T].clone()

    @staticmethod
    def backward(ctx: Any, *dh_T: Tensor) -> tuple[Tensor | None, ...]:
        """Return the derivatives of inputs, W_x, W_h and b.

        Args:
            ctx: What the forward pass has kept.
            dh_T: The derivative of h_T, (B, n).
        """
        inputs, W_x, W_h, gates, h, c, tanh_c = ctx.saved_tensors
        T, B, n = tanh_c.shape
        delta = torch.empty_like(gates)  # δî_t, δf̂_t, δô_t, δĝ_t of all steps
        (dh,) = dh_T
        dc = torch.zeros_like(dh)  # δc_{t+1} ⊙ f_{t+1}
        for t in reversed(range(T)):
            i, f, o, g = gates[t].chunk(4, dim=1)
            d_i, d_f, d_o, d_g = delta[t].chunk(4, dim=1)  # first δi_t, δf_t, δo_t, δg_t
            dc += tanh_backward(dh * o, tanh_c[t])  # δc_t
            torch.mul(dc, g, out=d_i)
            torch.mul(dc, c[t], out=d_f)
            torch.mul(dh, tanh_c[t], out=d_o)
            torch.mul(dc, i, out=d_g)
            d_ifo = delta[t, :, : 3 * n]
            sigmoid_backward(d_ifo, gates[t, :, : 3 * n], grad_input=d_ifo)  # then with their hats
            tanh_backward(d_g, g, grad_input=d_g)
            dh = delta[t] @ W_h  # δh_{t−1}
            dc *= f
        flat = delta.view(T * B, 4 * n)
        dx = (flat @ W_x).view_as(inputs) if ctx.needs_input_grad[0] else None
        dW_x = flat.T @ inputs.reshape(T * B, -1)
        dW_h = flat.T @ h[:-1].reshape(T * B, n)
        return dx, dW_x, dW_h, flat.sum(0)


class LSTMByHand(LSTM):
    """The network of `lstm.py` with the same parameters; its cell is differentiated by hand."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits p of the last step (B, K) for digits x (B, T)."""
        inputs = features(x, self.input_dim).transpose(0, 1)  # (T, B, d)
        W_x = torch.cat([self.W_ix, self.W_fx, self.W_ox, self.W_gx])
        W_h = torch.cat([self.W_ih, self.W_fh, self.W_oh, self.W_gh])
        b = torch.cat([self.b_i, self.b_f, self.b_o, self.b_g])
        h: Tensor = LSTMSteps.apply(inputs, W_x, W_h, b)
        return h @ self.W_ph.T + self.b_p  # (10)
