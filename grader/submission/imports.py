"""The source text that a student's file stands on: its own, and that of the files it imports."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from grader.submission.notebooks import parse
from grader.submission.snapshot import Submission

# Functions that import the module, or run the file, that they are given the name of.
IMPORTERS = ("__import__", "import_module", "run_module", "run_path", "spec_from_file_location")


def with_imports(submission: Submission, file: str) -> dict[str, str]:
    """Text by path of ``file`` and of every file of the submission that it imports, however far."""
    modules: dict[str, list[PurePosixPath]] = {}
    for path in submission.files:
        if path.suffix == ".py":
            modules.setdefault(path.stem, []).append(path)
    found: dict[str, str] = {}
    waiting = [PurePosixPath(file)]
    while waiting:
        path = waiting.pop()
        if str(path) in found:
            continue
        found[str(path)] = submission.source_of(path)
        for name in imported_names(found[str(path)]):
            waiting += modules.get(name, [])
    return found


def imported_names(source: str) -> set[str]:
    """Every name that an import mentions, each part of a dotted one by itself."""
    try:
        tree = parse(source)
    except SyntaxError:
        return set()  # it can't be imported either, and that is where the student is told
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                names.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases):
                names.update([module or "", *(alias.name for alias in aliases)])
            case ast.Call(func=ast.Name(function) | ast.Attribute(attr=function), args=arguments):
                if function in IMPORTERS:
                    constants = [a.value for a in arguments if isinstance(a, ast.Constant)]
                    names.update(value for value in constants if isinstance(value, str))
    return {part for name in names for part in name.split(".")}
