"""Render the desk's templates."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from grader.core.text import plain
from grader.reports.tables import points

TEMPLATES = Path(__file__).parent / "templates"
NAMES = "desk-names"  # the cookie of a browser in which names are shown
T = TypeVar("T")


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of a template."""
    return HTMLResponse(rendered(template, **values), status)


def rendered(template: str, **values: Any) -> str:
    """Return the text of a template; all values are escaped."""
    return _environment().get_template(template).render(**values)


def shows_names(request: Request) -> bool:
    """Return whether this browser has switched names on."""
    return request.cookies.get(NAMES) == "1"


def safe(html: str) -> Markup:
    """Mark HTML that cleaning.py has made as ready to show."""
    return Markup(html)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "points": points,
        "kind": lambda status: status.replace(" ", "-"),
        "size": _size,
    }
    return environment


def _harmless(value: T) -> T | str:
    """Return a value that a template shows; text goes through `plain`."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KiB"):
        if count < 1024:
            return f"{count} {unit}"
        count = round(count / 1024)
    return f"{count} MiB" if count >= 1 else "1 MiB"
