"""Check the rules of a hand-in besides code: names of files, a PDF, relative paths.

Each exercise that has such rules names them in its ``handin.toml``.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.core.errors import UserError
from grader.core.sources import parse, without_runs_of_marks
from grader.core.text import shown
from grader.submission.cells import code_cells
from grader.submission.magics import plain_cell
from grader.submission.pdf_text import first_pages
from grader.submission.snapshot import Submission

MAX_PDFS = 3  # that are read

# Surname-MatriculationNumber; a group joins its members with underscores.
AUTHOR = r"([^\W\d_]+(?:[-'’_ ][^\W\d_]+)*)-(\d{5,10})"
AUTHORS = re.compile(f"{AUTHOR}(?:_{AUTHOR})*")

# What a path begins with that names a place on one computer: root, drive, server, home.
ABSOLUTE = re.compile(r"/[\w.-]+/[^\s/]|[A-Za-z]:[\\/]|\\\\\w|~[\\/]")

TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


Checked = tuple[bool, str]  # whether the rule is kept, and a sentence for the student


@dataclass(frozen=True)
class Finding:
    """Say of one rule whether it is kept, in a sentence for the student."""

    rule: str
    ok: bool
    message: str


def check_formalities(submission: Submission, rules: Iterable[str]) -> list[Finding]:
    """Check rules, each by its name in `RULES`.

    A broken file is a finding, never an error. A rule that doesn't apply gives no finding.
    """
    findings = ((rule, RULES[rule](submission)) for rule in rules)
    return [Finding(rule, *found) for rule, found in findings if found]


def _check_zip(submission: Submission) -> Checked:
    found = shown(submission.source.name)
    if _authors(submission) and submission.source.is_file():
        return True, f"{found} is named as it should be."
    return False, f"Hand in one ZIP named Surname-MatriculationNumber.zip; this is {found}."


def _authors(submission: Submission) -> list[tuple[str, str]]:
    """Return surnames and numbers from the submission's name, if it keeps the convention."""
    return re.findall(AUTHOR, submission.name) if AUTHORS.fullmatch(submission.name) else []


def _check_code(submission: Submission) -> Checked:
    code = [file for file in submission.files if file.suffix.lower() in (".py", ".ipynb")]
    message = f"There is code: {len(code)} files." if code else "Add your code (.py or .ipynb)."
    return bool(code), message


def _pdfs(submission: Submission) -> list[PurePosixPath]:
    return [file for file in submission.files if file.suffix.lower() == ".pdf"]


def _check_pdf(submission: Submission) -> Checked:
    pdfs = _pdfs(submission)
    message = f"There is a report: {pdfs[0]}." if pdfs else "Add your report as a PDF."
    return bool(pdfs), message


def _check_paths(submission: Submission) -> Checked:
    places: dict[str, str] = {}
    for file in submission.files:
        for part, tree in _trees(submission, file):
            for line, path in _absolute_paths(tree):
                places.setdefault(path, f"{path[:60]!r} ({part}, line {line})")
    if not places:
        return True, "All paths in the code are relative."
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    found = ", ".join(list(places.values())[:3]) + more
    return False, f"Make every path in the code relative: {found}."


def _trees(submission: Submission, file: PurePosixPath) -> Iterator[tuple[str, ast.Module]]:
    """Yield the syntax trees of a module or of a notebook's cells, and what to call them."""
    for part, code in _code_of(submission, file):
        with suppress(SyntaxError):  # whoever grades the code will say so
            yield part, parse(plain_cell(code).code)


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
    """Yield the line and text of each string that begins like an absolute path."""
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


def _check_authors(submission: Submission) -> Checked | None:
    """Check that the report shows each surname and number, in its name or first pages.

    The rule applies only if there is a report and the ZIP's name says who its authors are.
    """
    authors, pdfs = _authors(submission), _pdfs(submission)[:MAX_PDFS]
    if not authors or not pdfs:
        return None
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
        return True, f"{names} bears surname and matriculation number."
    unreadable = "" if all(texts) else " Not all of it can be read as text."
    return False, f"Write {' and '.join(missing)} on the first page of {names}.{unreadable}"


def _spellings(text: str) -> set[str]:
    """Return a text without signs and accents, which PDFs tear apart, with ä as a and as ae."""
    composed = unicodedata.normalize("NFC", without_runs_of_marks(text)).casefold()
    return {
        "".join(filter(str.isalnum, unicodedata.normalize("NFKD", variant)))
        for variant in (composed, composed.translate(TRANSCRIBED))
    }


RULES: dict[str, Callable[[Submission], Checked | None]] = {
    "ZIP name": _check_zip,
    "code": _check_code,
    "relative paths": _check_paths,
    "PDF": _check_pdf,
    "author in PDF": _check_authors,
}
