"""Wrong gradients: those of a graph that is cut, and those of wrong equations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from grader.checks.mistakes import Mistake, Variant
from grader.exercises.palindrome.mistakes import as_tensors, mistakes_of, recursion_with
from grader.exercises.palindrome.oracle import Model, OutputForm, Weights, as_form

CUT = "cut from its graph at every step (.data, .detach(), .numpy(), torch.tensor(…))."
CUT_STATE: Mapping[str, Any] = {"seen_h": Tensor.detach}
CUT_CELL: Mapping[str, Any] = {"cell": lambda g, i, c, f: g * i + c.detach() * f}
CUTS = [
    Mistake("graph_cut_at_every_step",
            "The graph is cut at every step (.data, .detach(), .numpy(), torch.tensor(…)): only "
            "the last step's term is there. Full backpropagation through time needs the state "
            "with its graph.",
            CUT_STATE),
    Mistake("graph_cut_at_every_step",
            "The graph is cut at every step (.data, .detach(), .numpy(), torch.tensor(…)): only "
            "the last step's term is there. Full backpropagation through time needs the states "
            "with their graph.",
            {**CUT_STATE, **CUT_CELL}),
    Mistake("state_cut", f"The state h is {CUT}", CUT_STATE),
    Mistake("cell_cut", f"The cell state c is {CUT}", CUT_CELL),
    Mistake("new_cell_cut",
            "The new cell state c is cut from its graph (torch.tensor(…), .data, .detach()): "
            "only the output gate gets a gradient.",
            {"state": lambda c, o: torch.tanh(c.detach()) * o}),
]  # fmt: skip


def gradient_variants(
    model: Model, name: str, weights: Weights, x: Any, direction: Any, form: OutputForm
) -> Iterator[Variant]:
    """Yield the gradient of ``name`` where the graph is cut, and where the output is wrong."""

    def value(mistake: Mistake) -> Callable[[], Any]:
        def gradient() -> Any:
            leaves = {k: v.clone().requires_grad_() for k, v in as_tensors(weights).items()}
            p = recursion_with(mistake).run(model, leaves, torch.from_numpy(x))
            torch.autograd.backward((as_form(p, form) * torch.from_numpy(direction)).sum())
            found = leaves[name].grad
            return torch.zeros_like(leaves[name]).numpy() if found is None else found.numpy()

        return gradient

    cuts = CUTS[:1] if model == "VanillaRNN" else CUTS[1:]
    for mistake in [*cuts, *mistakes_of(model, weights, x)]:
        yield mistake, value(mistake)
