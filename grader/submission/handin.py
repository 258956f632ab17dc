"""Checks what sheet 004 demands of a hand-in besides answers: names, a PDF, relative paths."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.core.errors import UserError
from grader.core.sources import without_runs_of_marks
from grader.core.text import shown
from grader.submission.notebooks import code_cells, parse_cell
from grader.submission.pdf_text import first_pages
from grader.submission.snapshot import Submission

MAX_PDFS = 3  # that are read

# Surname-MatriculationNumber; a group joins its members with underscores.
AUTHOR = r"([^\W\d_]+(?:[-'’_ ][^\W\d_]+)*)-(\d{5,10})"
AUTHORS = re.compile(f"{AUTHOR}(?:_{AUTHOR})*")

# What a path begins with that names a place on one computer: root, drive, server, home.
ABSOLUTE = re.compile(r"/[\w.-]+/[^\s/]|[A-Za-z]:[\\/]|\\\\\w|~[\\/]")

TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Finding:
    """Whether one rule is kept, and a sentence for the student."""

    rule: str
    ok: bool
    message: str


def check_formalities(submission: Submission) -> list[Finding]:
    """A finding for each rule of the sheet; a broken file is a finding, too, and never an error.

    Whether the PDF names its authors is asked only if the ZIP says who they are.
    """
    authors = re.findall(AUTHOR, submission.name) if AUTHORS.fullmatch(submission.name) else []
    pdfs = [file for file in submission.files if file.suffix.lower() == ".pdf"]
    findings = [
        _check_zip(submission, bool(authors)),
        _check_code(submission),
        _check_paths(submission),
        _check_pdf(pdfs),
    ]
    if authors and pdfs:
        findings.append(_check_authors(submission, authors, pdfs[:MAX_PDFS]))
    return findings


def _check_zip(submission: Submission, well_named: bool) -> Finding:
    ok = well_named and submission.source.is_file()
    found = shown(submission.source.name)
    return Finding(
        "ZIP name",
        ok,
        f"{found} is named as it should be."
        if ok
        else f"Hand in one ZIP named Surname-MatriculationNumber.zip; this is {found}.",
    )


def _check_code(submission: Submission) -> Finding:
    code = [file for file in submission.files if file.suffix.lower() in (".py", ".ipynb")]
    message = f"There is code: {len(code)} files." if code else "Add your code (.py or .ipynb)."
    return Finding("code", bool(code), message)


def _check_pdf(pdfs: list[PurePosixPath]) -> Finding:
    message = f"There is a report: {pdfs[0]}." if pdfs else "Add your report as a PDF."
    return Finding("PDF", bool(pdfs), message)


def _check_paths(submission: Submission) -> Finding:
    places: dict[str, str] = {}
    for file in submission.files:
        for part, tree in _trees(submission, file):
            for line, path in _absolute_paths(tree):
                places.setdefault(path, f"{path[:60]!r} ({part}, line {line})")
    if not places:
        return Finding("relative paths", True, "All paths in the code are relative.")
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    found = ", ".join(list(places.values())[:3]) + more
    return Finding("relative paths", False, f"Make every path in the code relative: {found}.")


def _trees(submission: Submission, file: PurePosixPath) -> Iterator[tuple[str, ast.Module]]:
    """The syntax trees of a module or of a notebook's cells, and what to call them."""
    for part, code in _code_of(submission, file):
        with suppress(SyntaxError):  # whoever grades the code will say so
            yield part, parse_cell(code)[0]


def _code_of(submission: Submission, file: PurePosixPath) -> list[tuple[str, str]]:
    if file.suffix.lower() == ".py":
        return [(str(file), submission.source_of(file))]
    if file.suffix.lower() != ".ipynb":
        return []
    try:
        cells = code_cells(submission.source_of(file))
    except UserError:  # which is among the submission's notices
        return []
    return [(f"{file}, cell {number}", cell) for number, cell in enumerate(cells, start=1)]


def _absolute_paths(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and text of each string that begins like an absolute path."""
    continued: set[int] = set()  # nodes that go on where another string ends
    for node in ast.walk(tree):  # which comes to a node before it comes to its parts
        match node:
            case ast.JoinedStr(values=[_, *rest]):
                continued.update(map(id, rest))
            case ast.BinOp(op=ast.Add(), right=right):
                continued.add(id(right))
            case ast.Constant(value=str(text)) if id(node) not in continued:
                if ABSOLUTE.match(text):
                    yield node.lineno, text


def _check_authors(
    submission: Submission, authors: list[tuple[str, str]], pdfs: list[PurePosixPath]
) -> Finding:
    """The report shows each surname and matriculation number, in its own name or first pages."""
    texts = [first_pages(submission.root / pdf) for pdf in pdfs]
    spellings = _spellings(" ".join([*map(str, pdfs), *texts]))
    missing = [
        item
        for author in authors
        for item in author
        if not any(part in whole for part in _spellings(item) for whole in spellings)
    ]
    names = ", ".join(map(str, pdfs))
    if not missing:
        return Finding("author in PDF", True, f"{names} bears surname and matriculation number.")
    unreadable = "" if all(texts) else " Not all of it can be read as text."
    message = f"Write {' and '.join(missing)} on the first page of {names}.{unreadable}"
    return Finding("author in PDF", False, message)


def _spellings(text: str) -> set[str]:
    """``text`` without signs and accents, which PDFs tear apart, with umlauts as a or as ae."""
    composed = unicodedata.normalize("NFC", without_runs_of_marks(text)).casefold()
    return {
        "".join(filter(str.isalnum, unicodedata.normalize("NFKD", variant)))
        for variant in (composed, composed.translate(TRANSCRIBED))
    }
