"""Decide whether an exception is the student's, and turn it into a sentence with its line.

In a worker everything that raises is the student's status ``error``: a probe does nothing but
handle their objects, and it can't know which of its own lines a strange object makes fail. So an
exception that passes through no line of theirs (a class that can't be called, a method that torch
misses) is attributed to the object of theirs that the probe was handling, with the line that
defines it. The kit's own frames are kept apart for the staff.

Nothing here calls an object of the student's: names, modules and code are read past whatever their
classes define.
"""

from __future__ import annotations

import ast
import difflib
import dis
import functools
import linecache
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any, NamedTuple, cast

from grader.core.course import course
from grader.core.paths import KIT
from grader.worker.importing import StudentCode

FRAMES, TEXT, KIT_TEXT = 8, 4000, 8000  # frames of theirs; characters that are sent
RAISE = dis.opmap["RAISE_VARARGS"]
_name_of: Any = type.__dict__["__name__"].__get__  # past a student's metaclass
_bases_of: Any = type.__dict__["__mro__"].__get__
_namespace_of: Any = type.__dict__["__dict__"].__get__


class Subject(NamedTuple):
    """A function or class of the student's, or the class of an object of theirs."""

    name: str
    where: str
    members: tuple[str, ...] = ()  # of a class, and of its bases that are theirs


def describe(error: BaseException, code: StudentCode) -> dict[str, str]:
    """Return ``error`` as data: type, message, their last line, their frames, the kit's frames."""
    report = traceback.TracebackException.from_exception(error)
    kit = "" if any(code.owns(frame.filename) for frame in report.stack) else _text(report)
    report.stack = traceback.StackSummary.from_list(
        [frame for frame in report.stack if code.owns(frame.filename)][-FRAMES:]
    )
    for frame in report.stack:
        frame.filename = code.relative(frame.filename)
    details = {"type": _name_of(type(error)), "message": code.without_root(text_of(error))}
    details |= dict.fromkeys(("where", "why", "got", "hint", "kit_traceback"), "")
    if isinstance(error, SyntaxError) and code.owns(error.filename):  # whoever imports that file
        report.filename = code.relative(str(error.filename))
        details["where"] = f"{report.filename}, line {error.lineno}"
        details["why"] = f"{report.filename} should be valid Python."
        details["got"] = f"{details['type']}: {error.msg}"
    elif report.stack:
        details["where"] = f"{report.stack[-1].filename}, line {report.stack[-1].lineno}"
    elif kit:
        details |= _attributed(error, code) | {"kit_traceback": kit[-KIT_TEXT:]}
    return details | {"traceback": code.without_root(_text(report))[-TEXT:]}


def raised_by_student(trace: TracebackType | None, code: StudentCode) -> bool:
    """Return whether a ``raise`` statement of the student's has raised the exception."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not code.owns(trace.tb_frame.f_code.co_filename):
        return False
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] == RAISE


def text_of(error: BaseException) -> str:
    """Return ``str(error)``; a student's own exception class may fail even at that."""
    try:
        return str(error)[:1000]
    except BaseException as second:  # noqa: BLE001 (theirs may raise anything, SystemExit too)
        return f"(its message raises {_name_of(type(second))})"


def alike(name: str, others: Iterable[str]) -> str:
    """Return which of ``others`` may be a misspelt ``name``, as the end of a sentence."""
    names = [other for other in others if not other.startswith("__")]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"; there is {', '.join(close)}" if close else ""


def _text(report: traceback.TracebackException) -> str:
    return "".join(report.format(chain=False))


def _attributed(error: BaseException, code: StudentCode) -> dict[str, str]:
    """Return what to say of an exception that passed through no line of the student's."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][::-1]
    if frames and frames[0].f_code.co_name == "_forward_unimplemented":
        return _lacks(_of_object(frames[0].f_locals.get("self"), code), "forward", "a method")
    if isinstance(error, AttributeError) and (owner := _of_object(error.obj, code)):
        return _lacks(owner, str(error.name), "an attribute")
    subject = next(_subjects(frames, code), None)
    if subject is None:
        return {}
    return {"why": f"{subject.name} should work as the sheet says.", "where": subject.where}


def _lacks(owner: Subject | None, name: str, kind: str) -> dict[str, str]:
    if owner is None:
        return {}
    return {
        "why": f"{owner.name} should have {kind} {name}.",
        "got": f"no {name}{alike(name, owner.members)}",
        "where": owner.where,
    }


def _subjects(frames: Iterable[FrameType], code: StudentCode) -> Iterator[Subject]:
    """Yield the student's objects that the kit's frames hold, those in use last first."""
    for frame in frames:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(KIT) or file.is_relative_to(course().exercises):
            for value in frame.f_locals.values():
                if subject := _of_object(value, code):
                    yield subject


def _of_object(value: Any, code: StudentCode) -> Subject | None:
    """Return the definition of the student's that ``value`` is, or is an object of."""
    kind = type(value)
    if kind is MethodType:
        value, kind = value.__func__, type(value.__func__)
    if kind is FunctionType:
        file, line = value.__code__.co_filename, value.__code__.co_firstlineno
        if not code.owns(file):
            return None
        return Subject(value.__name__, f"{code.relative(file)}, line {line}")
    found = value if type in _bases_of(kind) else kind
    file = _file_of(found)
    if not code.owns(file):
        return None
    own = [base for base in _bases_of(found) if code.owns(_file_of(base))]
    members = tuple(name for base in own for name in _namespace_of(base))
    name = _name_of(found)
    return Subject(name, f"{code.relative(file)}, line {_line_of_class(file, name)}", members)


def _file_of(kind: type) -> str:
    """Return the file of the module in which a class was defined, or an empty text."""
    name = _namespace_of(kind).get("__module__")
    module = sys.modules.get(name) if type(name) is str else None
    if not issubclass(type(module), ModuleType):
        return ""
    file = ModuleType.__getattribute__(cast(ModuleType, module), "__dict__").get("__file__")
    return file if type(file) is str else ""


@functools.cache
def _line_of_class(file: str, name: str) -> int:
    """Return the line of the class statement, or 1 if there is none of that name."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return 1
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return next((node.lineno for node in nodes if node.name == name), 1)
