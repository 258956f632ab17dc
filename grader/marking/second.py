"""Have a sample of answers marked by a second person who has not seen the first mark."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from grader.core.errors import UserError
from grader.marking.data import Mark, Sampled, SecondMark
from grader.marking.database import Database
from grader.marking.decisions import Decisions, Kind
from grader.marking.marks import Marks

CLOSE = 0.25 + 1e-9  # points between two marks that agree in the main


@dataclass(frozen=True)
class Agreement:
    """How far two people agree on a question.

    Attributes:
        pairs: The student, the first person's points and the second's, largest difference first.
        equal: The share of pairs with equal points.
        close: The share of pairs that differ by a quarter of a point at most.
        difference: The mean of second minus first, in points: below 0 if the second is stricter.
        distance: The mean of the differences without their signs, in points.
        concordance: Lin's concordance coefficient, 1 for equal marks; None for fewer than three
            pairs, or if all marks are equal. For marks in equal steps it is the quadratically
            weighted kappa.
    """

    pairs: list[tuple[str, float, float]]
    equal: float
    close: float
    difference: float
    distance: float
    concordance: float | None


class SecondMarking:
    """The samples of all questions, and the second marks."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._sample = Decisions(database, Kind("sample", Sampled))
        self._seconds = Decisions(database, Kind("second mark", SecondMark, self._checked))
        self._marks = marks
        self.kept: tuple[Decisions[Sampled], Decisions[SecondMark]] = (self._sample, self._seconds)

    def draw(
        self, question: str, students: Sequence[str], share: float, author: str, seed: int = 0
    ) -> list[str]:
        """Draw a share of students, at least one, and return who is in the question's sample.

        Whoever is in it already stays and counts, so that a larger share adds to the sample.

        Raises:
            UserError: The share is not above 0 and at most 1.
        """
        if not 0 < share <= 1:
            raise UserError(f"{share:g} is no share of the students: it should be above 0, up to 1")
        present = set(self.students(question))
        order = sorted(set(students))
        random.Random(f"{seed} {question}").shuffle(order)
        missing = max(1, round(share * len(order))) - len(present.intersection(order))
        new = [student for student in order if student not in present][: max(missing, 0)]
        drawn = []
        for student in new:
            version = self._sample.version(student, question)
            drawn.append(Sampled(student, question, version=version))
        self._sample.save_all(drawn, author)
        return self.students(question)

    def students(self, question: str) -> list[str]:
        """Return who is in a question's sample."""
        return [one.student for one in self._sample.all(question=question)]

    def todo(self, question: str, author: str) -> list[str]:
        """Return whose answers this person can mark a second time, after somebody else."""
        first = self._marks.of_question(question)
        done = {mark.student for mark in self._seconds.all(question=question)}
        return [
            student
            for student in self.students(question)
            if student in first and first[student].author != author and student not in done
        ]

    def get(self, student: str, question: str, author: str) -> SecondMark:
        """Return a person's second mark, an undecided one if there is none; never the first."""
        mark = self._seconds.get(student, question, author)
        version = self._seconds.version(student, question, author)
        return mark or SecondMark(student, question, decided=False, id=author, version=version)

    def save(self, mark: SecondMark, author: str) -> SecondMark:
        """Save a second mark.

        Raises:
            Conflict: It was changed in another window meanwhile.
            UserError: It is the same person's as the first mark, or an item or number is wrong.
        """
        first = self._marks.get(mark.student, mark.question)
        if mark.id != author or first.author == author:
            raise UserError("a second mark should be that of another person than the first")
        return self._seconds.save(mark, author)

    def agreement(self, question: str) -> Agreement | None:
        """Return how far first and second marks agree; None while there is no pair."""
        first = self._marks.of_question(question)
        pairs = []
        for second in self._seconds.all(question=question):
            one = self._marks.points(first[second.student]) if second.student in first else None
            other = self._marks.points(second)
            if one is not None and other is not None:
                pairs.append((second.student, one, other))
        if not pairs:
            return None
        pairs.sort(key=lambda pair: -abs(pair[2] - pair[1]))
        differences = [other - one for _, one, other in pairs]
        return Agreement(
            pairs,
            equal=statistics.fmean(abs(d) < 1e-9 for d in differences),
            close=statistics.fmean(abs(d) <= CLOSE for d in differences),
            difference=statistics.fmean(differences),
            distance=statistics.fmean(map(abs, differences)),
            concordance=_concordance(pairs),
        )

    def _checked(self, mark: SecondMark) -> SecondMark:
        checked: Mark = self._marks.checked(mark)
        assert isinstance(checked, SecondMark)
        return checked


def _concordance(pairs: Sequence[tuple[str, float, float]]) -> float | None:
    """Return Lin's concordance correlation coefficient (Biometrics 45, 1989)."""
    if len(pairs) < 3:
        return None
    one, other = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    apart = statistics.fmean((b - a) ** 2 for _, a, b in pairs)
    shift = (statistics.fmean(one) - statistics.fmean(other)) ** 2
    spread = statistics.pvariance(one) + statistics.pvariance(other) + shift
    return round(1 - apart / spread, 6) if spread else None
