"""Follow what a `match` statement looks up in its subject.

``case object(rnn_tanh=f)`` reads an attribute of the subject as ``getattr`` does, and binds it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from grader.bans.meanings import Value, member

Binding: TypeAlias = "tuple[ast.expr | ast.pattern | str, Value]"


def bindings(pattern: ast.pattern, subject: Value) -> Iterator[Binding]:
    """Yield what a pattern looks at, in its order.

    Args:
        pattern: Of a case.
        subject: What is matched.

    Yields:
        An expression that the subject is compared with, and None; a pattern, with the attribute of
        the subject that it is matched with; or a name, with what it is bound to.
    """
    waiting: list[tuple[ast.pattern, Value]] = [(pattern, subject)]
    while waiting:
        part, value = waiting.pop()
        yield part, value
        match part:
            case ast.MatchValue(value=compared):
                yield compared, None
            case ast.MatchClass(cls=kind):
                yield kind, None
                names: list[Value] = [None] * len(part.patterns)
                names += part.kwd_attrs
                parts = [*part.patterns, *part.kwd_patterns]
                waiting += [
                    (each, member(value, name)) for each, name in zip(parts, names, strict=True)
                ]
            case ast.MatchMapping(keys=keys, patterns=parts, rest=rest):
                for key, each in zip(keys, parts, strict=True):
                    yield key, None
                    name = key.value if isinstance(key, ast.Constant) else None
                    known = name if isinstance(name, str) else None
                    waiting.append((each, member(value, known)))
                if rest:
                    yield rest, value
            case ast.MatchSequence(patterns=parts):
                fits = isinstance(value, tuple) and len(value) == len(parts)
                values = value if isinstance(value, tuple) and fits else [None] * len(parts)
                waiting += zip(parts, values, strict=True)
            case ast.MatchOr(patterns=parts):
                waiting += [(each, value) for each in parts]
            case ast.MatchStar(name=str(name)):
                yield name, None
            case ast.MatchAs(pattern=inner, name=name):
                if name:
                    yield name, value
                if inner:
                    waiting.append((inner, value))
