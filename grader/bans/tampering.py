"""Finds, in source text, what code uses that wants to blind the looks at run time (bans.py).

Such code shares a process with these looks, so it can take them apart; but for that it must get
hold of them. The tools for it have no place in what is written from scratch. Only what
honest code has no use for is on the list: a network that is right must not be stopped by it, and
who hides these tools hides them from a person who reads the code as badly as from this look.
"""

from __future__ import annotations

import ast

from grader.bans.static import Looker, Ref, Value, Violation, findings, member

TOOLS = (
    *("grader", "ctypes", "sys.modules", "inspect.getargvalues"),
    *("sys.settrace", "sys.setprofile", "sys.addaudithook", "threading.settrace"),
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "gc.callbacks"),
    *("torch._C", "torch.library", "torch.autograd._", "torch.nn.modules.module._global"),
    *("torch.fx", "torch.export"),  # they take layers apart where nobody looks
)
# Editors import torch's public types from where they find them.
HARMLESS = {f"torch._C.{name}" for name in ("Generator", "Size", "device", "dtype")}
FRAMES = {"f_back", "f_globals", "f_locals"}  # ways from a frame, however got, to what it sees


def tampering(source: str, filename: str) -> list[Violation]:
    """The uses of such tools in ``source``, by line; none if it is not valid Python."""
    return findings(_Tools, source, filename)


class _Tools(Looker):
    def objection(self, used: Ref) -> str | None:
        is_tool = used.path not in HARMLESS and any(_within(used.path, tool) for tool in TOOLS)
        return used.path if is_tool else None

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        if node.attr in FRAMES:
            self.found.add((node.lineno, node.attr))
        return super().visit_Attribute(node)

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        """Of ``sys.modules``, one's own module, and one whose name says what it is."""
        if self.glance(node.value) == Ref("sys.modules"):
            match node.slice:
                case ast.Name(id="__name__") | ast.Attribute(attr="__module__"):
                    return None
                case ast.Constant(str(name)):
                    return member(Ref("sys.modules"), name)
        return super().visit_Subscript(node)


def _within(path: str, tool: str) -> bool:
    """Whether ``path`` is that tool, or part of it; names that end in "_" go on as they like."""
    return path == tool or path.startswith(f"{tool}.") or ("._" in tool and path.startswith(tool))
