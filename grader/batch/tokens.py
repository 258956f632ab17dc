"""Turn Python source into tokens that stay the same when names, comments or layout change.

The text need not be valid Python, and nothing is parsed. A name that the student chose becomes
``name``; names of libraries keep their spelling, because they say what the code does: builtins, and
attributes that the student's code doesn't define. Imports, comments and docstrings are left out.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    (?P<space>[ \t\f\r]+|\\\r?\n)
    |(?P<comment>\#[^\n]*)
    |(?P<string>[A-Za-z]{0,2}(?:\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)
        |"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?))  # also without its end
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\.?\d(?:[eE][+-]|[\w.])*)
    |(?P<newline>\n)
    |(?P<sign>\*\*=?|//=?|>>=?|<<=?|[!=<>+\-*/%@&|^:]=|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
OPENING, CLOSING = "([{", ")]}"
KEPT = frozenset(keyword.kwlist) | frozenset(dir(builtins))
DEFINING = ("def", "class")


class Token(NamedTuple):
    """A token: its kind or spelling, and its line, counted from 1."""

    text: str
    line: int


def tokens_of(sources: Iterable[str]) -> list[list[Token]]:
    """Return the tokens of a student's files; what one of them defines, all of them may use."""
    files = [list(_code(list(_lexed(source)))) for source in sources]
    own = {name for tokens in files for name in _own(tokens)}
    return [
        [Token(_general(tokens, i, own), tokens[i].line) for i in range(len(tokens))]
        for tokens in files
    ]


class _Lexed(NamedTuple):
    kind: str
    text: str
    line: int


def _lexed(source: str) -> Iterator[_Lexed]:
    line = 1
    for match in TOKEN.finditer(source):
        kind = match.lastgroup or ""
        if kind not in ("space", "comment"):
            yield _Lexed(kind, match[0], line)
        line += match[0].count("\n")


def _code(tokens: list[_Lexed]) -> Iterator[_Lexed]:
    """Yield the tokens of statements that are neither imports nor texts alone."""
    statement: list[_Lexed] = []
    depth = 0
    for token in [*tokens, _Lexed("newline", "\n", 0)]:
        if token.kind == "newline":
            if depth <= 0:
                kinds = {each.kind for each in statement}
                if (
                    kinds != {"string"}
                    and statement
                    and statement[0].text not in ("import", "from")
                ):
                    yield from statement
                statement = []
            continue
        if token.kind == "sign":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        statement.append(token)


def _own(tokens: list[_Lexed]) -> Iterator[str]:
    """Yield the names of functions, classes and attributes that code defines."""
    for before, between, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if between.text in DEFINING or (before.text == "self" and between.text == "."):
            yield name.text


def _general(tokens: list[_Lexed], place: int, own: set[str]) -> str:
    """Return a token's kind, or its spelling where that is no choice of the student's."""
    kind, text, _ = tokens[place]
    if kind != "name":
        return text if kind == "sign" else kind
    if place and tokens[place - 1].text == ".":
        return kind if text in own else text
    return text if text in KEPT else kind
