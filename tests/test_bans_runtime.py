"""The ban on ready-made recurrent and linear layers, at run time: module calls, operators."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grader.bans.runtime import Record, Watcher
from grader.exercises.palindrome.bans import BANNED as TABLE

pytestmark = pytest.mark.usefixtures("alone")

BANNED = TABLE.titles
watch = Watcher(TABLE).watch


def test_the_table_has_every_recurrent_and_linear_operator_of_this_torch() -> None:
    operators = {schema.name for schema in torch._C._jit_get_all_schemas()}
    word = re.compile(r"aten::(?:.*_)?(?:rnn|lstm|gru|linear|bilinear|trilinear)(?:_.*)?")
    kernels = {name.removeprefix("aten::") for name in operators if word.fullmatch(name)}
    kernels -= {"_compute_linear_combination", "__upsample_bilinear"}  # no layers, nor parts of one
    assert {"lstm", "linear", "mkldnn_rnn_layer"} <= kernels
    assert kernels <= set(BANNED)


def test_the_table_has_every_layer_of_the_banned_files_of_torch() -> None:
    layers = {*nn.modules.rnn.__all__, *nn.modules.linear.__all__} - {"Identity"}
    assert layers <= set(BANNED)


T, B, D, H = 3, 2, 4, 5


class HandWrittenLSTM(nn.Module):
    """An honest solution: the equations, with everything that one may use."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, D)
        self.W_x = nn.Parameter(torch.ones(4 * H, D))
        self.W_h = nn.ParameterList([torch.ones(H, H) for _ in range(4)])
        self.b = nn.Parameter(torch.zeros(4 * H))
        self.W_ph = nn.Parameter(torch.ones(H, 10))

    def forward(self, digits: Tensor) -> Tensor:
        h = c = torch.zeros(len(digits), H)
        for t in range(digits.shape[1]):
            x = self.embedding(digits[:, t]) + F.one_hot(digits[:, t], D)
            recurrent = torch.cat([h @ W for W in self.W_h], dim=1)
            g, i, f, o = (torch.addmm(self.b, x, self.W_x.T) + recurrent).chunk(4, dim=1)
            c = g.tanh() * i.sigmoid() + c * f.sigmoid()
            h = c.tanh() * torch.einsum("bh,bh->bh", o.sigmoid(), torch.ones_like(c))
        return torch.bmm(h[None], self.W_ph[None])[0]


def test_a_hand_written_lstm_is_clean() -> None:
    model = HandWrittenLSTM()
    optimizer = torch.optim.RMSprop(model.parameters())
    digits = torch.arange(B * T).reshape(B, T) % D
    with watch() as record:
        loss = F.cross_entropy(nn.Identity()(model(digits)), digits[:, 0])
        loss = loss + nn.CrossEntropyLoss()(nn.Softmax(dim=1)(model(digits)), digits[:, 0])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
    assert record == Record(modules=[], operators=[])


class SubclassOfLSTM(nn.LSTM):
    pass


class CopyOfLSTM(nn.Module):
    """Return what is left when the source of nn.LSTM is copied."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(lstm_weights())

    def forward(self, x: Tensor) -> Tensor:
        return kernel(torch._VF.lstm, x, list(self.weights))


def lstm_weights() -> list[Tensor]:
    shapes = [(4 * H, D), (4 * H, H), (4 * H,), (4 * H,)]
    return [torch.ones(shape, requires_grad=True) for shape in shapes]


def kernel(lstm: Callable[..., tuple[Tensor, ...]], x: Tensor, weights: list[Tensor]) -> Tensor:
    state = [torch.zeros(1, B, H), torch.zeros(1, B, H)]
    return lstm(x, state, weights, True, 1, 0.0, False, False, False)[0]


@torch.jit.ignore  # type: ignore[untyped-decorator]
def inputs() -> Tensor:
    return torch.ones(T, B, D, requires_grad=True)


def scripted_linear(x: Tensor, W: Tensor) -> Tensor:
    return torch.nn.functional.linear(x, W)


def under_no_grad() -> Tensor:
    with torch.no_grad():
        F.linear(inputs(), torch.ones(H, D))
    return inputs()


def under_inference_mode() -> Tensor:
    with torch.inference_mode():
        F.linear(inputs(), torch.ones(H, D))
    return inputs()


def scripted() -> Tensor:
    with warnings.catch_warnings(action="ignore"):  # TorchScript is deprecated, but it is there
        compiled = torch.jit.script(scripted_linear)
    output: Tensor = compiled(inputs(), torch.ones(H, D))
    return output


def vectorized() -> Tensor:
    weights = torch.ones(H, D)
    return torch.vmap(lambda x: F.linear(x, weights))(inputs())


def compare(name: str) -> Callable[[], Tensor]:
    return lambda: getattr(nn, name)(D, H)(inputs())[0]


REACHED: dict[str, tuple[Callable[[], Tensor], list[str], str]] = {
    "RNN": (compare("RNN"), ["torch.nn.RNN"], "aten::rnn_tanh"),
    "RNN with relu": (
        lambda: nn.RNN(D, H, nonlinearity="relu")(inputs())[0],
        ["torch.nn.RNN"],
        "aten::rnn_relu",
    ),
    "LSTM": (compare("LSTM"), ["torch.nn.LSTM"], "aten::lstm"),
    "LSTM, a name in two parts": (compare("LS" + "TM"), ["torch.nn.LSTM"], "aten::lstm"),
    "LSTM in float64": (
        lambda: nn.LSTM(D, H).double()(inputs().double())[0],
        ["torch.nn.LSTM"],
        "aten::lstm",
    ),
    "GRU": (compare("GRU"), ["torch.nn.GRU"], "aten::gru"),
    "RNNCell": (lambda: nn.RNNCell(D, H)(inputs()[0]), ["torch.nn.RNNCell"], "aten::rnn_tanh_cell"),
    "LSTMCell": (
        lambda: nn.LSTMCell(D, H)(inputs()[0])[0],
        ["torch.nn.LSTMCell"],
        "aten::lstm_cell",
    ),
    "GRUCell": (lambda: nn.GRUCell(D, H)(inputs()[0]), ["torch.nn.GRUCell"], "aten::gru_cell"),
    "Linear": (lambda: nn.Linear(D, H)(inputs()), ["torch.nn.Linear"], "aten::linear"),
    "Bilinear": (
        lambda: nn.Bilinear(D, D, H)(inputs(), inputs()),
        ["torch.nn.Bilinear"],
        "aten::bilinear",
    ),
    "LazyLinear": (lambda: nn.LazyLinear(H)(inputs()), ["torch.nn.LazyLinear"], "aten::linear"),
    "nested": (
        lambda: nn.Sequential(nn.Tanh(), nn.Linear(D, H))(inputs()),
        ["torch.nn.Linear"],
        "aten::linear",
    ),
    "subclass": (lambda: SubclassOfLSTM(D, H)(inputs())[0], ["torch.nn.LSTM"], "aten::lstm"),
    "copy of the class": (lambda: CopyOfLSTM()(inputs()), [], "aten::lstm"),
    "forward without a call": (
        lambda: nn.LSTM(D, H).forward(inputs())[0],
        ["torch.nn.LSTM"],
        "aten::lstm",
    ),
    "torch.lstm": (lambda: kernel(torch.lstm, inputs(), lstm_weights()), [], "aten::lstm"),
    "torch.ops.aten": (
        lambda: kernel(torch.ops.aten.lstm.input, inputs(), lstm_weights()),
        [],
        "aten::lstm",
    ),
    "torch._C._VariableFunctions": (
        lambda: kernel(torch._C._VariableFunctions.lstm, inputs(), lstm_weights()),
        [],
        "aten::lstm",
    ),
    "F.linear": (lambda: F.linear(inputs(), torch.ones(H, D)), [], "aten::linear"),
    "F.bilinear": (
        lambda: F.bilinear(inputs(), inputs(), torch.ones(H, D, D)),
        [],
        "aten::bilinear",
    ),
    "F.linear under no_grad": (under_no_grad, [], "aten::linear"),
    "F.linear under inference_mode": (under_inference_mode, [], "aten::linear"),
    "F.linear, scripted": (scripted, [], "aten::linear"),
    "F.linear, vectorized": (vectorized, [], "aten::linear"),
}


@pytest.mark.parametrize(("forward", "modules", "operator"), REACHED.values(), ids=REACHED)
def test_what_ran_is_recorded(
    forward: Callable[[], Tensor], modules: list[str], operator: str
) -> None:
    with watch() as record:
        forward().sum().backward()
    assert record.modules == modules
    assert operator in record.operators


def test_the_backward_pass_alone_gives_it_away() -> None:
    loss = nn.LSTM(D, H)(inputs())[0].sum()
    with watch() as record:
        loss.backward()
    assert record.modules == []
    assert [name for name in record.operators if name.endswith("backward")]


def test_records_are_sorted_and_name_each_thing_once() -> None:
    with watch() as record:
        for name in ["RNN", "LSTM", "Linear", "GRU", "RNN"]:
            compare(name)()
    assert record.modules == ["torch.nn.GRU", "torch.nn.LSTM", "torch.nn.Linear", "torch.nn.RNN"]
    assert record.operators == sorted(set(record.operators))


def test_layers_that_torch_keeps_elsewhere_are_found() -> None:
    """Torch has more cells than it shows; with other products inside, no operator betrays them."""
    from torch.ao.nn.quantizable.modules import rnn

    layer = rnn._LSTMSingleLayer(2, 3)
    x, zero = torch.zeros(4, 1, 2), torch.zeros(1, 3)
    with watch() as record:
        layer(x, (zero, zero))
    assert "torch.ao.nn.quantizable.modules.rnn._LSTMSingleLayer" in record.modules


def test_layers_of_torch_nn_that_are_not_banned_are_nobodys_business() -> None:
    network = nn.Sequential(nn.Embedding(3, 4), nn.Dropout(0.1), nn.LayerNorm(4), nn.Tanh())
    with watch() as record:
        network(torch.zeros(2, dtype=torch.int64))
    assert record.modules == []
