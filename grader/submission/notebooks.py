"""Turns a notebook into a module that can be imported without running the notebook's experiments.

Kept are imports, definitions and constants, cell by cell; everything else that stands at top level
(training, plots, prints) is dropped, and so are magics and shell lines. Nothing is executed here.
"""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from dataclasses import dataclass

import nbformat

from grader.core.errors import UserError
from grader.core.sources import parse

MAX_CODE = 512 * 1024  # characters: parsing takes some 600 bytes of memory for each
MAX_CONTAINERS = 200_000  # lists and dicts in the JSON: each takes some 300 bytes

# Cells in another language, and lines that only IPython understands (with their continuations).
FOREIGN_CELL = re.compile(
    r"\s*%%(?:bash|cmd|html|javascript|js|latex|markdown|perl|ruby|script|sh|svg)\b"
)
MAGIC = re.compile(
    r"^([ \t]*)(?:(?:[\w,][\w, \t]*=[ \t]*)?[%!](?:.*\\\n)*.*|\?{1,2}[\w.]+|[\w.]+\?{1,2}[ \t]*)$",
    re.MULTILINE,
)
NOTEBOOK_ONLY = {"IPython", "google", "ipywidgets"}  # modules that exist only beside a notebook

# A constant is built from literals and names of constants by these …
PURE = (
    ast.Attribute, ast.BinOp, ast.BoolOp, ast.Compare, ast.Dict, ast.FormattedValue, ast.IfExp,
    ast.JoinedStr, ast.List, ast.Set, ast.Slice, ast.Starred, ast.Subscript, ast.Tuple,
    ast.UnaryOp, ast.keyword,
)  # fmt: skip
# … and by calls that cost nothing and change nothing.
PURE_CALLS = {
    "Path", "bool", "collections.namedtuple", "dict", "float", "int", "len", "list", "namedtuple",
    "np.array", "numpy.array", "range", "set", "str", "torch.backends.mps.is_available",
    "torch.cuda.is_available", "torch.device", "torch.tensor", "tuple",
}  # fmt: skip


@dataclass(frozen=True)
class Notebook:
    """A notebook as a module, and the cells that could not be read (``cell 3 (the reason)``)."""

    source: str
    unread: tuple[str, ...]


def module_source(notebook_json: str) -> str:
    """The module made of a notebook; each cell's code follows a comment ``# notebook cell N``.

    N counts the code cells from 1. ``from __future__`` imports move to the top.

    :raises UserError: the text is no notebook, or one beyond any reason.
    """
    return read_notebook(notebook_json).source


def read_notebook(notebook_json: str) -> Notebook:
    """The same as ``module_source``, and which cells it left out because they do not parse."""
    future: list[str] = []
    sections: list[str] = []
    unread: list[str] = []
    chooser = _Chooser()
    for number, cell in enumerate(code_cells(notebook_json), start=1):
        sections.append(f"# notebook cell {number}")
        try:
            tree, text = parse_cell(cell)
            body = [node for node in tree.body if not isinstance(node, ast.Pass)]
            chosen = [node for node in body if chooser.keeps(node)]
            texts = [_text(node, text) for node in chosen]
        except (SyntaxError, ValueError, RecursionError) as error:
            reason = " ".join(str(getattr(error, "msg", None) or error).split())
            unread.append(f"cell {number} ({reason})")
            continue
        for node, source in zip(chosen, texts, strict=True):
            of_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            (future if of_future else sections).append(source)
    return Notebook("\n".join([*future, *sections, ""]), tuple(unread))


def code_cells(notebook_json: str) -> list[str]:
    """The text of every code cell, in order, for notebooks of any version.

    :raises UserError: the text is no notebook, or one beyond any reason.
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


def parse_cell(cell: str) -> tuple[ast.Module, str]:
    """The syntax tree of a cell, and the text that it was made of: IPython's lines are `pass`.

    :raises SyntaxError: what remains is not Python.
    """
    if FOREIGN_CELL.match(cell):
        return ast.Module([], []), ""
    try:
        return parse(cell), cell
    except SyntaxError:
        # Only now, because a line of plain Python may begin with a modulo sign.
        plain = MAGIC.sub(r"\1pass", cell)
        return parse(plain), plain


def _text(node: ast.stmt, cell: str) -> str:
    """A definition as it was written, with its comments; any other statement without its line."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        return "\n".join(cell.split("\n")[start - 1 : node.end_lineno])
    return ast.unparse(node)


class _Chooser:
    """Decides what is kept, and remembers the names that this defines."""

    def __init__(self) -> None:
        # In the order of definition, and without __name__: a main program is not kept.
        self.known = dict.fromkeys(name for name in dir(builtins) if not name.startswith("__"))

    def keeps(self, node: ast.stmt) -> bool:
        """Whether the statement is an import, a definition, a constant, or a choice among them."""
        known_before = len(self.known)
        match node:
            case ast.Import(names=names):
                kept = self._imports(names[0].name, names)
            case ast.ImportFrom(names=names):
                kept = self._imports(node.module or "", names)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                kept = True
                self.known[node.name] = None
            case ast.Assign(targets=targets, value=value):
                kept = self._is_constant(value) and all(map(self._binds, targets))
            case ast.AnnAssign(target=target, annotation=annotation, value=ast.expr() as value):
                kept = all(map(self._is_constant, [annotation, value])) and self._binds(target)
            case ast.If(test=test):
                kept = self._is_constant(test) and all(map(self.keeps, node.body + node.orelse))
            case ast.Try():
                handled = [statement for handler in node.handlers for statement in handler.body]
                parts = node.body + handled + node.orelse + node.finalbody
                kept = all(map(self.keeps, parts))
            case _:
                kept = isinstance(node, ast.Pass)
        while not kept and len(self.known) > known_before:
            self.known.popitem()
        return kept

    def _imports(self, module: str, names: list[ast.alias]) -> bool:
        self.known |= dict.fromkeys((alias.asname or alias.name).split(".")[0] for alias in names)
        return module.split(".")[0] not in NOTEBOOK_ONLY

    def _binds(self, target: ast.expr) -> bool:
        match target:
            case ast.Name(id=name):
                self.known[name] = None
                return True
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return all(map(self._binds, elements))
        return False

    def _is_constant(self, node: ast.AST) -> bool:
        match node:
            case ast.Constant() | ast.Lambda():
                return True
            case ast.Name(id=name):
                return name in self.known
            case ast.Call(func=function):
                pure = ast.unparse(function) in PURE_CALLS
            case _:
                pure = isinstance(node, PURE)
        children = (
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr | ast.keyword)
        )
        return pure and all(map(self._is_constant, children))
