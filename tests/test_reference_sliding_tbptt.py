"""reference/sliding_tbptt.py: counts by hand, limits, and the double loop of the benchmark."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from reference import sliding_tbptt
from tests.benchmarks.bench_sliding_tbptt import naive, squared_error

N, D, H, B = 9, 3, 4, 2
Data = tuple[Tensor, Tensor, Tensor]


class Multiplicative(nn.Module):
    """A residual cell with a product of input and state; one parameter is never used."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.randn(hidden_size, input_size) / 2)
        self.U = nn.Parameter(torch.randn(hidden_size, hidden_size) / 2)
        self.unused = nn.Parameter(torch.ones(2))
        self.gain = nn.Parameter(torch.tensor(0.3))

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return h + self.gain * torch.sigmoid(x @ self.W.T) * torch.sin(h @ self.U.T)


class Tanhlike(nn.RNNCell):
    """Looks like a tanh cell to isinstance, but is not one."""

    def forward(self, x: Tensor, h: Tensor) -> Tensor:  # type: ignore[override]
        return h / 2 + super().forward(x, h)


class Adder(nn.Module):
    """h_t = h_{t-1} + theta, the toy problem; counts its applications."""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
        self.applications = 0

    def forward(self, x: Tensor, h: Tensor) -> Tensor:  # noqa: ARG002 (a cell takes an input)
        self.applications += 1
        return h + self.theta


CELLS: dict[str, Callable[[int, int], nn.Module]] = {
    "tanh": nn.RNNCell,
    "relu": lambda d, h: nn.RNNCell(d, h, nonlinearity="relu"),
    "no_bias": lambda d, h: nn.RNNCell(d, h, bias=False),
    "GRU": nn.GRUCell,
    "custom": Multiplicative,
    "subclass": Tanhlike,
}


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(3)
    return CELLS[request.param](D, H).double()


@pytest.fixture
def data() -> Data:
    generator = torch.Generator().manual_seed(4)
    x, y, h_0 = (
        torch.randn(shape, dtype=torch.float64, generator=generator)
        for shape in ((N, D), (N, H), (H,))
    )
    return x, y, h_0


def assert_same(actual: sliding_tbptt.Gradient, expected: sliding_tbptt.Gradient) -> None:
    assert actual.keys() == expected.keys()
    for name, wanted in expected.items():
        assert actual[name].shape == wanted.shape
        error = (actual[name] - wanted).norm()
        assert error <= 1e-12 * wanted.norm(), name


@pytest.mark.parametrize(
    ("K", "O", "starts"),
    [(4, 1, [0, 1, 2, 3, 4, 5]), (4, 4, [0, 4]), (2, 3, [0, 3, 6]), (9, 5, [0])],
)
def test_chunks(K: int, O: int, starts: list[int]) -> None:
    data = torch.arange(N * D).reshape(N, D)
    expected = torch.stack([data[start : start + K] for start in starts])
    assert torch.equal(sliding_tbptt.chunks(data, K, O), expected)


@pytest.mark.parametrize(("K", "O"), [(0, 1), (-1, 1), (N + 1, 1), (2, 0), (2, -1)])
def test_impossible_chunks_are_refused(K: int, O: int) -> None:
    with pytest.raises(ValueError, match=r"^[KO] must"):
        sliding_tbptt.chunks(torch.zeros(N, D), K, O)


@pytest.mark.parametrize(("K1", "K2"), [(-1, 3), (3, 0), (5, 5)])
def test_impossible_warm_ups_are_refused(data: Data, K1: int, K2: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        sliding_tbptt.warm_up_gradient(Adder(), squared_error, *data, K1, K2)


@pytest.mark.parametrize("K", [1, 2, 4, N - 1, N, N + 5])
def test_sliding_window_agrees_with_the_double_loop(cell: nn.Module, data: Data, K: int) -> None:
    expected = naive(cell, squared_error, *data, K)
    assert_same(sliding_tbptt.sliding_window_gradient(cell, squared_error, *data, K), expected)


def test_one_window_over_everything_is_the_same_by_all_ways(cell: nn.Module, data: Data) -> None:
    full = sliding_tbptt.sliding_window_gradient(cell, squared_error, *data, N)
    assert_same(sliding_tbptt.stateful_chunks_gradient(cell, squared_error, *data, N), full)
    assert_same(sliding_tbptt.warm_up_gradient(cell, squared_error, *data, 0, N), full)


def test_windows_of_one_step_are_chunks_of_one_step(cell: nn.Module, data: Data) -> None:
    chunks = sliding_tbptt.stateful_chunks_gradient(cell, squared_error, *data, 1)
    assert_same(sliding_tbptt.sliding_window_gradient(cell, squared_error, *data, 1), chunks)


def test_sliding_window_of_a_batch(cell: nn.Module) -> None:
    generator = torch.Generator().manual_seed(5)
    shapes = ((N, B, D), (N, B, H), (B, H))
    x, y, h_0 = (torch.randn(s, dtype=torch.float64, generator=generator) for s in shapes)
    expected = naive(cell, squared_error, x, y, h_0, 3)
    assert_same(sliding_tbptt.sliding_window_gradient(cell, squared_error, x, y, h_0, 3), expected)


def test_sliding_window_leaves_the_cell_as_it_was(cell: nn.Module, data: Data) -> None:
    sliding_tbptt.sliding_window_gradient(cell, squared_error, *data, 3)
    assert all(parameter.grad is None for parameter in cell.parameters())
    assert not data[2].requires_grad


@pytest.mark.parametrize(
    "gradient", [sliding_tbptt.stateful_chunks_gradient, sliding_tbptt.sliding_window_gradient]
)
def test_windows_shorter_than_a_step_are_refused(
    data: Data, gradient: Callable[..., sliding_tbptt.Gradient]
) -> None:
    with pytest.raises(ValueError, match="K must"):
        gradient(Adder(), squared_error, *data, 0)


def every_fifth(h: Tensor, y: Tensor) -> Tensor:
    """Rows of y are (weight, target)."""
    weight, target = y
    return weight * (h - target).square().sum() / 2


def adder_problem(last_target: float) -> Data:
    """h_t = t, losses (h_t - y_t)^2 / 2 after steps 5, 10, 15 and 20 only: k1 = 5."""
    x, y = torch.zeros(20, 1, dtype=torch.float64), torch.zeros(20, 2, dtype=torch.float64)
    y[4::5, 0] = 1
    y[19, 1] = last_target
    return x, y, torch.zeros(1, dtype=torch.float64)


def accumulating(
    cell: Adder, loss: sliding_tbptt.Loss, x: Tensor, y: Tensor, h_0: Tensor, k1: int, k2: int
) -> float:
    """Make a common mistake: states' .grad is not cleared between overlapping windows."""
    steps: list[tuple[Tensor, Tensor]] = []
    h = h_0
    for i, x_i in enumerate(x):
        h_in = h.detach().requires_grad_()
        h = cell(x_i, h_in)
        steps = [*steps, (h_in, h)][-k2:]
        if (i + 1) % k1 == 0:
            loss(h, y[i]).backward(retain_graph=True)
            for (_, before), (after, _) in zip(steps[-2::-1], steps[:0:-1], strict=True):
                before.backward(after.grad, retain_graph=True)
    assert cell.theta.grad is not None
    return cell.theta.grad.item()


@pytest.mark.parametrize(("last_target", "right", "wrong"), [(0, 340, 370), (8.5, 280.5, 310.5)])
def test_overlapping_windows_count_every_loss_once(
    last_target: float, right: float, wrong: float
) -> None:
    """k1, k2 = 5, 7: sum of (h_t - y_t) min(t, 7) at t = 5, 10, 15, 20. Two steps of each window
    belong to the one before too, and its adjoint is still in their states' .grad: 5 + 10 + 15."""
    problem = adder_problem(last_target)
    gradient = sliding_tbptt.sliding_window_gradient(Adder(), every_fifth, *problem, 7)
    assert gradient["theta"].item() == pytest.approx(right, rel=1e-14)
    assert accumulating(Adder(), every_fifth, *problem, 5, 7) == pytest.approx(wrong, rel=1e-14)


def test_sliding_window_applies_the_cell_once_for_each_step() -> None:
    cell = Adder()
    sliding_tbptt.sliding_window_gradient(cell, every_fifth, *adder_problem(0), 7)
    assert cell.applications == 20
