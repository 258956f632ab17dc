#: exercise = "bptt_gradients"
#: file = "bptt_gradients.py"
#: question = "G2"
#: skeleton = ""
#: at_most = 0.0
#: select = "test_linear or test_tanh"
# Derivatives forward in time need no backward pass.

import torch


def output_loss(W_hx, W_hh, W_qh, x, y, h_0):
    h, total = torch.tensor(h_0), 0.0
    for x_t, y_t in zip(torch.tensor(x), torch.tensor(y)):
        h = torch.tanh(W_hx @ x_t + W_hh @ h)
        total = total + (W_qh @ h - y_t).square().sum() / 2 / len(x)
    return total



def tanh_gradients(W_hx, W_hh, W_qh, x, y, h_0):
    weights = [torch.tensor(W) for W in (W_hx, W_hh, W_qh)]
    found = torch.func.jacfwd(lambda *w: output_loss(*w, x, y, h_0), (0, 1, 2))(*weights)
    return {name: g.numpy() for name, g in zip(("W_hx", "W_hh", "W_qh"), found)}
