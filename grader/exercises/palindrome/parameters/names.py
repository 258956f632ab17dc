"""Read what the names of parameters tell, where they tell anything.

Names propose and break ties; moving parameters (moves.py) decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from grader.exercises.palindrome import oracle
from grader.exercises.palindrome.oracle import GATES, Model
from grader.exercises.palindrome.parameters.cuts import Cut, Kind
from grader.exercises.palindrome.parameters.mapping import ParameterMap, Part

Cuts = Mapping[str, Sequence[Cut]]


def sheet_name(model: Model, name: str) -> str:
    """Return the sheet's parameter that a name spells, up to case and underscores, or ""."""
    word = _word(name).replace("_", "")
    if model == "VanillaRNN" and word == "wxh":
        return "W_hx"
    if match := re.fullmatch(r"w([xh])([gifo])", word):
        word = f"w{match[2]}{match[1]}"
    known = {key.replace("_", "").lower(): key for key in oracle.shapes(model, 1, 1, 1)}
    return known.get(word, "")


def proposals(model: Model, cuts: Cuts, embedding: str) -> Iterator[ParameterMap]:
    """Yield the mappings that names propose; none if some of the names tell nothing."""
    named = _by_sheet_names(model, cuts) or _by_gates(model, cuts)
    if named is None:
        return
    starts = {
        name: "c_0" if _word(name).startswith("c") else "h_0"
        for name in cuts
        if name not in named and is_initial_state(name)
    }
    for extra in (starts, {}) if starts else ({},):
        targets = {**named, **{name: (start,) for name, start in extra.items()}}
        choices = [_fitting(cuts[name], names) for name, names in targets.items()]
        if all(choices):
            yield from _combined(targets, choices, embedding)


def _combined(
    targets: Mapping[str, tuple[str, ...]], choices: list[list[Cut]], embedding: str
) -> Iterator[ParameterMap]:
    """Yield mappings; what shapes leave open is the same for all parameters of each."""
    seen = []
    for turned, state_first in product((False, True), repeat=2):
        parts = {
            name: Part(_chosen(cuts, turned, state_first), tuple((target,) for target in names))
            for (name, names), cuts in zip(targets.items(), choices, strict=True)
        }
        if parts not in seen:
            seen.append(parts)
            yield ParameterMap(parts, embedding)


def _chosen(cuts: list[Cut], turned: bool, state_first: bool) -> Cut:
    """Return the cut of that orientation, and that order of columns, where there is a choice."""
    axes = sorted({cut.axes for cut in cuts}, reverse=True)  # units before inputs
    columns = sorted({cut.columns for cut in cuts}, reverse=True)
    axis = axes[turned % len(axes)]
    return next(
        (c for c in cuts if c.axes == axis and c.columns == columns[state_first % len(columns)]),
        cuts[0],
    )


def _by_sheet_names(model: Model, cuts: Cuts) -> dict[str, tuple[str, ...]] | None:
    """Return names by parameter where the sheet's whole set is there."""
    found = {sheet_name(model, name): name for name in cuts}
    wanted = list(oracle.shapes(model, 1, 1, 1))
    return {found[name]: (name,) for name in wanted} if found.keys() >= set(wanted) else None


def _by_gates(model: Model, cuts: Cuts) -> dict[str, tuple[str, ...]] | None:
    """Return names by parameter where each of a kind bears the name of its gate."""
    groups: dict[Kind, list[str]] = {}
    for name, found in cuts.items():
        groups.setdefault(found[0].kind, []).append(name)
    order = {Kind.VECTOR: ("b_{}",), Kind.INPUT: ("W_{}x",), Kind.STATE: ("W_{}h",)}
    targets: dict[str, tuple[str, ...]] = {}
    for kind, names in groups.items():
        if kind in (Kind.OUTPUT, Kind.CLASSES):
            targets |= {names[0]: ("W_ph" if kind is Kind.OUTPUT else "b_p",)}
            continue
        gates = named_gates(model, [n for n in names if not is_initial_state(n)])
        if gates is None or kind is Kind.BOTH:
            return None
        targets |= {
            name: tuple(form.format(gate) for form in order[kind])
            for name, gate in zip(names, gates, strict=False)
        }
    return targets if len(targets) == len(oracle.shapes(model, 1, 1, 1)) else None


def _fitting(cuts: Sequence[Cut], names: tuple[str, ...]) -> list[Cut]:
    """Return the cuts whose pieces can be these parameters of the sheet."""
    kinds = {
        "W_ph": (Kind.OUTPUT,), "b_p": (Kind.CLASSES,),
    }.get(names[0], {"x": (Kind.INPUT, Kind.VECTOR), "h": (Kind.STATE,)}.get(
        names[0][-1] if names[0].startswith("W") else "", (Kind.VECTOR,)
    ))  # fmt: skip
    found = [cut for kind in kinds for cut in cuts if cut.kind is kind]
    return [cut for cut in found if cut.kind is found[0].kind]


def named_gates(model: Model, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the gates that names tell, once what they share is taken off; None if unclear."""
    if len(names) != len(GATES[model]):
        return None
    if model == "VanillaRNN":
        return GATES[model]
    start = shared(names)
    end = shared([name[::-1] for name in names])
    words = [name[start : len(name) - end].lower().strip("_.") for name in names]
    gates = tuple(_gate(word) for word in words)
    return gates if sorted(gates) == sorted(GATES[model]) else None


def likely(name: str, model: Model, index: int) -> list[str]:
    """Return the gates in the order in which a parameter's piece is compared with them."""
    gates = list(GATES[model])
    spelled = sheet_name(model, name)
    first = spelled[2:3] if spelled[2:3] in gates else gates[index % len(gates)]
    return [first, *(gate for gate in gates if gate != first)]


def fill(cut: Cut, count: int, wanted: Sequence[str], *, number: bool) -> list[str]:
    """Return names of ``wanted`` for a cut's pieces, in their order; [] if some find none."""
    taken: list[str] = []
    for place in range(count):
        free = [name for name in wanted if name not in taken]
        if not (found := fitting(cut, place, free, number=number)):
            return []
        taken.append(found[0])
    return taken


def fitting(cut: Cut, place: int, wanted: Sequence[str], *, number: bool) -> list[str]:
    """Return those of ``wanted`` that a cut's piece can hold.

    Args:
        cut: The cut.
        place: The piece's number.
        wanted: Names of the sheet's.
        number: Whether a vector is W_x of an input that is one number.
    """
    column = cut.columns[place % len(cut.columns)] if cut.columns else ""
    fits = {
        Kind.OUTPUT: r"W_ph",
        Kind.CLASSES: r"b_p",
        Kind.VECTOR: r"W_[^p]x" if number else r"b_[^p]",
    }.get(cut.kind, rf"W_[^p]{column}")
    return [name for name in wanted if re.fullmatch(fits, name)]


def shared(words: Sequence[str]) -> int:
    """Return how many letters all words begin with."""
    return next(
        (i for i, letters in enumerate(zip(*words, strict=False)) if len(set(letters)) > 1),
        min(len(word) for word in words),
    )


def is_initial_state(name: str) -> bool:
    """Return whether a name is that of h_0 or c_0, and not of a weight or bias in a list."""
    lists = [part for part in name.lower().split(".")[:-1] if re.match("w|u|v|b|.*bias", part)]
    kinds = (
        r"((initial|init|start|prev|last)_?)?(h|c|hidden|cell)?(_?(0|t|init|prev|state|hidden))?"
    )
    return not lists and bool(_word(name) and re.fullmatch(kinds, _word(name)))


def _gate(word: str) -> str:
    if re.match(r"g|c|a|mod|in(put)?_?mod|n", word):
        return "g"
    return word[:1]


def _word(name: str) -> str:
    """Return the last part of a name that is no number."""
    return next((p for p in reversed(name.lower().split(".")) if not p.isdigit()), "")
