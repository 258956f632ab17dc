"""Run a training script as its author did.

``train`` is called by the names of its parameters where these are the sheet's. Else the script runs
as ``python train.py`` does: what its main block passes to ``train`` is what it gets, with the
length and the model that are asked for. A loop that stands in the main block or at the top of the
file runs there.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from grader.core.sources import is_main_block
from grader.core.spelling import by_any_name, names_for, squeeze
from grader.exercises.palindrome.configuration import declared, supply
from grader.exercises.palindrome.settings import Settings
from grader.exercises.palindrome.training_trace import Trace
from grader.worker.answering import Unusable
from grader.worker.calling import bind, find, parameters, takes
from grader.worker.explain import is_out_of_memory
from grader.worker.script import Script

NOTICED = "__noticed__"


class Run:
    """One run of a script: what ``train`` returned, if it was called.

    Args:
        sheet: Values for a ``train`` that is called by the names of its parameters.
    """

    def __init__(
        self, script: Script, settings: Settings, trace: Trace, sheet: dict[str, Any]
    ) -> None:
        self.returned: Any = None
        self.module: ModuleType
        self._script, self._settings, self._trace = script, settings, trace
        self._sheet = sheet
        self._is_inside = self._has_returned = False

    def perform(self) -> None:
        """Execute the script until a training has run.

        Raises:
            Unusable: Nothing in the script trains a network.
        """
        tree = self._script.tree()
        self._settings.read(tree)
        options = declared(tree)
        arguments = self._settings.command_line(tree)
        tree = self._settings.rewritten(tree)
        main = [statement for statement in tree.body if is_main_block(statement)]
        others = [statement for statement in tree.body if statement not in main]
        try:
            self._execute(others, main, arguments, options)
        except (Exception, SystemExit):
            if self._trace.steps or not _goes_on_after(main, tree):
                raise
            self._execute(tree.body, [], arguments, options)

    def _execute(
        self,
        body: Sequence[ast.stmt],
        main: Sequence[ast.stmt],
        arguments: list[str],
        options: dict[str, Any],
    ) -> None:
        """Execute statements, then main blocks or the training function, whatever trains."""
        before = [part for statement in body for part in _noticing(statement)]
        with self._script.as_main(arguments, **{NOTICED: self._noticed}) as self.module:
            self._script.execute(before, self.module)
            ways = [lambda: self._script.execute(main, self.module)] if main else []
            function = _train_of(self.module)
            if function is not None:
                call = functools.partial(self._call, function, options)
                ways.insert(0 if self._is_known(function) else len(ways), call)
            self._try(ways)

    def _try(self, ways: list[Callable[[], None]]) -> None:
        """Go on from one way to the next until one has trained, or returned without an error."""
        first: BaseException | None = None
        for way in ways:
            if self._trace.steps or self._has_returned:
                return
            try:
                way()
            except (Exception, SystemExit) as error:
                if self._trace.steps or is_out_of_memory(error):
                    raise
                first = first or error
        if first is not None and not self._trace.steps and not self._has_returned:
            raise first
        if self._trace.has_begun or self._has_returned:
            return
        raise Unusable(
            "Running train.py should train a network.",
            expected="def train(…), or a loop in the main block",
            got="no step of an optimizer",
            hint="Call train in the main block, or define it at the top of the file.",
        )

    def _call(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        chosen, aliases = self._settings.values, self._settings.aliases
        supplied = supply(options, self._sheet, chosen, aliases, vars(self.module))
        defaults = {squeeze(p.name) for p in parameters(function) if p.default is not p.empty}
        values = {
            name: value
            for name, value in self._sheet.items()
            if name in chosen or not defaults & names_for(name, aliases)
        }
        bind(function, values, aliases, supplied)

    def _is_known(self, function: Callable[..., Any]) -> bool:
        """Return whether the sheet's values are all that a function needs, the length included."""
        aliases = self._settings.aliases
        several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
        needed = [
            parameter.name
            for parameter in parameters(function)
            if parameter.default is parameter.empty and parameter.kind not in several
        ]
        known = by_any_name(self._sheet, aliases)
        sized = any(takes(function, name, aliases) for name in ("length", "input_length"))
        return sized and all(squeeze(name) in known for name in needed)

    def _noticed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a training function: set the values among its arguments, keep its result."""
        if not inspect.isfunction(function):  # an imported class or module
            return function

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if self._is_inside:
                return function(*arguments, **options)
            try:
                bound = inspect.signature(function).bind(*arguments, **options)
            except (TypeError, ValueError):  # the call itself says what is wrong
                return function(*arguments, **options)
            bound.apply_defaults()
            self._settings.apply(vars(self.module))
            self._settings.apply(bound.arguments)
            self._is_inside = True
            try:
                result = function(*bound.args, **bound.kwargs)
            finally:
                self._is_inside = False
            if not self._has_returned:
                self.returned, self._has_returned = result, True
            return result

        return call


def _noticing(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement with a decorator for each training function that it defines or imports."""
    if isinstance(statement, ast.FunctionDef) and _trains(statement.name):
        statement.decorator_list.insert(0, ast.Name(NOTICED, ast.Load()))
    yield statement
    if isinstance(statement, ast.ImportFrom):
        for name in (alias.asname or alias.name for alias in statement.names):
            if _trains(name):
                call = ast.Call(ast.Name(NOTICED, ast.Load()), [ast.Name(name, ast.Load())], [])
                yield ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], call), statement)


def _goes_on_after(main: Sequence[ast.stmt], tree: ast.Module) -> bool:
    """Return whether anything runs after the first main block, which may need its names."""
    definitions = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    after = tree.body[tree.body.index(main[0]) :] if main else []
    return any(
        statement not in main and not isinstance(statement, definitions) for statement in after
    )


def _trains(name: str) -> bool:
    return "train" in name.lower()


def _train_of(module: ModuleType) -> Callable[..., Any] | None:
    """Return the training function of a module, the one called ``train`` before others."""
    try:
        return find(module, "train")
    except Unusable:
        own = (value for value in vars(module).values() if inspect.isfunction(value))
        named = [v for v in own if "train" in v.__name__.lower() and v.__module__ == "__main__"]
        return named[0] if len(named) == 1 else None
