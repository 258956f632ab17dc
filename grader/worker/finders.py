"""Find the files that student code imports: finders for `sys.meta_path`."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from grader.core.paths import EXERCISES
from grader.core.sources import decode, imports
from grader.core.spelling import PROTECTED
from grader.worker.notes import note

# The files that come with each exercise, text by module name; read now, for a locked worker can't.
GIVEN: dict[str, dict[str, str]] = {}
for _path in sorted(EXERCISES.glob("*/given/*.py")):
    _texts = GIVEN.setdefault(_path.parents[1].name, {})
    _texts[_path.stem] = _path.read_text(encoding="utf-8")
HIDDEN = re.compile(r"[/\\](\.|site-packages[/\\])")  # a snapshot has none; see --in-process


class StudentFinder(MetaPathFinder):
    """Look, first of all finders, for top-level modules in the submission's folders."""

    def __init__(self, folders: list[str]) -> None:
        self.folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that stands in one of the folders."""
        if path is not None or name in PROTECTED:
            return None
        return importlib.machinery.PathFinder.find_spec(name, self.folders, target)


class LastResort(MetaPathFinder, InspectLoader):
    """Find, last of all finders, files that stand elsewhere or need not be handed in.

    Uploads lose folders, so ``part1.dataset`` may be a file dataset.py in any folder. A file that
    came with the sheet need not be handed in.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.exercise = ""  # of the running test

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a file of that name in any folder, then one that came with the sheet."""
        del target
        stem = name.rpartition(".")[2]
        if path is not None and not any(Path(p).is_relative_to(self._root) for p in path):
            return None  # a library's own business
        if stem in self._files:
            return importlib.util.spec_from_file_location(name, self._files[stem])
        if stem in self._given:
            note(f"{stem}.py was not handed in: the one that came with the sheet was used.")
            return importlib.util.spec_from_loader(name, self)
        if name in self._packages:
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(self._root)]
            return spec
        return None

    def get_source(self, fullname: str) -> str:
        """Return the text of a file that came with the sheet."""
        return self._given[fullname.rpartition(".")[2]]

    @property
    def _given(self) -> dict[str, str]:
        """Return the given files by name; the running test's exercise goes before others.

        One file may answer several exercises, and is imported for the first that asks.
        """
        every = {stem: text for texts in GIVEN.values() for stem, text in texts.items()}
        return every | GIVEN.get(self.exercise, {})

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Return the submission's files by module name.

        Of several with one name, the one in the fewest folders counts.
        """
        paths = sorted(self._root.rglob("*.py"), key=lambda path: (-len(path.parts), path))
        return {path.stem: path for path in paths if not HIDDEN.search(str(path))}

    @cached_property
    def _packages(self) -> set[str]:
        """Return the packages in which the submission's files look for each other.

        Given files count, too.
        """
        found, known = set(), self._files.keys() | self._given.keys()
        for path in self._files.values():
            for each in imports(decode(path.read_bytes()).text):
                parts = each.parts if not each.level else []
                homes = [number for number, part in enumerate(parts) if part in known]
                found |= {".".join(parts[: number + 1]) for number in range(max(homes, default=0))}
        return found
