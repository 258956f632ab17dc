"""Import a student's files.

Submissions are flat folders, packages, or folders whose names no package may have, and import
their own files in every one of these ways (``from dataset import …``, ``from .dataset import …``,
``from part1.dataset import …``). All of them work here, also where an upload has lost the folders;
the standard library and installed packages that the kit uses can't be shadowed.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from grader.core.spelling import PROTECTED
from grader.worker.finders import LastResort, Sources, StudentFinder
from grader.worker.stubs import NOTEBOOK_NAMES, Stubs


class StudentCode:
    """The files of one submission, imported on demand.

    Args:
        root: The folder in which they run.
        original: The files that the judge has scanned, if ``root`` holds a copy of them.
        writable: The folder that holds the copy and all else that they may write.
    """

    def __init__(
        self, root: Path, original: Path | None = None, writable: Path | None = None
    ) -> None:
        self.root = root
        self.sources = Sources(root, original, writable)
        self._modules: dict[str, ModuleType] = {}
        self._before = frozenset(sys.modules)  # another's, in a process that is shared
        self._finder, self._stubs = StudentFinder([str(root)], self.sources), Stubs()
        self._last_resort = LastResort(self.sources)
        sys.meta_path[:] = [self._finder, self._stubs, *sys.meta_path, self._last_resort]
        vars(builtins).update(NOTEBOOK_NAMES)

    @property
    def exercise(self) -> str:
        """The exercise of the running test, whose given files need not be handed in."""
        return self._last_resort.exercise

    @exercise.setter
    def exercise(self, name: str) -> None:
        """Return the running test's exercise; its given files need not be handed in."""
        self._last_resort.exercise = name

    def close(self) -> None:
        """Undo the import of the submission (an in-process run shares its interpreter)."""
        ours = self._finder, self._stubs, self._last_resort
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder not in ours]
        for name in NOTEBOOK_NAMES:
            vars(builtins).pop(name, None)
        self.forget()

    def owns(self, filename: str | None) -> bool:
        """Return whether a file is one of the submission's."""
        return filename is not None and Path(filename).is_relative_to(self.root)

    def relative(self, filename: str) -> str:
        """Return the path of a file of the submission as messages show it."""
        return Path(filename).relative_to(self.root).as_posix()

    def without_root(self, text: str) -> str:
        """Return ``text`` with paths as the student knows them."""
        return text.replace(f"{self.root}{os.sep}", "")

    def module(self, file: str) -> ModuleType:
        """Return the module of ``file`` (relative to the root); import it once.

        It is imported as a member of its folder, so that relative imports work, and entered under
        its bare name, too, so that ``import vanilla_rnn`` elsewhere finds the same module.
        """
        if file not in self._modules:
            self._modules[file] = self._import(self.root / file)
        return self._modules[file]

    def package_of(self, path: Path) -> str:
        """Return the name of the package that a file is a member of, so that it can import."""
        for folder in [path.parent, *path.parent.parents]:
            if not folder.is_relative_to(self.root):
                break
            if str(folder) not in self._finder.folders:
                self._finder.folders.insert(0, str(folder))
        package = path.parent.name.replace(".", "_") if path.parent != self.root else "submission"
        if package not in sys.modules:
            parent = ModuleType(package)
            parent.__path__ = [str(path.parent)]
            sys.modules[package] = parent
        return package

    def forget(self) -> None:
        """Remove the student's modules, so that the next import executes their files again."""
        self._modules.clear()
        ours = self._finder, self._stubs, self._last_resort
        for name, module in list(sys.modules.items()):
            if name in self._before:
                continue
            own = getattr(module, "__dict__", {})  # some of torch's answer to every name
            homes = [own.get("__file__"), *own.get("__path__", ())]
            if own.get("__loader__") in ours or any(map(self.owns, homes)):
                del sys.modules[name]

    def _import(self, path: Path) -> ModuleType:
        package = self.package_of(path)
        known = sys.modules.get(path.stem)
        if known is not None and self.owns(known.__file__) and Path(str(known.__file__)) == path:
            return known
        name = f"{package}.{path.stem}"
        if name in sys.modules:
            return sys.modules[name]
        spec = self.sources.spec(name, path)
        assert spec.loader is not None  # that of the sources
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
