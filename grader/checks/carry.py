"""Carry an error forward: count a mistake once, judge what follows by the student's formula.

Theory of operation. A check compares a student's numbers with an oracle. When they differ and a
:class:`~grader.checks.mistakes.Mistake` explains them, the check is run again, on fresh inputs,
under :func:`assuming`: now the oracle with that mistake's switch thrown counts as right, too. If
the whole check passes so, the mistake is *identified*, and counted in that check's question. Every
later check of the exercise that fails is run again in the same way under the mistakes that have
been counted, each alone and all of them together. If it passes, it is *carried*: it keeps its
points and says where the mistakes were counted. A check that raised is run again as well: under
the mistakes it may ask for something that they allow.

Two mistakes at once. Numbers that no single mistake gives are compared with those of pairs, in one
more run of the check. It takes place only if the check's mistakes are switches of one formula
(:func:`combined`), and a pair is named only if it explains a further run as a whole. A wrong pair
does so by chance at most PAIRS (4 t)^(m + 1) times, where t is the tolerance and m the count of
numbers in a run: for three numbers in float32 (t = 2e-4) 4e-10, in float64 far less.

What a mistake can cost: the first check that it makes wrong, and whatever it does not fully
explain. What is never restored: the check in which a mistake is counted; checks of a question that
asks for just what the mistake gets wrong (``Mistake.subject_of``); and bans. So at least one check
stays lost, and no mistake makes a wrong solution whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import combinations, islice
from typing import Any

from grader.checks.mistakes import Array, Mistake, Variant, both, first_match
from grader.core.failures import Failure
from grader.core.language import translated

TRIES = 3  # runs of a check, each on fresh inputs, until one of them needs the mistakes
AT_ONCE = 2  # mistakes that are identified in one check
PAIRS = 1000  # that are tried for one comparison


@dataclasses.dataclass
class Assumption:
    """Hold what a run of a check takes for granted, and what it found out.

    Attributes:
        mistakes: Ids of mistakes whose numbers are accepted.
        searching: Whether pairs of mistakes are tried.
        used: Ids of the mistakes that made the run pass.
        has_pairs: Whether the check offers pairs.
        explained: The mistakes that explain numbers of the run, by id.
    """

    mistakes: tuple[str, ...] = ()
    searching: bool = False
    used: set[str] = dataclasses.field(default_factory=set)
    has_pairs: bool = False
    explained: dict[str, Mistake] = dataclasses.field(default_factory=dict)


_ASSUMED: ContextVar[Assumption | None] = ContextVar("assumed mistakes", default=None)


@contextmanager
def assuming(*mistakes: str, searching: bool = False) -> Iterator[Assumption]:
    """Let comparisons accept the numbers of the mistakes with these ids, too."""
    assumption = Assumption(mistakes, searching)
    token = _ASSUMED.set(assumption)
    try:
        yield assumption
    finally:
        _ASSUMED.reset(token)


def is_assumed(mistake: Mistake) -> bool:
    """Return whether numbers with this mistake are accepted now, and record that they are."""
    if not is_among_assumed(mistake):
        return False
    _assumption().used.update(part.id for part in mistake.parts)
    return True


def combined(
    mistakes: Iterable[Mistake], chained: Collection[str] = (), *, costly: bool = False
) -> Iterator[Mistake]:
    """Yield the mistakes of one formula, and then, if they are asked for, pairs of them.

    Args:
        mistakes: Each throws switches of the same formula.
        chained: The switches that transform an array: two of them can be thrown, one after the
            other. Any other switch is thrown by one mistake of a pair.
        costly: The formula takes long: pairs are accepted, but not searched for.
    """
    singles, assumption = list(mistakes), _assumption()
    yield from singles
    assumption.has_pairs = assumption.has_pairs or not costly
    if not (assumption.searching and not costly) and len(assumption.mistakes) < AT_ONCE:
        return
    pairs = (both(*pair, chained) for pair in combinations(singles, 2))
    possible = list(islice((pair for pair in pairs if pair), PAIRS))
    yield from (pair for pair in possible if is_among_assumed(pair))
    if assumption.searching and not costly:
        known = set(assumption.mistakes)
        yield from sorted(possible, key=lambda pair: known.isdisjoint(p.id for p in pair.parts))


def explanation(got: Array, variants: Iterable[Variant], tolerance: float) -> Mistake | None:
    """Return the mistake whose numbers these are, the assumed ones before others."""
    found = list(variants)
    assumed = [variant for variant in found if is_among_assumed(variant[0])]
    mistake = first_match(got, [*assumed, *found], tolerance)
    if mistake:
        _assumption().explained.update((part.id, part) for part in mistake.parts)
    return mistake


def assumed_switches(
    mistakes: Iterable[Mistake], chained: Collection[str] = ()
) -> Mapping[str, Any]:
    """Return the switches of the assumed mistakes among these; none, if none is."""
    found = [each for each in mistakes if is_assumed(each)]
    pair = both(found[0], found[1], chained) if len(found) > 1 else None
    return pair.change if pair else found[0].change if found else {}


def _assumption() -> Assumption:
    """Return the assumption of the run; outside of one, an empty assumption."""
    return _ASSUMED.get() or Assumption()


def is_among_assumed(mistake: Mistake) -> bool:
    """Return whether numbers with this mistake are accepted now."""
    return {part.id for part in mistake.parts} <= set(_assumption().mistakes)


@dataclasses.dataclass(frozen=True)
class Counted:
    """A mistake that was identified, and the question that it was counted in."""

    mistake: Mistake
    question: str


class Ledger:
    """The mistakes that the checks of one exercise have identified so far."""

    def __init__(self) -> None:
        self._counted: dict[str, Counted] = {}

    def settle(
        self,
        failure: Failure,
        question: str,
        again: Callable[[], object],
        first: Assumption | None = None,
    ) -> Failure:
        """Explain a failure by mistakes that were counted before, or count its own mistakes.

        Args:
            failure: A check's failure; if its mistakes explain the whole check, they are counted.
            question: The question that the check belongs to.
            again: Runs the check once more, on fresh inputs.
            first: What the check's first run found out.
        """
        if failure.status not in ("failed", "error"):
            return failure
        known = list(self._counted)
        for ids in [*([each] for each in known), *([known] if len(known) > 1 else [])]:
            if used := _explain(again, ids):
                return self._carried(failure, [self._counted[each] for each in used], question)
        if failure.status == "error":
            return failure
        found = self._identify(failure, again, first or Assumption())
        for mistake in found:
            self._counted.setdefault(mistake.id, Counted(mistake, question))
        return self._named(failure, [each for each in found if each.id not in known], found)

    def _identify(
        self, failure: Failure, again: Callable[[], object], first: Assumption
    ) -> list[Mistake]:
        """Return the mistakes that explain the whole check; none, if they don't."""
        explained = {each: counted.mistake for each, counted in self._counted.items()}
        explained |= first.explained
        ids = _note(failure, explained)
        if len(ids) == 1 and _explain(again, ids):
            return [explained[ids[0]]]
        while first.has_pairs:
            assumed = list(dict.fromkeys([*ids, *self._counted]))
            with assuming(*assumed, searching=True) as run:
                further = _failure(again)
            explained |= run.explained
            ids = list(dict.fromkeys([*assumed, *_note(further, explained)]))
            new = [each for each in ids if each not in self._counted]
            if ids == assumed or len(new) > AT_ONCE:
                break
            if used := _explain(again, ids):
                return [explained[each] for each in used]
        return []

    def _named(self, failure: Failure, new: Sequence[Mistake], found: Sequence[Mistake]) -> Failure:
        """Return the failure with what was found out about it."""
        if not new:
            return failure
        hint = new[0].hint
        if len(new) > 1:
            listed = " ".join(f"({number}) {each.hint}" for number, each in enumerate(new, 1))
            hint = f"{translated('There are two mistakes here.')} {listed}"
        for each in found:
            if each not in new:
                question = self._counted[each.id].question
                before = translated("Besides, as counted in {question}:", question=question)
                hint += f" {before} {each.hint}"
        return dataclasses.replace(
            failure,
            hint=hint,
            mistake="+".join(each.id for each in new),
            subject_of=tuple(dict.fromkeys(q for each in new for q in each.subject_of)),
        )

    def _carried(self, failure: Failure, used: Sequence[Counted], question: str) -> Failure:
        """Return the failure as carried, unless its question is about one of these mistakes."""
        hint = " ".join(dict.fromkeys(each.mistake.hint for each in used))
        named = dataclasses.replace(
            failure, hint=hint, mistake="+".join(each.mistake.id for each in used)
        )
        if any(question in each.mistake.subject_of for each in used):
            return named
        questions = ", ".join(dict.fromkeys(each.question for each in used))
        if len(used) == 1:
            before = translated(
                "This agrees with your own formula; the mistake was counted in {questions}:",
                questions=questions,
            )
        else:
            before = translated(
                "This agrees with your own formula; the mistakes were counted in {questions}:",
                questions=questions,
            )
        return dataclasses.replace(named, status="carried", hint=f"{before} {hint}", output="")


def _note(failure: Failure | None, explained: dict[str, Mistake]) -> list[str]:
    """Return the ids of the mistakes that a failure names; add a single one to ``explained``.

    The hints of some failures have no identifier.
    """
    ids = failure.mistake.split("+") if failure else []
    if not failure or not all(each.isidentifier() for each in ids):
        return []
    if len(ids) == 1:
        own = Mistake(ids[0], failure.hint, subject_of=failure.subject_of)
        explained.setdefault(own.id, own)
    return ids


def _failure(again: Callable[[], object]) -> Failure | None:
    """Run the check; return its failure, if it fails."""
    try:
        again()
    except Failure as failure:
        return failure
    return None


def _explain(again: Callable[[], object], mistakes: Sequence[str]) -> list[str]:
    """Return those of the mistakes that a run of the check needed to pass; none, if it fails."""
    for _ in range(TRIES):
        with assuming(*mistakes) as assumption:
            if _failure(again):
                return []
        if assumption.used:
            return [each for each in mistakes if each in assumption.used]
    return []
