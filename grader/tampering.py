"""Finds, in source text, what code uses that wants to blind the looks at run time (bans.py).

Such code shares a process with these looks, so it can take them apart; but for that it must get
hold of them. The tools for it have no place in a network that is written from scratch.
"""

from __future__ import annotations

import ast
import contextlib
import warnings

from grader.static_look import Violation, _Looker, _Ref, _Value

TOOLS = (
    *("grader", "ctypes", "threading", "_thread", "concurrent", "multiprocessing.dummy"),
    *("sys.modules", "sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile"),
    *("inspect.currentframe", "inspect.stack"),
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents"),
    *("builtins.exec", "builtins.eval", "builtins.compile"),
    *("torch._C", "torch.library", "torch.autograd._", "torch.autograd.profiler"),
    "torch.nn.modules.module._global",
)


def tampering(source: str, filename: str) -> list[Violation]:
    """The uses of such tools in ``source``, by line; none if it is not valid Python."""
    looker = _Tools()
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source.removeprefix("\ufeff"))
        looker.look(tree)
    lines = source.splitlines()
    return [
        Violation(filename, line, what, lines[line - 1].strip())
        for line, what in sorted(looker.used)
    ]


class _Tools(_Looker):
    def __init__(self) -> None:
        super().__init__()
        self.used: set[tuple[int, str]] = set()

    def visit(self, node: ast.AST) -> _Value:
        value = super().visit(node)
        if isinstance(node, ast.expr) and isinstance(value, _Ref):
            tool = next((tool for tool in TOOLS if _within(value.path, tool)), None)
            if tool:
                self.used.add((node.lineno, value.path))
        return value

    def visit_Subscript(self, node: ast.Subscript) -> _Value:
        match node:
            case ast.Subscript(slice=ast.Name(id="__name__")):
                return None  # sys.modules[__name__]: its own names
        return super().visit_Subscript(node)


def _within(path: str, tool: str) -> bool:
    """Whether ``path`` is that tool, or part of it; names that end in "_" go on as they like."""
    return path == tool or path.startswith(f"{tool}.") or ("._" in tool and path.startswith(tool))
