"""Lo que se ejecuta junto al código de los estudiantes."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import nn

from grader.bans.runtime import Watcher
from grader.exercises.gru.bans import BANNED
from grader.worker.answering import Banned, Unusable
from grader.worker.calling import bind, call, find_class
from grader.worker.values import Array, array

WATCHER = Watcher(BANNED)
SIZES = {"tam_entrada": "d entrada input_size", "tam_oculto": "n oculto hidden_size"}
ALIASES = {"celda": "cell", "x": "entradas xs", "h0": "h_0 inicial"}
STEP = {"x": "x_t entrada", "h": "h_previo h_anterior estado"}


def made(module: ModuleType, sizes: dict[str, int]) -> nn.Module:
    """Return a new cell of the student's."""
    return bind(find_class(module, "CeldaGRU", nn.Module), sizes, SIZES)


def loaded(module: ModuleType, sizes: dict[str, int], weights: dict[str, Array]) -> nn.Module:
    """Return the student's cell with given weights, in float64."""
    model = made(module, sizes).double()
    parameters = dict(model.named_parameters())
    for name, value in weights.items():
        if name not in parameters:
            raise Unusable(
                f"CeldaGRU debe tener un parámetro {name}.",
                expected=name,
                got=", ".join(parameters) or "ninguno",
            )
        if tuple(parameters[name].shape) != value.shape:
            raise Unusable(
                f"El parámetro {name} debe tener la forma correcta.",
                expected=str(value.shape),
                got=str(tuple(parameters[name].shape)),
            )
        with torch.no_grad():
            parameters[name].copy_(torch.from_numpy(value))
    return model


def parameters(module: ModuleType, sizes: dict[str, int]) -> dict[str, Array]:
    """Return the parameters of a new cell."""
    torch.manual_seed(0)
    named = made(module, sizes).named_parameters()
    return {name: array(value, f"el parámetro {name}") for name, value in named}


def one_step(
    module: ModuleType, sizes: dict[str, int], weights: dict[str, Array], x: Array, h: Array
) -> Array:
    """Return the student's h_t (B, n)."""
    model = loaded(module, sizes, weights)
    values = {"x": torch.from_numpy(x), "h": torch.from_numpy(h)}
    with no_layers():
        result = bind(model.forward, values, STEP)
    return array(result, "el resultado de CeldaGRU")


@contextmanager
def no_layers() -> Iterator[None]:
    """Refuse banned layers in what runs inside: also where another check ends in an error."""
    with WATCHER.watch() as record:
        yield
    if used := [*record.modules, *record.operators]:
        raise Banned(
            "No debe ejecutarse ninguna capa ya hecha.",
            expected="sus propios productos",
            got=", ".join(used),
        )


def run_through(module: ModuleType, cell: Any, x: torch.Tensor, h0: torch.Tensor) -> Any:
    """Return what the student's `recorrer` returns."""
    return call(module, "recorrer", {"celda": cell, "x": x, "h0": h0}, ALIASES)


def states(
    module: ModuleType, sizes: dict[str, int], weights: dict[str, Array], x: Array, h0: Array
) -> Array:
    """Return the states (T, B, n) of the student's own cell."""
    model = loaded(module, sizes, weights)
    with no_layers():
        result = run_through(module, model, torch.from_numpy(x), torch.from_numpy(h0))
    return array(result, "el resultado de recorrer")


def states_of_given_cell(module: ModuleType, x: Array, h0: Array, a: float) -> Array:
    """Return the states (T, B, n) of h_t = a · h_(t−1) + x_t."""

    def cell(x_t: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return a * h + x_t

    result = run_through(module, cell, torch.from_numpy(x), torch.from_numpy(h0))
    return array(result, "el resultado de recorrer")


def gradient(module: ModuleType, x: Array, h0: Array, c: Array, a: float) -> Array:
    """Return the derivative of the sum of c · h_T with respect to h_0, for a given cell."""

    def cell(x_t: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return torch.tanh(a * h + x_t)

    start = torch.from_numpy(h0).requires_grad_()
    result = run_through(module, cell, torch.from_numpy(x), start)
    if not isinstance(result, torch.Tensor):
        raise Unusable(
            "recorrer debe devolver un tensor.", expected="un tensor", got=type(result).__name__
        )
    if not result.requires_grad:  # cut everywhere
        return array(torch.zeros_like(start), "el gradiente")
    (torch.from_numpy(c) * result[-1]).sum().backward()
    grad = torch.zeros_like(start) if start.grad is None else start.grad
    return array(grad, "el gradiente")
