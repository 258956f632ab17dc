"""Decode and parse strangers' Python source: encoding, syntax tree, imports.

The judge process parses what it judges, so what a text can cost is bounded before the parser sees
it. Python brings names into a normal form by sorting combining marks, in time that grows with the
square of their number; Unicode's stream-safe text format has at most 30 in a row, and so must
sources. Its parser joins the parts of a dotted name (``import a.b.c``) in such time, too, and keeps
all that it has joined. Two codecs of Python (`idna`, `punycode`) take hours for a large file and
are never used. Syntax trees are kept for the latest sources, so that several scans of a file parse
it once.

`parse` raises only SyntaxError. Its subclass `Unreadable` means that Python itself might accept
the text; a scan for something forbidden has to count that as a finding.
"""

from __future__ import annotations

import ast
import codecs
import functools
import io
import re
import tokenize
import unicodedata
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

MAX_CODE = 512 * 1024  # characters of a file: parsing takes some 600 bytes of memory for each
MAX_MARKS = 30  # combining marks in a row
MAX_PARTS = 200  # of a dotted name
# Parts of names in a row; what is no ASCII may be part of a name, and lines may go on in the next.
LONG_NAME = re.compile(
    rf"(?<![\w.\x80-\U0010ffff])(?:[\w\x80-\U0010ffff]++(?:[ \t\f]|\\\r?\n)*+\."
    rf"(?:[ \t\f]|\\\r?\n)*+){{{MAX_PARTS}}}"
)
MAX_KEPT = 2**18  # characters of source whose trees are kept: some 600 bytes of memory for each
SLOW_CODECS = ("idna", "punycode")
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# Functions that import the module, or run the file, that they are given the name of.
IMPORTERS = ("__import__", "import_module", "run_module", "run_path", "spec_from_file_location")


class Unreadable(SyntaxError):
    """Source that costs too much to parse here, although Python might accept it."""


class _Trees(OrderedDict[str, "ast.Module | SyntaxError"]):
    """Keep the latest results, for `MAX_KEPT` characters of source in all."""

    size = 0  # characters of all sources

    def keep(self, source: str, result: ast.Module | SyntaxError) -> None:
        """Keep a result that is not kept yet."""
        self[source] = result
        self.size += len(source)
        while self.size > MAX_KEPT:
            self.size -= len(self.popitem(last=False)[0])


_trees = _Trees()


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a source, which callers must not change.

    Raises:
        Unreadable: It is too costly, or nested too deeply.
        SyntaxError: It is not Python.
    """
    result = _trees.get(source)
    if result is None:
        result = _parsed(source)
        _trees.keep(source, result)
    if isinstance(result, SyntaxError):
        raise type(result)(*result.args)
    return result


def _parsed(source: str) -> ast.Module | SyntaxError:
    if "\0" in source:
        line = source[: source.index("\0")].count("\n") + 1
        return SyntaxError("the file holds null bytes", ("", line, 1, ""))
    if place := _runs_of_marks(source).search(source):
        line = source[: place.start()].count("\n") + 1
        return Unreadable(f"more than {MAX_MARKS} combining marks in a row", ("", line, 1, ""))
    if place := LONG_NAME.search(source):
        line = source[: place.start()].count("\n") + 1
        return Unreadable(f"a name of more than {MAX_PARTS} parts", ("", line, 1, ""))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the student's invalid escapes, say
            return ast.parse(source)
    except SyntaxError as error:
        return SyntaxError(*error.args)
    except (ValueError, RecursionError, MemoryError) as error:
        return Unreadable(str(error) or "nested too deeply")


def _runs_of_marks(text: str) -> re.Pattern[str]:
    """Return a pattern for more combining marks in a row than `MAX_MARKS`, however spelled."""
    marks = "" if text.isascii() else "".join(filter(_is_mark, set(text)))
    return re.compile(f"[{marks}]{{{MAX_MARKS + 1},}}" if marks else "(?!)")


def _is_mark(character: str) -> bool:
    return not character.isascii() and all(
        map(unicodedata.combining, unicodedata.normalize("NFKD", character))
    )


def without_runs_of_marks(text: str) -> str:
    """Remove runs of combining marks that would take long to normalize."""
    return _runs_of_marks(text).sub("", text)


@dataclass(frozen=True)
class Decoded:
    """The text of a file without its byte order mark.

    Attributes:
        text: The text, as Python reads it once the file is saved as UTF-8.
        note: How it had to be decoded, where that is not what Python would do; else empty.
    """

    text: str
    note: str = ""


def decode(data: bytes) -> Decoded:
    """Decode a source by Python's rule (PEP 263), by its byte order mark, or else as Latin-1.

    Python's rule is UTF-8, or the encoding that a comment in the first two lines declares. In
    Latin-1 every byte is a character.
    """
    mark = next((mark for mark in BYTE_ORDER_MARKS if data.startswith(mark)), b"")
    encoding = BYTE_ORDER_MARKS.get(mark, "")
    try:
        if not encoding:
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            if codecs.lookup(encoding).name in SLOW_CODECS:
                raise LookupError("takes hours for a large file")
        text = data.removeprefix(codecs.BOM_UTF8).decode(encoding)
        return Decoded(text, encoding.upper() if encoding in ("utf-16", "utf-32") else "")
    except (SyntaxError, LookupError, ValueError):
        return Decoded(data.removeprefix(codecs.BOM_UTF8).decode("latin-1"), "Latin-1")


@dataclass(frozen=True)
class Import:
    """One import, by a statement or by a call like ``import_module("a.b")``.

    Attributes:
        line: Its line in the source.
        module: The dotted name, empty in ``from . import a``.
        name: What is imported from the module, or empty.
        level: The number of dots before the module's name.
        in_main: Whether it stands in a main block.
    """

    line: int
    module: str
    name: str = ""
    level: int = 0
    in_main: bool = False

    @property
    def parts(self) -> list[str]:
        """Return the dotted names as a list, with the name that is imported from the module."""
        return [part for part in [*self.module.split("."), *self.name.split(".")] if part]


@functools.lru_cache(maxsize=4096)  # several questions follow the imports of the same files
def imports(source: str) -> tuple[Import, ...]:
    """List every import in a source, wherever it stands; none if it can't be parsed."""
    try:
        return tuple(sorted(_imports(parse(source)), key=lambda found: found.line))
    except SyntaxError:
        return ()  # importing the file says so


def _imports(tree: ast.Module) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, in_main = waiting.pop()
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield Import(node.lineno, alias.name, in_main=in_main)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                for alias in aliases:
                    yield Import(node.lineno, module or "", alias.name, level, in_main)
            case ast.Call(func=ast.Name(function) | ast.Attribute(attr=function), args=arguments):
                if function in IMPORTERS:
                    for argument in arguments:
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                            yield Import(node.lineno, argument.value, in_main=in_main)
        body = {id(child) for child in node.body} if is_main_block(node) else set()
        waiting.extend(
            (child, in_main or id(child) in body) for child in ast.iter_child_nodes(node)
        )


def is_main_block(node: ast.AST) -> TypeGuard[ast.If]:
    """Tell whether a statement is ``if __name__ == "__main__":``."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value="__main__")],
            )
        ):
            return True
    return False
