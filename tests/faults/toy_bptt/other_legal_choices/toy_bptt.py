import matplotlib.pyplot as plt
import torch
from torch.optim.lr_scheduler import LambdaLR

print("toy BPTT")
SAMPLES = 1024


def sample_x0(mean, size=1024):
    return torch.normal(mean, 1.0, (size,))


def loss(x0, theta, mean, steps):
    states = x0[None, :] + torch.arange(1, steps + 1)[:, None] * theta
    return torch.nn.functional.mse_loss(states, torch.full_like(states, mean)) * steps


def loss_gradient(theta, x_0, mu, T):
    theta = torch.tensor([theta], requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(x_0, theta, mu, T), theta)
    return gradient


def gradient_descent(theta, x_0, mu, T, lr=None, iterations=20):
    if lr is None:
        lr = 1e-4
    parameter = torch.nn.Parameter(torch.tensor(float(theta)))
    optimizer = torch.optim.SGD([parameter], lr)
    thetas, losses, grads = [parameter.detach().clone()], [], []
    for _ in range(iterations):
        optimizer.zero_grad()
        value = loss(x_0, parameter, mu, T)
        value.backward()
        losses.append(value)
        grads.append(parameter.grad.clone())
        optimizer.step()
        thetas.append(parameter.detach().clone())
    return {"thetas": thetas, "losses": losses, "gradients": grads}


def truncated_step(theta, h, mu):
    with torch.no_grad():
        constant = h.clone()
    new = constant + theta
    return {"h": new, "loss": torch.mean((new - mu) ** 2).reshape(1)}


def truncated_bptt(theta, x_0, mu, iterations, eta):
    class Record:
        pass

    parameter = torch.tensor(float(theta), requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=eta(1))
    scheduler = LambdaLR(optimizer, [lambda epoch: eta(epoch + 1) / eta(1)])
    run = Record()
    run.theta, run.loss, run.gradient = [theta], [], []
    state = x_0
    for k in range(1, iterations + 1):
        result = truncated_step(parameter, state, mu)
        state = result["h"].detach()
        result["loss"].backward()
        run.loss.append(float(result["loss"]))
        run.gradient.append(float(parameter.grad))
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
        run.theta.append(float(parameter))
    return run


class decaying_rate:
    def __init__(self, power):
        self.power = power

    def __call__(self, k):
        return 0.5 * torch.tensor(float(k)) ** (-self.power)


def restarts(theta, x_0, mu, iterations, rate, times=2):
    runs = ()
    for _ in range(1 + times):
        runs += (truncated_bptt(theta, x_0, mu, iterations, rate),)
        theta = runs[-1].theta[-1]
    return runs


def loss_figure(run, title):
    fig, ax = plt.subplots()
    other = ax.twinx()
    k = [1 + j for j in range(len(run["loss"]))]
    ax.plot(k, run["loss"], "b", label="loss")
    other.plot(k, run["gradient"], "r", label="gradient")
    ax.set_xlabel("k")
    ax.set_ylabel("loss")
    other.set_ylabel("gradient")
    fig.legend()
    plt.title(title)
    return fig, ax


def theta_figure(runs, title, decay=None):
    plt.figure()
    longest = 0
    for name in runs:
        theta = runs[name].theta
        longest = max(longest, len(theta))
        plt.semilogx(torch.arange(len(theta)) + 1, theta, label=f"run: {name}")
    if decay is not None:
        k = torch.linspace(1, longest, 200)
        plt.plot(k, k**decay, ":", label="decay")
    plt.xlabel("k")
    plt.ylabel("theta")
    plt.title(title)
    plt.legend()
    return plt.gca()
