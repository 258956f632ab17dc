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
    *("sys.settrace", "sys.setprofile", "sys.addaudithook", "sys.monitoring", "threading.settrace"),
    *("_imp", "torch.overrides.TorchFunctionMode", "torch.utils._python_dispatch"),
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "gc.callbacks"),
    *("torch._C", "torch.library", "torch.autograd._", "torch.nn.modules.module._global"),
    *("torch.fx", "torch.export"),  # they take layers apart where nobody looks
    *("torch.ao", "torch.quantization", "torch.testing"),  # they have layers of their own
    *("torch.nn.quantized", "torch.nn.quantizable", "torch.nn.qat", "torch.nn.intrinsic"),
)
# Editors import torch's public types from where they find them.
HARMLESS = {f"torch._C.{name}" for name in ("Generator", "Size", "device", "dtype")}
# Ways from a frame or a function, however got, to what it sees.
INSIDES = {
    *("f_back", "f_globals", "f_locals", "f_builtins"),
    *("__globals__", "__builtins__", "__closure__", "cell_contents"),
}
# Methods that take the place of torch's operators.
OVERRIDES = {"__torch_function__", "__torch_dispatch__"}


def tampering(sources: Sources, *, is_program: bool = False) -> list[Violation]:
    """List the uses of such tools, by file and line."""
    return findings(_Tools, sources, is_program=is_program)


class _Tools(Scanner):
    def objection(self, used: Ref) -> str | None:
        is_tool = _is_private(used.path) or any(_within(used.path, tool) for tool in TOOLS)
        return used.path if is_tool and used.path not in HARMLESS else None

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        self.note(node, node.attr if node.attr in INSIDES | OVERRIDES else None)
        return super().visit_Attribute(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.note(node, node.name if node.name in OVERRIDES else None)
        super().visit_FunctionDef(node)

    def resolve(self, node: ast.AST) -> Value:
        value = super().resolve(node)
        is_name = isinstance(node, ast.Name) and node.id in OVERRIDES
        if isinstance(node, ast.expr) and (is_name or value in OVERRIDES):
            self.note(node, "a method that replaces operators of torch")
        elif isinstance(node, ast.expr) and value in INSIDES:  # for getattr and its kin
            self.note(node, str(value))
        return value

    def allows_item(self, owner: Ref, index: ast.expr, key: Value) -> bool:
        """Allow one's own module of ``sys.modules``, and one whose name says what it is."""
        is_own = isinstance(index, ast.Name) and index.id == "__name__"
        is_own |= isinstance(index, ast.Attribute) and index.attr == "__module__"
        return owner == Ref("sys.modules") and (is_own or isinstance(key, str))


def _is_private(path: str) -> bool:
    """Tell whether a path goes through a private part of torch itself, as ``torch._decomp``."""
    library, _, rest = path.partition(".")
    return library == "torch" and rest.startswith("_") and not rest.startswith("__")


def _within(path: str, tool: str) -> bool:
    """Tell whether a path is that tool or part of it; names that end in "_" go on as they like."""
    return path == tool or path.startswith(f"{tool}.") or ("._" in tool and path.startswith(tool))
