"""Run a student's file as a program, as `python train.py` does."""

from __future__ import annotations

import ast
import builtins
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.worker.attribution import describe
from grader.worker.importing import StudentCode

Ask = Callable[[Any], Any]  # sends a question to the judge, returns the reply


class Script:
    """One file of a submission that is executed rather than imported.

    ``ask`` sends data to the judge while the script runs, and returns the judge's reply.
    """

    def __init__(self, code: StudentCode, file: str, ask: Ask) -> None:
        self._code = code
        self.file = file
        self.root = code.root
        self.path = code.root / file
        self.ask = ask

    def tree(self) -> ast.Module:
        """Parse the file."""
        return ast.parse(self._code.sources.read(self.path), str(self.path))

    def where(self, error: BaseException) -> str:
        """Return the innermost place in the student's files that ``error`` came from."""
        return describe(error, self._code)["where"]

    @contextlib.contextmanager
    def as_main(self, arguments: Sequence[str], **names: Any) -> Iterator[ModuleType]:
        """Make an empty ``__main__`` for the file, in which nothing has been imported yet.

        Args:
            arguments: The command line after the file's name.
            names: Further names that are defined in the module.
        """
        self._code.forget()
        module = ModuleType("__main__")
        module.__file__ = str(self.path)
        module.__package__ = self._code.package_of(self.path)
        vars(module).update(names, __builtins__=builtins)
        before = sys.modules["__main__"], sys.argv
        sys.modules["__main__"], sys.argv = module, [self.path.name, *arguments]
        try:
            with folders_made():
                yield module
        finally:
            sys.modules["__main__"], sys.argv = before

    def execute(self, statements: Sequence[ast.stmt], module: ModuleType) -> None:
        """Execute statements of the file in ``module``."""
        tree = ast.fix_missing_locations(ast.Module(list(statements), []))
        exec(compile(tree, str(self.path), "exec"), vars(module))


@contextlib.contextmanager
def folders_made() -> Iterator[None]:
    """Make the missing folders of files that are opened for writing, below the current one.

    Results are often saved into a folder that stands beside the script at home.
    """
    original = builtins.open

    def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if isinstance(file, str | Path) and set("wax") & set(mode) and not Path(file).is_absolute():
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        return original(file, mode, *arguments, **options)

    builtins.open = opened
    try:
        yield
    finally:
        builtins.open = original
