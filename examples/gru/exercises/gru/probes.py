"""Run students' code: all contact with it is here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from grader.bans.runtime import Watcher
from grader.exercises.gru.bans import BANNED
from grader.worker.answering import Banned, Unusable
from grader.worker.calling import bind, call, find_class
from grader.worker.values import Array, array

WATCHER = Watcher(BANNED)
# Other names for parameters.
SIZES = {"tam_entrada": "d entrada input_size", "tam_oculto": "n oculto hidden_size"}
STEP = {"x": "x_t entrada", "h": "h_previo h_anterior estado"}
SEQUENCE = {"celda": "cell", "x": "entradas xs", "h0": "h_0 inicial"}


def parameters(module: ModuleType, sizes: dict[str, int]) -> dict[str, Array]:
    """Return the parameters of a new cell, by name."""
    torch.manual_seed(0)
    named = _new_cell(module, sizes).named_parameters()
    return {name: array(value, f"El parámetro {name}") for name, value in named}


def one_step(
    module: ModuleType, sizes: dict[str, int], weights: dict[str, Array], x: Array, h: Array
) -> Array:
    """Return the h_t (B, n) of the student's cell, for x_t (B, d) and h_(t−1) (B, n)."""
    cell = _cell_with(module, sizes, weights)
    with _no_layers():
        result = bind(cell.forward, {"x": torch.from_numpy(x), "h": torch.from_numpy(h)}, STEP)
    return array(result, "El resultado de CeldaGRU")


def states(
    module: ModuleType, sizes: dict[str, int], weights: dict[str, Array], x: Array, h0: Array
) -> Array:
    """Return the states (T, B, n) that the student's loop gives with the student's cell."""
    cell = _cell_with(module, sizes, weights)
    with _no_layers():
        result = _run_through(module, cell, x, torch.from_numpy(h0))
    return array(result, "El resultado de recorrer")


def states_of_given_cell(module: ModuleType, a: float, x: Array, h0: Array) -> Array:
    """Return the states (T, B, n) that the student's loop gives with ``_given_cell``."""
    result = _run_through(module, _given_cell(a), x, torch.from_numpy(h0))
    return array(result, "El resultado de recorrer")


def gradient(module: ModuleType, a: float, x: Array, h0: Array, c: Array) -> Array:
    """Return the derivative (B, n) of the sum of c · h_T with respect to h_0."""
    start = torch.from_numpy(h0).requires_grad_()
    result = _run_through(module, _given_cell(a), x, start)
    if not isinstance(result, Tensor):
        got = type(result).__name__
        raise Unusable("recorrer debe devolver un tensor.", expected="un tensor", got=got)
    loss = (torch.from_numpy(c) * result[-1]).sum()
    if not loss.requires_grad:  # cut everywhere
        return array(torch.zeros_like(start), "El gradiente")
    (found,) = torch.autograd.grad(loss, start, allow_unused=True, materialize_grads=True)
    return array(found, "El gradiente")


def _new_cell(module: ModuleType, sizes: dict[str, int]) -> Any:
    return bind(find_class(module, "CeldaGRU", nn.Module), sizes, SIZES)


def _cell_with(module: ModuleType, sizes: dict[str, int], weights: dict[str, Array]) -> Any:
    """Return the student's cell with these weights, in float64."""
    cell = _new_cell(module, sizes).double()
    own = dict(cell.named_parameters())
    for name, value in weights.items():
        got = str(tuple(own[name].shape)) if name in own else f"solo {', '.join(own)}"
        if got != str(value.shape):
            raise Unusable(
                f"CeldaGRU debe tener un parámetro {name} de la forma correcta.",
                expected=f"{name} {value.shape}",
                got=got,
            )
        with torch.no_grad():
            own[name].copy_(torch.from_numpy(value))
    return cell


def _given_cell(a: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the cell h_t = tanh(a · h_(t−1) + x_t)."""
    return lambda x_t, h: torch.tanh(a * h + x_t)


def _run_through(module: ModuleType, cell: Any, x: Array, h0: Tensor) -> Any:
    values = {"celda": cell, "x": torch.from_numpy(x), "h0": h0}
    return call(module, "recorrer", values, SEQUENCE)


@contextmanager
def _no_layers() -> Iterator[None]:
    """Refuse ready-made layers in all that runs inside."""
    with WATCHER.watch() as record:
        yield
    if used := [*record.modules, *record.operators]:
        raise Banned(
            "No debe ejecutarse ninguna capa ya hecha.",
            expected="sus propios productos",
            got=", ".join(used),
        )
