"""Tell whether an imported file's `if __name__ == "__main__"` block can be made to run.

A main block, ``if __name__ == "__main__":``, doesn't run in a file that is imported. It does if the
module's name changes while the import runs. For that, code has to bind ``__name__``, get hold of
its module or of the dictionary of its names, or be changed by a file that imports it back. Honest
files do these things, too; all that it costs them is that their main blocks are scanned like
everything else. Main blocks themselves are left out here: they can't make themselves run.
"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from grader.bans.following import Scanner
from grader.bans.meanings import Ref, Value
from grader.core.sources import imports, is_main_block, parse

NAME = "__name__"
NAMESPACES = tuple(Ref(f"builtins.{name}") for name in ("globals", "locals", "vars"))
MODULES = ("sys.modules", "inspect.getmodule", "imp", "runpy", "importlib.util")
READERS = {"get", "items", "keys", "values"}  # methods of a dictionary that don't change it
GLOBALS = {"__globals__", "f_globals", "f_locals"}


@functools.lru_cache(maxsize=64)
def main_blocks_run(sources: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether main blocks of these sources (names with texts) may run when imported."""
    return any(_may_rename(text) for _, text in sources) or _import_in_circles(dict(sources))


@functools.lru_cache(maxsize=4096)
def _may_rename(source: str) -> bool:
    scanner = _Renaming(main_runs=False)
    try:
        tree = parse(source)
        scanner.scan(tree)
        return bool(scanner.found) or any(map(_binds_name, _outside_main_blocks(tree)))
    except Exception:  # noqa: BLE001 (whatever can't be scanned may do it)
        return True


def _outside_main_blocks(node: ast.AST) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.orelse if is_main_block(node) else ast.iter_child_nodes(node)


def _binds_name(node: ast.AST) -> bool:
    """Tell whether a node holds ``__name__``, as an identifier or text, other than to read it."""
    if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
        return False
    values = (value for _, value in ast.iter_fields(node))
    return any(NAME in value if isinstance(value, list) else value == NAME for value in values)


class _Renaming(Scanner):
    """Object to what gives a module its own names to change."""

    def objection(self, used: Ref) -> str | None:
        paths = (*MODULES, *(namespace.path for namespace in NAMESPACES))
        is_found = any(used.path == path or used.path.startswith(f"{path}.") for path in paths)
        return used.path if is_found else None

    def objection_to_call(self, function: Value, call: ast.Call, values: list[Value]) -> str | None:
        if function == Ref("builtins.vars") and values == [None]:  # of an object
            return None
        return super().objection_to_call(function, call, values)

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        if isinstance(node.ctx, ast.Load) and self._is_namespace(node.value):
            self.visit(node.slice)
            return None
        return super().visit_Subscript(node)

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        if node.attr in READERS and self._is_namespace(node.value):
            return None
        self.note(node, node.attr if node.attr in GLOBALS else None)
        return super().visit_Attribute(node)

    def _is_namespace(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
                return self.names.get(name, Ref(f"builtins.{name}")) in NAMESPACES
        return False


def _import_in_circles(sources: dict[str, str]) -> bool:
    """Tell whether some file imports one that imports it back, main blocks left out."""
    stems = {PurePosixPath(file).stem for file in sources}
    imported: dict[str, set[str]] = {stem: set() for stem in stems}
    for file, text in sources.items():
        for found in imports(text):
            if not found.in_main:
                last = found.module.rpartition(".")[2]
                names = {last} if last in stems else {found.name}
                imported[PurePosixPath(file).stem] |= names & stems
    importers: defaultdict[str, list[str]] = defaultdict(list)
    for stem, names in imported.items():
        for name in names:
            importers[name].append(stem)
    open_names = {stem: len(names) for stem, names in imported.items()}
    leaves = [stem for stem, count in open_names.items() if not count]
    while leaves:
        leaf = leaves.pop()
        del open_names[leaf]
        for stem in importers[leaf]:
            open_names[stem] -= 1
            if not open_names[stem]:
                leaves.append(stem)
    return bool(open_names)  # what is left imports something that is left
