"""Turn IPython's magics, shell lines and calls for help into plain Python.

A cell keeps its number of lines, so that lines in messages stay true. Code that a magic runs among
the notebook's own names (``%time x = f()``) stays code, and ``%%writefile name.py`` gives a file.
What other programs read (``%%bash``, ``!pip``) is left out. Exports of notebooks as .py files write
magics as calls of ``get_ipython()``; these are turned back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.core.sources import parse

CELL_MAGIC = re.compile(r"\s*%%(\w+)[ \t]*([^\n]*)")
# A line that only IPython understands; assignments of what it returns; what a magic begins with.
LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<target>[\w,][\w, \t]*=(?!=)[ \t]*)?(?P<mark>[%!])(?P<text>[^\n]*)"
    r"|[ \t]*\?{1,2}[\w.]+[ \t]*|(?P<help>[ \t]*)[\w.]+\?{1,2}[ \t]*"
)
# In which order to look for what makes a line's end not the end of a statement.
TOKEN = re.compile(r"'''|\"\"\"|'|\"|#[^\n]*|[(\[{]|[)\]}]|\\\n|\n")
STRING_ENDS = {
    quotes: re.compile(rf"(?:\\.|(?!{quotes}){any_sign})*(?:{quotes})?", re.DOTALL)
    for quotes, any_sign in {"'''": ".", '"""': ".", "'": r"[^\n]", '"': r"[^\n]"}.items()
}
RUNS_ITS_LINE = {"time", "prun", "memit", "lprun"}
RUNS_ITS_CELL = {"time", "prun", "memit", "capture"}
FOREIGN = {
    *("R", "bash", "bigquery", "cmd", "cython", "html", "HTML", "javascript", "js", "latex"),
    *("markdown", "perl", "ruby", "script", "sh", "shell", "sql", "svg", "SVG", "system"),
    *("timeit", "python2", "pypy"),
}  # of these, nothing that a cell defines stays in the notebook
PYLAB = "import numpy as np; from matplotlib import pyplot as plt; from pylab import *"
OPTIONS = re.compile(r"(?:-\w++[ \t]++)*+")
SCRIPT = re.compile(r"(\w+)(?:\.py|\.ipynb)?")
# Where cells of an export begin.
MARKS = re.compile(r"^(?=# %%|# In\[|# \+|# -$|# Cell )", re.MULTILINE)


@dataclass
class Plain:
    """Python that was a cell.

    Attributes:
        code: As many lines as the cell, or none if it holds no code.
        files: Text by name of the files that it writes.
    """

    code: str
    files: dict[str, str] = field(default_factory=dict)


def plain_cell(cell: str) -> Plain:
    """Return a cell as Python; what is not Python in it is left as it is.

    The result need not parse: the cell may be wrong.
    """
    start, lines = 0, 0
    while magic := CELL_MAGIC.match(cell, start):  # the body may begin with a cell magic again
        name, arguments = magic[1], magic[2].strip()
        body_start = magic.end() + (cell[magic.end() : magic.end() + 1] == "\n")
        if name in ("writefile", "file"):
            target = OPTIONS.sub("", arguments, count=1).strip("'\" ")
            return Plain("\n" * lines, {target: cell[body_start:]})
        if name in FOREIGN:
            return Plain("\n" * lines)
        lines += cell.count("\n", start, magic.end()) + 1
        start = body_start
    body = cell[start:]
    try:
        parse(body)
    except SyntaxError:
        body = "".join(_plain_lines(body))
    return Plain("\n" * lines + body)


def _plain_lines(cell: str) -> Iterator[str]:
    """Yield the parts of a cell, with IPython's lines turned into Python."""
    position = 0
    while position < len(cell):
        line = LINE.match(cell, position)
        if line and cell[line.end() : line.end() + 1] in ("", "\n"):
            end = line.end()
            while cell[end - 1 : end + 1] == "\\\n":  # it goes on in the next line
                end = cell.find("\n", end + 1) % (len(cell) + 1)
            yield _plain_line(line) + "\n" * cell.count("\n", position, end + 1)
            position = end + 1
        else:
            end = _end_of_statement(cell, position)
            yield cell[position:end]
            position = end


def _end_of_statement(text: str, position: int) -> int:
    """Return where the line ends that ends the statement at ``position``."""
    depth = 0
    while token := TOKEN.search(text, position):
        position = token.end()
        match token[0]:
            case "\n" if depth <= 0:
                return position
            case "(" | "[" | "{":
                depth += 1
            case ")" | "]" | "}":
                depth -= 1
            case "'''" | '"""' | "'" | '"':
                string = STRING_ENDS[token[0]].match(text, position)
                position = string.end() if string else len(text)
    return len(text)


def _plain_line(line: re.Match[str]) -> str:
    if line["mark"] is None:  # a call for help
        return (line["help"] or "") + "pass"
    if line["target"]:
        return f"{line['indent']}{line['target']}[]"
    code = "pass" if line["mark"] == "!" else _plain_magic(line["text"])
    return line["indent"] + code


def _plain_magic(text: str) -> str:
    """Return the code that a line magic runs; ``text`` is the line without the percent sign."""
    name, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if name in RUNS_ITS_LINE:
        return OPTIONS.sub("", rest, count=1) or "pass"
    if name == "pylab":
        return PYLAB
    if name == "run":
        path = OPTIONS.sub("", rest, count=1)
        quote = path[:1] if path[:1] in ("'", '"') else ""
        file = path.removeprefix(quote).partition(quote or " ")[0].rpartition("/")[2]
        script = SCRIPT.fullmatch(file)
        return f"from {script[1]} import *" if script else "pass"
    return "pass"


def plain_export(text: str) -> Plain:
    """Return a notebook's export (or any .py file) as Python that needs no IPython.

    A file that is Python already, and calls no magics, is returned as it is.
    """
    files: dict[str, str] = {}
    if "get_ipython()" not in text:
        try:
            parse(text)
            return Plain(text)
        except SyntaxError:
            pass  # it may have raw magics
    cells = list(_plain_cells(text))
    for cell in cells:
        files |= cell.files
    code = "".join(cell.code for cell in cells)
    try:
        calls = list(_magic_calls(parse(code)))
    except SyntaxError:
        return Plain(code, files)
    lines = code.split("\n")
    for node, name, arguments in reversed(calls):
        found = _called_magic(name, arguments)
        files |= found.files
        end = node.end_lineno or node.lineno
        lines[node.lineno - 1 : end] = found.code.split("\n") + [""] * (end - node.lineno)
    return Plain("\n".join(lines), files)


def cells_of(export: str) -> list[str]:
    """Return the cells of an export, what stands in front of the first mark among them."""
    return MARKS.split(export)


def _plain_cells(text: str) -> Iterator[Plain]:
    """Yield the cells of an export, each with its mark, a comment, in front."""
    for part in cells_of(text):
        mark, newline, body = part.partition("\n")
        if mark.startswith("#") and CELL_MAGIC.match(body):
            plain = plain_cell(body)
            lines = plain.code or "\n" * body.count("\n")
            yield Plain(mark + newline + lines, plain.files)
        else:
            yield plain_cell(part)


def _magic_calls(tree: ast.Module) -> Iterator[tuple[ast.stmt, str, list[str]]]:
    """Yield the statements that call a magic, with its kind and its arguments."""
    for statement in tree.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Call(func=ast.Name("get_ipython")), attr=kind),
                    args=arguments,
                )
            ):
                texts = [a.value for a in arguments if isinstance(a, ast.Constant)]
                yield statement, kind, [text for text in texts if isinstance(text, str)]


def _called_magic(kind: str, arguments: list[str]) -> Plain:
    match kind, arguments:
        case "run_cell_magic", [name, line, cell, *_]:
            return plain_cell(f"%%{name} {line}\n{cell}")
        case "run_line_magic", [name, line, *_]:
            return Plain(_plain_magic(f"{name} {line}"))
        case "magic", [line, *_]:
            return Plain(_plain_magic(line))
    return Plain("pass")
