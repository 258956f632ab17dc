"""Render templates: every text is escaped, and made harmless to show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from grader.core.language import sentences
from grader.core.text import plain
from grader.reports.tables import points

T = TypeVar("T")


def environment(folder: Path, **filters: Callable[..., Any]) -> Environment:
    """Return what renders the templates of a folder; make one for all pages, as it compiles them.

    Args:
        folder: Where the templates lie.
        filters: What they use besides ``points`` and ``kind``.
    """
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "points": points,
        "kind": lambda status: status.replace(" ", "-"),
        **filters,
    }
    return made


@pass_context  # else Jinja would translate once and for all, as it compiles a template
def translated_markup(_: Context, sentence: str, **values: object) -> Markup:
    """Return a sentence in the course's language; its values are made harmless."""
    return escape(sentences().get(sentence, sentence)).format(**values)


def _harmless(value: T) -> T | str:
    """Return a value that a template shows; text goes through `plain`."""
    if isinstance(value, Markup):
        return Markup(plain(value))
    return plain(value) if isinstance(value, str) else value
