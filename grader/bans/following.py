"""Follow what the names in a source stand for: aliases, imports, attributes.

A `Scanner` evaluates just as much of Python as it takes to see that ``L`` is ``torch.nn.LSTM``
after ``from torch.nn import LSTM as L``, that ``"LS" + "TM"`` is a text and ``getattr`` of it a
layer. An expression that stands for something banned is a use of it. What can't be followed is
taken for harmless, for a false alarm costs honest students points: an own class may be called
``LSTM``, and to import a banned layer, annotate with it or compare with it is no use of it.
"""

from __future__ import annotations

import ast
import builtins
from collections import ChainMap
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from grader.bans import meanings
from grader.bans.lookups import looked_up
from grader.bans.meanings import Budget, Ref, TextMethod, Value, is_of_torch, joined, member, ref
from grader.bans.patterns import bindings
from grader.core.sources import is_main_block

_Names: TypeAlias = "ChainMap[str, Value]"


class Scanner(ast.NodeVisitor):
    """Note every expression that stands for something that `objection` objects to.

    ``visit`` returns what an expression stands for. ``found`` has lines and what stands there.

    Args:
        main_runs: Scan main blocks, too, because something can make them run.
    """

    def __init__(self, main_runs: bool = True) -> None:
        self.found: set[tuple[int, str]] = set()
        self.line = 1  # of the statement or expression being visited
        self.names: _Names = ChainMap()
        self._main_runs = main_runs
        self._spend = Budget().spend
        self._visible = self.names  # in functions that are defined here: without a class's names
        self._later: list[tuple[_Names, Sequence[ast.AST]]] = []

    def objection(self, used: Ref) -> str | None:
        """Return the name by which messages show ``used`` if it is forbidden; else None."""
        raise NotImplementedError

    def objection_to_call(self, function: Value, call: ast.Call, values: list[Value]) -> str | None:
        """Return the name by which messages show a call if it is forbidden; else None.

        Args:
            function: What is called.
            call: The call's expression.
            values: What its arguments stand for.
        """
        del call, values
        return self.objection(function) if isinstance(function, Ref) else None

    def objection_to_lookup(self, module: str) -> str | None:
        """Return the name by which messages show a lookup of an unknown name in a module."""
        del module
        return None

    def allows_item(self, owner: Ref, index: ast.expr, key: Value) -> bool:
        """Tell whether ``owner[index]`` is harmless although ``owner`` may be forbidden."""
        del owner, index, key
        return False

    def scan(self, tree: ast.Module) -> None:
        """Visit a whole module."""
        self._within(self.names, self._visible, tree.body)
        # A function runs when the names around it have got their final meaning.
        while self._later:
            names, body = self._later.pop()
            self._within(names, names, body)

    def visit(self, node: ast.AST) -> Value:
        """Visit ``node``, and note it if it is a use of something forbidden."""
        value = self.resolve(node)
        if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            self._note_value(node, value)
        return value

    def _note_value(self, node: ast.expr | ast.pattern, value: Value) -> None:
        self.note(node, self.objection(value) if isinstance(value, Ref) else None)

    def note(self, node: ast.expr | ast.stmt | ast.pattern, what: str | None) -> None:
        """Note that ``node`` is a use of ``what``, if that is anything."""
        if what:
            self.found.add((node.lineno, what))

    def resolve(self, node: ast.AST) -> Value:
        """Return what ``node`` stands for, without noting it: not every mention is a use."""
        self._spend(1)
        self.line = getattr(node, "lineno", self.line)
        value: Value = super().visit(node)
        return value

    def _compared(self, node: ast.expr) -> Value:
        """Visit what something is compared with: a class, or several."""
        match node:
            case ast.Tuple(elts=classes) | ast.List(elts=classes) | ast.Set(elts=classes):
                return tuple([self._compared(each) for each in classes])
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return (self._compared(left), self._compared(right))
        return self.resolve(node)

    def _within(self, names: _Names, visible: _Names, nodes: Iterable[ast.AST]) -> None:
        outer = self.names, self._visible
        self.names, self._visible = names, visible
        self._visit_all(nodes)
        self.names, self._visible = outer

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Assignments and imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            package = alias.name.partition(".")[0]
            self.names[alias.asname or package] = ref(alias.name if alias.asname else package)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = ref(node.module) if node.module and not node.level else None
        for alias in node.names:
            if alias.name == "*":
                self.names["*"] = meanings.stars(module, self._starred())
            else:
                self.names[alias.asname or alias.name] = member(module, alias.name)

    def _starred(self) -> tuple[Value, ...]:
        modules = self.names.get("*")
        found = modules if isinstance(modules, tuple) else ()
        self._spend(len(found))
        return found

    def _bind(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets) if isinstance(
                value, tuple
            ) and len(value) == len(targets):
                for each, part in zip(targets, value, strict=True):
                    self._bind(each, part)
            case _:
                self.visit(target)

    def visit_Assign(self, node: ast.Assign) -> None:
        value = self.visit(node.value)
        for target in node.targets:
            self._bind(target, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._bind(node.target, self.visit(node.value) if node.value else None)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.visit(node.value)
        self._bind(node.target, value)
        return value

    # Scopes and blocks

    def visit_If(self, node: ast.If) -> None:
        if self._main_runs or not is_main_block(node):
            self._visit_all([node.test, *node.body])
        self._visit_all(node.orelse)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._visit_all(node.decorator_list)
        self._function(node.args, node.body)
        self.names[node.name] = None

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def _function(self, arguments: ast.arguments, body: Sequence[ast.AST]) -> None:
        parameters: dict[str, Value] = {}
        for child in ast.iter_child_nodes(arguments):
            if isinstance(child, ast.arg):
                parameters[child.arg] = None
            else:
                self.visit(child)  # a default
        self._later.append((self._visible.new_child(parameters), body))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        self._within(self._visible.new_child(), self._visible, node.body)
        self.names[node.name] = None

    def visit_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        names = self.names.new_child()
        children = ast.iter_child_nodes(node)
        loops_first = sorted(children, key=lambda child: not isinstance(child, ast.comprehension))
        self._within(names, names, loops_first)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    # Expressions

    def visit_Name(self, node: ast.Name) -> Value:
        if not isinstance(node.ctx, ast.Load):
            self.names[node.id] = None
            return None
        if node.id in self.names:
            return self.names[node.id]
        if hasattr(builtins, node.id):
            return Ref(f"builtins.{node.id}")
        found = [member(module, node.id) for module in self._starred()]
        forbidden = (each for each in found if isinstance(each, Ref) and self.objection(each))
        return next(forbidden, found[0] if found else None)

    def visit_Attribute(self, node: ast.Attribute) -> Value:
        owner = self.visit(node.value)
        if isinstance(owner, str):
            return TextMethod(owner, node.attr)
        return member(owner, node.attr)

    def visit_Constant(self, node: ast.Constant) -> Value:
        return node.value if isinstance(node.value, str) else None

    def visit_Tuple(self, node: ast.Tuple | ast.List) -> Value:
        return tuple([self.visit(element) for element in node.elts])

    visit_List = visit_Tuple

    def visit_BinOp(self, node: ast.BinOp) -> Value:
        parts = [self.visit(node.left), self.visit(node.right)]
        return joined(parts) if isinstance(node.op, ast.Add) else None

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Value:
        return joined([self.visit(part) for part in node.values])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> Value:
        value = self.visit(node.value)
        return value if node.conversion == -1 and node.format_spec is None else None

    def visit_Compare(self, node: ast.Compare) -> None:
        for operand in [node.left, *node.comparators]:
            self._compared(operand)

    def visit_Match(self, node: ast.Match) -> None:
        subject = self.visit(node.subject)
        for case in node.cases:
            for part, value in bindings(case.pattern, subject):
                match part:
                    case ast.expr():
                        self._compared(part)
                    case str():
                        self.names[part] = value
                    case ast.MatchClass(patterns=[_, *_]) if is_of_torch(value):
                        self.note(part, self.objection_to_lookup("torch"))
                    case ast.pattern():
                        self._note_value(part, value)
            self._visit_all([*([case.guard] if case.guard else []), *case.body])

    def visit_Subscript(self, node: ast.Subscript) -> Value:
        owner = self.resolve(node.value)
        key = self._compared(node.slice)
        if isinstance(owner, Ref) and not self.allows_item(owner, node.slice, key):
            self.note(node.value, self.objection(owner))
        if isinstance(owner, tuple) and isinstance(node.slice, ast.Constant):
            return meanings.item(owner, node.slice.value)
        # A text as key of a known path means an attribute: module.__dict__["name"].
        return member(owner, key)

    def visit_Call(self, node: ast.Call) -> Value:
        function = self.resolve(node.func)
        if function in (Ref("builtins.isinstance"), Ref("builtins.issubclass")):
            for argument in node.args:
                self._compared(argument)
            return None
        arguments = [self.visit(argument) for argument in node.args]
        self._visit_all(node.keywords)
        self.note(node.func, self.objection_to_call(function, node, arguments))
        if function in meanings.RUNNERS_OF_TEXT and arguments and isinstance(arguments[0], str):
            return self._run(arguments[0], node)
        self._spend(sum(len(each) for each in arguments if isinstance(each, tuple)))
        found = looked_up(function, arguments)
        self.note(node, self.objection_to_lookup(found.unknown) if found.unknown else None)
        for each in found.result if isinstance(found.result, tuple) else ():
            self._note_value(node, each)
        return found.result

    def _run(self, text: str, call: ast.Call) -> Value:
        """Visit a text that is run as code as if it stood in the line of the call."""
        self._spend(8 * len(text))  # a copy of its tree is made
        statements = meanings.statements_of(text, call.lineno)
        match statements:
            case [ast.Expr(value=expression)]:
                return self.visit(expression)
        self._visit_all(statements)
        return None
