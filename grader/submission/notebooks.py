"""Turn a Jupyter notebook into a module with the same definitions.

Exports of notebooks that train when they are imported are read like notebooks.

The module holds all statements of the notebook, in order. Those that definitions need (see
slicing.py) run when it is imported. The others stand in main blocks, so that they run only where
the module is executed as a program. As in a notebook, a statement that fails stops nothing that
comes later: it is printed as a note. Comments tell for each line which cell it comes from, and
`place` reads them. Nothing is executed here.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import nbformat

from grader.core.errors import UserError
from grader.core.sources import is_main_block, parse
from grader.submission.magics import cells_of, plain_cell
from grader.submission.places import cell_mark, notebook_header
from grader.submission.slicing import COMPOUND, DEFINITIONS, Statement, slice_of

MAX_CODE = 512 * 1024  # characters: parsing takes some 600 bytes of memory for each
MAX_STATEMENTS = 5_000  # at top level; each takes some 0.2 ms to analyse
MAX_CONTAINERS = 200_000  # lists and dicts in the JSON: each takes some 300 bytes


@dataclass(frozen=True)
class Notebook:
    """A notebook as a module.

    Attributes:
        source: The module's text.
        files: Texts of the files that the notebook writes, by the names that it gives them.
        unread: The cells that could not be read: ``cell 3 (the reason)``.
    """

    source: str
    files: dict[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Statement:
    """A statement at top level, with its text and where it stands."""

    found: Statement
    text: str
    cell: int
    line: int  # of its cell


def read_notebook(notebook_json: str, name: str, wanted: Collection[str] = ()) -> Notebook:
    """Return a notebook as a module.

    Args:
        name: What messages call the notebook.
        wanted: Names that the exercises ask for, squeezed.

    Raises:
        UserError: The text is no notebook, or one beyond any reason.
    """
    files: dict[str, str] = {}
    unread: list[str] = []
    statements: list[_Statement] = []
    for number, cell in enumerate(code_cells(notebook_json), start=1):
        plain = plain_cell(cell)
        files |= plain.files
        try:
            statements += _statements(plain.code, number)
        except (SyntaxError, ValueError, RecursionError) as error:
            reason = " ".join(str(getattr(error, "msg", None) or error).split())
            unread.append(f"cell {number} ({reason})")
        if len(statements) > MAX_STATEMENTS:
            raise UserError(f"The notebook holds more than {MAX_STATEMENTS:,} statements.")
    kept = slice_of([statement.found for statement in statements], wanted)
    return Notebook(_module(name, statements, kept), files, tuple(unread))


def read_export(text: str, name: str, wanted: Collection[str] = ()) -> str:
    """Return the module for an export that trains when it is imported; "" for other files.

    Args:
        text: Python, with marks where cells begin.
        name: What messages call the export.
        wanted: Names that the exercises ask for, squeezed.
    """
    cells = cells_of(text)
    if len(cells) < 2 or len(text) > MAX_CODE:
        return ""
    try:
        found = [part for number, cell in enumerate(cells) for part in _statements(cell, number)]
    except (SyntaxError, ValueError, RecursionError):
        return ""  # importing it tells why
    kept = slice_of([statement.found for statement in found[:MAX_STATEMENTS]], wanted)
    trains = any(statement.found.effects.trains for statement in found)
    return _module(name, found, kept) if trains and len(found) <= MAX_STATEMENTS else ""


def code_cells(notebook_json: str) -> list[str]:
    """Return the text of every code cell, in order, for notebooks of any version.

    Raises:
        UserError: The text is no notebook, or one beyond any reason.
    """
    if notebook_json.count("{") + notebook_json.count("[") > MAX_CONTAINERS:
        raise UserError("The notebook is too large: clear its outputs and save it again.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what is missing but not needed
            notebook = nbformat.reader.reads(notebook_json)  # type: ignore[no-untyped-call]
            cells = nbformat.convert(notebook, 4).cells  # type: ignore[no-untyped-call]
        sources = [str(cell.source) for cell in cells if cell.cell_type == "code"]
    except Exception as error:  # nbformat raises whatever it stumbles over
        raise UserError("It is not a notebook that Jupyter can open: save it anew.") from error
    if sum(map(len, sources)) > MAX_CODE:
        raise UserError(f"The notebook holds more than {MAX_CODE // 1024} KiB of code.")
    return [re.sub("\r\n?", "\n", source) for source in sources]


def _statements(code: str, cell: int) -> list[_Statement]:
    """Return the statements of a cell, those of its main blocks as if they stood outside.

    Raises:
        SyntaxError: The cell is not Python.
        ValueError: It holds a number that is too long to be written.
        RecursionError: It is nested too deeply.
    """
    found = []
    waiting = parse(code).body[: MAX_STATEMENTS + 1][::-1]
    lines = code.split("\n")
    while waiting:
        node = waiting.pop()
        if is_main_block(node):
            waiting += [*node.body, *node.orelse][::-1]
            continue
        _check_place(node)
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        found.append(_Statement(Statement.of(node), _text(node, lines, start), cell, start))
    return found


def _check_place(node: ast.stmt) -> None:
    """Raise SyntaxError for what is an error outside of functions."""
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Return | ast.Yield | ast.YieldFrom):
            raise SyntaxError(f"'{type(each).__name__.lower()}' outside function")
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(each)


def _text(node: ast.stmt, lines: Sequence[str], start: int) -> str:
    """Return a statement as it was written, if its lines hold nothing else."""
    whole = lines[start - 1 : node.end_lineno]
    before, after = lines[node.lineno - 1].encode()[: node.col_offset], ""
    if node.end_lineno and node.end_col_offset is not None:
        after = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode().strip()
    is_alone = not before.strip() and (not after or after.startswith("#"))
    if is_alone and not node.col_offset:
        return "\n".join(whole)
    return ast.unparse(node)


def _module(name: str, statements: Sequence[_Statement], kept: Sequence[bool]) -> str:
    future, parts = [], []
    for statement, is_kept in zip(statements, kept, strict=True):
        mark = cell_mark(statement.cell, statement.line)
        node = statement.found.node
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            future += [mark, ast.unparse(node)]
        elif is_kept and _may_fail(node):
            note = f"note: cell {statement.cell}, line {statement.line} stopped with"
            parts += ["try:", *_indented(mark, statement)]
            parts += ["except Exception as _error:", f'    print("{note}", repr(_error))']
        elif is_kept:
            parts += [mark, statement.text]
        else:
            parts += ['if __name__ == "__main__":', *_indented(mark, statement)]
    return "\n".join([notebook_header(name), *future, *parts, ""])


def _may_fail(node: ast.stmt) -> bool:
    """Tell whether a statement does more than define or compute constants."""
    if isinstance(node, DEFINITIONS):
        return False
    calls = (each for each in ast.walk(node) if isinstance(each, ast.Call | ast.Await))
    return isinstance(node, COMPOUND) or any(calls) or not isinstance(node, ast.Assign)


def _indented(mark: str, statement: _Statement) -> Iterator[str]:
    """Yield the lines of a statement in a block; ``await`` gets a coroutine of its own."""
    node, text = statement.found.node, statement.text
    texts = (each for each in ast.walk(node) if isinstance(each, ast.Constant | ast.JoinedStr))
    if any(each.lineno != each.end_lineno for each in texts):
        text = ast.unparse(node)  # indentation would change strings of several lines
    if not _awaits(node):
        yield textwrap.indent(f"{mark}\n{text}", "    ")
        return
    names = ", ".join(sorted(statement.found.effects.binds))
    yield "    import asyncio"
    yield "    async def _cell():"
    yield f"        global {names}" if names else "        pass"
    yield textwrap.indent(f"{mark}\n{text}", "        ")
    yield "    asyncio.run(_cell())"


def _awaits(node: ast.AST) -> bool:
    """Tell whether a statement awaits something at top level, as only notebooks may."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Await | ast.AsyncFor | ast.AsyncWith):
            return True
        if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(each)
    return False
