"""Find the folders from which Python imports packages: a locked worker may read them.

Besides its own site-packages these are the user's, those on PYTHONPATH, and those that `.pth` files
name. A folder that holds far more than packages, such as a home, stays closed: see `too_wide`.
"""

from __future__ import annotations

import functools
import os
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from grader.core.course import course
from grader.core.paths import IS_CLONE, ROOT

OWN = ("stdlib", "platstdlib", "purelib", "platlib")


def environment() -> dict[str, str]:
    """Return the variables that let a new process find the packages that this one finds."""
    found = {}
    if folders := [entry for entry in _python_path() if entry.is_dir()]:
        found["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    if site.ENABLE_USER_SITE:
        found["PYTHONUSERBASE"] = site.getuserbase()
    return found


@functools.cache
def package_folders() -> tuple[Path, ...]:
    """Return the folders that a worker may read; the kit lies in one of them if it is installed."""
    own = (Path(sysconfig.get_path(name)) for name in OWN)
    named = (folder for folder in _named() if not _is_clone(folder) and not _is_wide(folder))
    return tuple(dict.fromkeys(path.resolve() for path in (*own, *_sites(), *named)))


@functools.cache
def too_wide() -> tuple[Path, ...]:
    """Return the folders on Python's path that hold a home, the kit's solutions or a course."""
    return tuple(folder for folder in _named() if _is_wide(folder))


def _python_path() -> list[Path]:
    """Return the folders on PYTHONPATH; what is relative to the current folder is none."""
    entries = map(Path, filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    return [entry for entry in entries if entry.is_absolute()]


def _sites() -> list[Path]:
    """Return the folders of installed packages, the user's included."""
    users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [path for path in map(Path, [*site.getsitepackages(), *users]) if path.is_dir()]


def _named() -> Iterator[Path]:
    """Yield the folders on PYTHONPATH and those that `.pth` files name."""
    yield from (folder.resolve() for folder in _python_path() if folder.is_dir())
    for folder in _sites():
        for file in sorted(folder.glob("*.pth")):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    path = folder / line.strip()
                    if path.is_dir():
                        yield path.resolve()


def _is_clone(folder: Path) -> bool:
    """Return whether a folder is a clone of the kit, which holds the solutions."""
    return (folder / "grader" / "exercises").is_dir() and folder not in _sites()


def _is_wide(folder: Path) -> bool:
    """Return whether a folder holds a home, a clone of the kit, or a course."""
    held = [Path.home().resolve(), course().root, *([ROOT] if IS_CLONE else [])]
    return not _is_clone(folder) and any(path and path.is_relative_to(folder) for path in held)
