"""Find submissions that share code (plagiarism): a hint for a person, never points.

Strangers' code is opened and read in a process of its own: see reading.py. What comes from there
is compared as tokens, which don't depend on names, comments or layout; see tokens.py, overlap.py.
What is found goes into the files that similar_kept.py lists.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from typing import Any, NamedTuple

from grader.batch.overlap import Overlap, Shares
from grader.batch.reading import Reader
from grader.batch.similar_kept import TABLE, Archives, hash_of, keep
from grader.batch.store import Store, write
from grader.batch.tokens import tokens_of
from grader.core.course import course
from grader.core.text import shown
from grader.reports.similar_pages import Code, pair_html
from grader.reports.tables import csv_text
from grader.submission.snapshot import Submission

LINE = 0.23  # the smaller share from which on a pair is listed
WHOLE = 0.5  # the larger share that is enough, for one work within a longer one
LEAST = 100  # shared tokens of a listed pair: about ten lines
LARGEST = 1_000_000  # characters of one student's code that are compared
MOST = 20_000  # of its tokens
PAGES = 500  # pairs that are shown side by side
HEADER = ["student", "share", "other", "other share", "shared tokens", "group", "page"]


class Pair(NamedTuple):
    """Two students who share code."""

    one: str
    other: str
    shares: Shares

    @property
    def is_listed(self) -> bool:
        """Return whether a person should look at it."""
        one, other, tokens = self.shares
        much = self.shares.smaller >= LINE or max(one, other) >= WHOLE
        return much and tokens >= LEAST


class Group(NamedTuple):
    """Students who are connected by listed pairs, and those pairs."""

    students: list[str]
    pairs: list[Pair]


def find(store: Store, archives: Archives) -> list[str]:
    """Compare all submissions; write the tables and pages of those that share code.

    Args:
        store: The folder of results.
        archives: The archives that count.

    Returns:
        Remarks on what could not be compared, or is not shown.
    """
    codes: dict[str, Code] = {}
    hashes: dict[str, str] = {}
    remarks = []
    with Reader(read_code) as reader:
        for student, read in archives:
            try:
                archive = read()
                found = reader.read(archive)
                if found.pop("is_cut"):
                    remarks.append(f"{shown(student)}: too much code, compared only in part")
                codes[student], hashes[student] = Code(**found), hash_of(archive)
            except Exception as error:  # noqa: BLE001 (of any kind: it is this hand-in's)
                why = " ".join(str(error).split())
                remarks.append(f"{shown(student)}: could not be compared with others ({why})")
    overlap = Overlap({name: code.tokens for name, code in codes.items()}, given())
    pairs = [
        Pair(one, other, overlap.shares(one, other))
        for one, other in itertools.combinations(sorted(codes), 2)
    ]
    pairs.sort(key=lambda pair: (-pair.shares.smaller, pair))
    listed = [pair for pair in pairs if pair.is_listed]
    pages = {pair: f"similar/{number:03}.html" for number, pair in enumerate(listed[:PAGES], 1)}
    shutil.rmtree(store.folder / "similar", ignore_errors=True)  # those of the run before
    for pair, page in pages.items():
        one, other = codes[pair.one], codes[pair.other]
        blocks = overlap.blocks(pair.one, pair.other)
        html = pair_html(pair[:2], pair.shares[:2], (one, other), blocks)
        write(store.folder / page, html, lasting=False)
    groups = groups_of(listed)
    write(store.folder / TABLE, _table(pairs, groups, pages))
    keep(store, hashes, _report(groups, pages))
    if len(listed) > PAGES:
        remarks.append(f"only {PAGES} of {len(listed)} similar pairs have a page; see similar.csv")
    return remarks


def read_code(submission: Submission) -> dict[str, Any]:
    """Return a submission's code as tokens with their places; called in the reader's process.

    Of too much code the smallest files count, so that no other file hides one.
    """
    code = [file for file in submission.files if file.suffix.lower() == ".py"]
    texts = [(str(file), submission.source_of(file)) for file in code]
    room = _room([len(text) for _, text in texts], LARGEST)
    files = [(name, text[:size]) for (name, text), size in zip(texts, room, strict=True)]
    found = tokens_of(text for _, text in files)
    kept = _room([len(each) + 1 for each in found], MOST)
    tokens, places = [], []
    for number, (each, size) in enumerate(zip(found, kept, strict=True)):
        tokens += [*(token.text for token in each), f"end of file {number}"][:size]
        places += [*((number, token.line) for token in each), (number, 0)][:size]
    is_cut = files != texts or len(tokens) < sum(len(each) + 1 for each in found)
    return {"files": files, "tokens": tokens, "places": places, "is_cut": is_cut}


def _room(sizes: Sequence[int], most: int) -> list[int]:
    """Return how much of each size fits into ``most`` together, the smallest first."""
    room = [0] * len(sizes)
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        room[place] = min(sizes[place], most)
        most -= room[place]
    return room


def given() -> list[list[str]]:
    """Return the tokens of code that all students are given: the template and the sheets' files."""
    here = course()
    paths = [*here.template.rglob("*.py"), *here.exercises.glob("*/given/**/*.py")]
    texts = [path.read_text(encoding="utf-8") for path in sorted(paths)]
    return [[token.text for token in found] for text in texts for found in tokens_of([text])]


def groups_of(pairs: Sequence[Pair]) -> list[Group]:
    """Join pairs that have a student in common; groups and pairs keep the order of ``pairs``."""
    leaders: dict[str, str] = {}

    def leader(student: str) -> str:
        while (next_one := leaders.setdefault(student, student)) != student:
            leaders[student] = leaders[next_one]
            student = next_one
        return student

    for pair in pairs:
        leaders[leader(pair.one)] = leader(pair.other)
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(leader(pair.one), []).append(pair)
    return [
        Group(sorted({name for pair in own for name in pair[:2]}), own) for own in groups.values()
    ]


def _table(pairs: Sequence[Pair], groups: Sequence[Group], pages: dict[Pair, str]) -> str:
    """Return the CSV of all pairs that share anything."""
    number = {pair: str(n) for n, group in enumerate(groups, start=1) for pair in group.pairs}
    table = [HEADER]
    for pair in pairs:
        one, other, tokens = pair.shares
        if tokens:
            numbers = [f"{one:.3f}", pair.other, f"{other:.3f}", str(tokens)]
            table.append([pair.one, *numbers, number.get(pair, ""), pages.get(pair, "")])
    return "\ufeff" + csv_text(table)


def _report(groups: Sequence[Group], pages: dict[Pair, str]) -> list[dict[str, Any]]:
    return [
        {
            "students": group.students,
            "pairs": [
                {
                    "students": [pair.one, pair.other],
                    "shares": pair.shares[:2],
                    "page": pages.get(pair, ""),
                }
                for pair in group.pairs
            ],
        }
        for group in groups
    ]
