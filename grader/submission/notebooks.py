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
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

from grader.core.errors import UserError
from grader.core.sources import MAX_CODE, is_main_block, parse
from grader.submission.cells import code_cells
from grader.submission.magics import cells_of, plain_cell
from grader.submission.places import cell_mark, notebook_header
from grader.submission.slicing import COMPOUND, DEFINITIONS, Statement, slice_of

MAX_STATEMENTS = 5_000  # at top level; each takes some 0.2 ms to analyse
MAX_MODULE = 2 * MAX_CODE  # characters of the module, with its main blocks' indentation
TOO_LONG = f"Its module is longer than {MAX_MODULE // 1024:,} KiB."
ENDS = re.compile(rb"\s*(?:#|\Z)")  # what may follow a statement that has its lines for itself


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


def read_notebook(notebook_json: str, name: str, wanted: Container[str] = ()) -> Notebook:
    """Return a notebook as a module.

    Args:
        notebook_json: The file's text.
        name: What messages call the notebook.
        wanted: Names that the exercises ask for, squeezed.

    Raises:
        UserError: The text is no notebook, or one beyond any reason.
    """
    return module_of(code_cells(notebook_json), name, wanted)


def module_of(cells: Sequence[str], name: str, wanted: Container[str] = ()) -> Notebook:
    """Return a notebook's cells as a module; see `read_notebook`."""
    files: dict[str, str] = {}
    unread: list[str] = []
    statements: list[_Statement] = []
    for number, cell in enumerate(cells, start=1):
        plain = plain_cell(cell)
        files |= plain.files
        try:
            statements += _statements(plain.code, number, MAX_STATEMENTS - len(statements))
        except (SyntaxError, ValueError, RecursionError) as error:
            unread.append(f"cell {number} ({_reason(error)})")
    kept = slice_of([statement.found for statement in statements], wanted)
    module = _Module(name)
    for statement, is_kept in zip(statements, kept, strict=True):
        try:
            module.add(statement, is_kept)
        except (ValueError, RecursionError) as error:
            unread.append(f"cell {statement.cell}, line {statement.line} ({_reason(error)})")
    return Notebook(module.text(), files, tuple(unread))


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return " ".join(str(getattr(error, "msg", None) or error).split())


def read_export(text: str, name: str, wanted: Container[str] = ()) -> str:
    """Return the module for an export that trains when it is imported; "" for other files.

    Args:
        text: Python, with marks where cells begin.
        name: What messages call the export.
        wanted: Names that the exercises ask for, squeezed.
    """
    cells = cells_of(text)
    if len(cells) < 2 or len(text) > MAX_CODE:
        return ""
    found: list[_Statement] = []
    module = _Module(name)
    try:
        for number, cell in enumerate(cells):
            found += _statements(cell, number, MAX_STATEMENTS - len(found))
        kept = slice_of([statement.found for statement in found], wanted)
        if not any(statement.found.effects.trains for statement in found):
            return ""
        for statement, is_kept in zip(found, kept, strict=True):
            module.add(statement, is_kept)
        return module.text()
    except (SyntaxError, ValueError, RecursionError, UserError):
        return ""  # importing it tells why


def _statements(code: str, cell: int, room: int) -> list[_Statement]:
    """Return the statements of a cell, those of its main blocks as if they stood outside.

    Args:
        code: The cell's text.
        cell: Its number.
        room: How many statements it may have.

    Raises:
        SyntaxError: The cell is not Python.
        ValueError: It can't be written anew.
        RecursionError: It is nested too deeply.
        UserError: It has more statements, or is too long when it is written anew.
    """
    found: list[_Statement] = []
    size = 0
    waiting = parse(code).body[::-1]
    lines = code.split("\n")
    encoded = code.encode().split(b"\n")
    while waiting:
        node = waiting.pop()
        if is_main_block(node):
            waiting += [*node.body, *node.orelse][::-1]
            continue
        if len(found) >= room:
            raise UserError(f"The notebook holds more than {MAX_STATEMENTS:,} statements.")
        _check_place(node)
        decorators = getattr(node, "decorator_list", [])
        start = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        end = node.end_lineno or node.lineno
        if not node.col_offset and ENDS.match(encoded[end - 1], node.end_col_offset or 0):
            text = "\n".join(lines[start - 1 : end])  # its lines hold nothing else
        else:
            text = _written(node)
        size += len(text)
        if size > MAX_MODULE:
            raise UserError(TOO_LONG)
        found.append(_Statement(Statement.of(node), text, cell, start))
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


def _written(node: ast.stmt) -> str:
    """Return a statement as Python itself writes it.

    Raises:
        ValueError: Its indentation alone would be longer than all code may be, or it holds a
            number that is too long to be written.
    """
    indentation = 0
    waiting: list[tuple[ast.AST, int]] = [(node, 1)]
    while waiting:
        each, depth = waiting.pop()
        indentation += 4 * depth
        inner = (each for each in ast.iter_child_nodes(each) if not isinstance(each, ast.expr))
        waiting += [(child, depth + 1) for child in inner]
    if indentation > MAX_CODE:
        raise ValueError("too much of it is nested deeply")
    return ast.unparse(node)


class _Module:
    """The text of a module while it grows."""

    def __init__(self, name: str) -> None:
        self._head = [notebook_header(name)]
        self._parts: list[str] = []
        self._size = 0

    def add(self, statement: _Statement, kept: bool) -> None:
        """Add a statement: one that is not kept runs only in a program.

        Raises:
            ValueError: It can't be written anew.
            RecursionError: It is nested too deeply.
            UserError: The module is too long.
        """
        mark = cell_mark(statement.cell, statement.line)
        node = statement.found.node
        before = len(self._parts)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            self._head += [mark, ast.unparse(node)]
        elif kept and _may_fail(node):
            note = f"note: cell {statement.cell}, line {statement.line} stopped with"
            self._parts += ["try:", *_indented(mark, statement)]
            self._parts += ["except Exception as _error:", f'    print("{note}", repr(_error))']
        elif kept:
            self._parts += [mark, statement.text]
        else:
            self._parts += ['if __name__ == "__main__":', *_indented(mark, statement)]
        self._size += sum(map(len, self._parts[before:]))
        if self._size > MAX_MODULE:
            raise UserError(TOO_LONG)

    def text(self) -> str:
        """Return the module."""
        return "\n".join([*self._head, *self._parts, ""])


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
        text = _written(node)  # indentation would change strings of several lines
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
