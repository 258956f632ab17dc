"""Find code that tries to replace functions of torch or of the grader, in source text.

Such code shares a process with these records, so it can take them apart; but for that it must get
hold of them. The tools for it have no place in what is written from scratch. Only what honest code
has no use for is on the list: a network that is right must not be stopped by it. Who hides these
tools hides them from a person who reads the code as much as from this scan.
"""

from __future__ import annotations

import ast

from grader.bans.following import Scanner
from grader.bans.meanings import Ref, Value
from grader.bans.static import Sources, Violation, findings

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


def tampering(sources: Sources, *, is_program: bool = False) -> list[Violation]:
    """List the uses of such tools, by file and line."""
    return findings(_Tools, sources, is_program=is_program)


class _Tools(Scanner):
    def objection(self, used: Ref) -> str | None:
        is_tool = used.path not in HARMLESS and any(_within(used.path, tool) for tool in TOOLS)
        return used.path if is_tool else None

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        self.note(node, node.attr if node.attr in FRAMES else None)
        return super().visit_Attribute(node)

    def allows_item(self, owner: Ref, index: ast.expr) -> bool:
        """Allow one's own module of ``sys.modules``, and one whose name says what it is."""
        match index:
            case ast.Name(id="__name__") | ast.Attribute(attr="__module__") | ast.Constant(str()):
                return owner == Ref("sys.modules")
        return False


def _within(path: str, tool: str) -> bool:
    """Tell whether a path is that tool or part of it; names that end in "_" go on as they like."""
    return path == tool or path.startswith(f"{tool}.") or ("._" in tool and path.startswith(tool))
