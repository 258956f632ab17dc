"""Imports a student's files, in the worker.

Submissions are flat folders, packages, or folders whose names no package may have, and import
their own files in every one of these ways (``from dataset import …``, ``from .dataset import …``,
``from part1.dataset import …``). All of them work here, also where an upload has lost the folders;
the standard library and installed packages that the kit uses can't be shadowed.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType, TracebackType

from grader.core.names import PROTECTED
from grader.worker.finders import LastResort, StudentFinder
from grader.worker.stubs import StandIns


class StudentCode:
    """The files of one submission below ``root``, imported on demand."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, ModuleType] = {}
        self._finder, self._standins = StudentFinder([str(root)]), StandIns()
        self._last_resort = LastResort(root)
        sys.meta_path[:] = [self._finder, self._standins, *sys.meta_path, self._last_resort]

    @property
    def exercise(self) -> str:
        """The exercise of the running test, whose given files need not be handed in."""
        return self._last_resort.exercise

    @exercise.setter
    def exercise(self, name: str) -> None:
        self._last_resort.exercise = name

    def close(self) -> None:
        """Undo the import of the submission (an in-process run shares its interpreter)."""
        ours = self._finder, self._standins, self._last_resort
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder not in ours]
        for name, module in list(sys.modules.items()):
            own = getattr(module, "__dict__", {})  # some of torch's answer to every name
            homes = [own.get("__file__"), *own.get("__path__", ())]
            if own.get("__loader__") in ours or any(map(self.owns, homes)):
                del sys.modules[name]

    def owns(self, filename: str | None) -> bool:
        return filename is not None and Path(filename).is_relative_to(self.root)

    def module(self, file: str) -> ModuleType:
        """The module of ``file`` (relative to the root), imported the first time it is asked for.

        It is imported as a member of its folder, so that relative imports work, and entered under
        its bare name, too, so that ``import vanilla_rnn`` elsewhere finds the same module.
        """
        if file not in self._modules:
            path = self.root / file
            for folder in [path.parent, *path.parent.parents]:
                if not folder.is_relative_to(self.root):
                    break
                if str(folder) not in self._finder.folders:
                    self._finder.folders.insert(0, str(folder))
            self._modules[file] = self._import(path)
        return self._modules[file]

    def _import(self, path: Path) -> ModuleType:
        known = sys.modules.get(path.stem)
        if known is not None and self.owns(known.__file__) and Path(str(known.__file__)) == path:
            return known
        package = path.parent.name.replace(".", "_") if path.parent != self.root else "submission"
        if package not in sys.modules:
            parent = ModuleType(package)
            parent.__path__ = [str(path.parent)]
            sys.modules[package] = parent
        name = f"{package}.{path.stem}"
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path.name} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        if path.stem not in PROTECTED:
            sys.modules.setdefault(path.stem, module)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            for alias in (name, path.stem):
                if sys.modules.get(alias) is module:
                    del sys.modules[alias]
            raise
        return module

    def describe(self, error: BaseException) -> dict[str, str]:
        """``error`` as data: type, message, the last line of theirs, and their frames only."""
        report = traceback.TracebackException.from_exception(error)
        report.stack = traceback.StackSummary.from_list(
            [frame for frame in report.stack if self.owns(frame.filename)][-8:]
        )
        for frame in report.stack:
            frame.filename = Path(frame.filename).relative_to(self.root).as_posix()
        where = ""
        if report.stack:
            where = f"{report.stack[-1].filename}, line {report.stack[-1].lineno}"
        elif isinstance(error, SyntaxError) and self.owns(error.filename):
            name = Path(str(error.filename)).relative_to(self.root).as_posix()
            report.filename = name
            where = f"{name}, line {error.lineno}"
        return {
            "type": type(error).__name__,
            "message": text_of(error),
            "where": where,
            "traceback": "".join(report.format(chain=False))[-4000:],
        }

    def raised_by_student(self, trace: TracebackType | None) -> bool:
        """Whether the innermost frame, where the exception was raised, is the student's."""
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return trace is not None and self.owns(trace.tb_frame.f_code.co_filename)


def text_of(error: BaseException) -> str:
    """``str(error)``; a student's own exception class may fail even at that."""
    try:
        return str(error)[:1000]
    except Exception as second:
        return f"(its message raises {type(second).__name__})"
