"""Find the files that student code imports: finders for `sys.meta_path`."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from grader.core.course import course
from grader.core.sources import decode, imports
from grader.core.spelling import PROTECTED
from grader.worker.notes import note

HIDDEN = re.compile(r"[/\\](\.|site-packages[/\\])")  # a snapshot has none; see --in-process


@functools.cache
def read_given(exercises: Path) -> dict[str, dict[str, str]]:
    """Return the files that come with each exercise: texts by module name.

    The server reads them, because a locked worker can't.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(exercises.glob("*/given/*.py")):
        found.setdefault(path.parents[1].name, {})[path.stem] = path.read_text(encoding="utf-8")
    return found


class Sources:
    """The sources of a submission, as they were handed in, whatever its code writes later.

    Args:
        root: The folder in which the code runs. It may write there, and elsewhere in ``writable``.
        original: The files as the judge has scanned them; the code can't change these.
        writable: The folder outside of which the code can't write.
    """

    def __init__(self, root: Path, original: Path | None = None, writable: Path | None = None):
        self.root, self.original = root, original or root
        self._writable = writable or root

    def read(self, path: Path) -> bytes:
        """Return the source of the file ``path`` below the root.

        Raises:
            ImportError: It was not handed in.
        """
        try:
            return (self.original / path.relative_to(self.root)).read_bytes()
        except (OSError, ValueError):
            raise ImportError(
                f"{path.name} was written while your code ran: only files that were handed in can "
                "be imported"
            ) from None

    def spec(self, name: str, path: Path) -> ModuleSpec:
        """Return the spec of the module ``name`` for the file ``path`` below the root."""
        loader = HandedIn(name, str(path), self)
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        if spec is None:
            raise ImportError(f"{path.name} is not a Python file")
        return spec

    def checked(self, name: str, found: ModuleSpec | None) -> ModuleSpec | None:
        """Return a spec that was found; if it is of a file that code could write, as handed in."""
        if found is None or not found.has_location or found.origin is None:
            return found
        path = Path(found.origin)
        if not path.is_relative_to(self._writable):
            return found
        found.loader = HandedIn(name, found.origin, self)
        found.cached = None
        return found


class HandedIn(SourceFileLoader):
    """Load a module from its source as it was handed in; compiled files don't count."""

    def __init__(self, name: str, path: str, sources: Sources) -> None:
        super().__init__(name, path)
        self._sources = sources

    def get_data(self, path: str) -> bytes:
        """Return the source."""
        return self._sources.read(Path(path))

    def path_stats(self, path: str) -> NoReturn:
        """Say that there are no compiled files."""
        raise OSError(f"{path}: compiled files are not used")


class StudentFinder(MetaPathFinder):
    """Look, first of all finders, for modules in the submission's folders."""

    def __init__(self, folders: list[str], sources: Sources) -> None:
        self.folders = folders
        self._sources = sources

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module in one of the folders, or elsewhere where student code can write."""
        if name in PROTECTED:
            return None
        find = importlib.machinery.PathFinder.find_spec
        if path is None and (found := find(name, self.folders, target)):
            return self._sources.checked(name, found)
        found = find(name, path, target)
        checked = self._sources.checked(name, found)
        return checked if found and isinstance(found.loader, HandedIn) else None


class LastResort(MetaPathFinder, InspectLoader):
    """Find, last of all finders, files that stand elsewhere or need not be handed in.

    Uploads lose folders, so ``part1.dataset`` may be a file dataset.py in any folder. A file that
    came with the sheet need not be handed in.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._root = sources.root
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
            return self._sources.spec(name, self._files[stem])
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
        given = read_given(course().exercises)
        every = {stem: text for texts in given.values() for stem, text in texts.items()}
        return every | given.get(self.exercise, {})

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Return the submission's files by module name.

        Of several with one name, the one in the fewest folders counts.
        """
        paths = sorted(
            self._sources.original.rglob("*.py"), key=lambda path: (-len(path.parts), path)
        )
        names = [path.relative_to(self._sources.original) for path in paths]
        return {name.stem: self._root / name for name in names if not HIDDEN.search(f"/{name}")}

    @cached_property
    def _packages(self) -> set[str]:
        """Return the packages in which the submission's files look for each other.

        Given files count, too.
        """
        found, known = set(), self._files.keys() | self._given.keys()
        for path in self._files.values():
            for each in imports(decode(self._sources.read(path)).text):
                parts = each.parts if not each.level else []
                homes = [number for number, part in enumerate(parts) if part in known]
                found |= {".".join(parts[: number + 1]) for number in range(max(homes, default=0))}
        return found
