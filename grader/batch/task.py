"""Describe one submission to grade, and all that its result depends on.

Every submission of a run is graded with the same seed: all students meet the same random inputs,
a result depends on nothing but its own submission, and `pytest grader --seed N` repeats it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from grader.core.course import KITS, course
from grader.core.paths import KIT
from grader.marking.scheme import STAFF_ONLY
from grader.sandbox import isolation

# What computes or judges; other packages shape reports at most.
VERSIONS = ("matplotlib", "numpy", "pypdf", "pytest", "safetensors", "torch")

# Rooms that work on results: pages and marks are made anew from them in any case.
AFTERWARDS = ("desk", "marking", "reports", "student_template")


@dataclass(frozen=True)
class Settings:
    """The settings that all submissions of a run share."""

    seed: int
    arguments: tuple[str, ...] = ()  # further ones for pytest
    isolation: str = "full"  # the least that will do


@dataclass(frozen=True)
class Task:
    """One submission to grade; plain data, because it may travel to another machine."""

    student: str
    archive_name: str
    archive: bytes
    remarks: tuple[str, ...]  # on the way in, for the student
    settings: Settings
    kit: str  # fingerprint of the kit that grades

    @property
    def key(self) -> str:
        """Return two hashes: that of the archive, and that of all else the result depends on."""
        parts = {
            "names": [self.student, self.archive_name, *self.remarks],
            "settings": asdict(self.settings),
            "kit": self.kit,
        }
        return f"{_digest(self.archive)}-{_digest(json.dumps(parts, sort_keys=True).encode())}"


def archive_in(key: str) -> str:
    """Return the hash of the archive from the key of a result; empty if the key lacks one."""
    archive, _, others = key.partition("-")
    return archive if others else ""


@functools.cache
def kit_version() -> str:
    """Return a fingerprint of grader, course, Python and the packages that judge."""
    folders = [KIT] if course() == KITS else [KIT, course().exercises]
    return _digest(json.dumps([*map(_fingerprint, folders), versions()], sort_keys=True).encode())


def _fingerprint(folder: Path) -> str:
    """Return a hash of a folder's sources; reports are made anew from results in any case."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        judges = relative.parts[0] not in AFTERWARDS and path.name != STAFF_ONLY
        if path.suffix in (".py", ".toml") and judges:
            digest.update(f"{relative.as_posix()}\0{_digest(path.read_bytes())}\0".encode())
    return digest.hexdigest()


def description() -> str:
    """Return what a grade depends on, for `--version`."""
    numbers = ", ".join(f"{name} {number}" for name, number in versions().items())
    lacks = ", ".join(isolation.missing())
    return (
        f"rnn-autograder {importlib.metadata.version('rnn-autograder')}, kit {kit_version()[:12]}\n"
        f"{numbers}\nisolation: {isolation.available()}{f' (lacks {lacks})' if lacks else ''}"
    )


def versions() -> dict[str, str]:
    """Return the versions of all that a grade depends on, besides the kit."""
    found = {name: importlib.metadata.version(name) for name in VERSIONS}
    return found | {"python": platform.python_version(), "machine": platform.machine()}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
