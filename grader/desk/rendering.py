"""Render the desk's templates."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from grader.reports.templating import environment

TEMPLATES = Path(__file__).parent / "templates"
NAMES = "desk-names"  # the cookie of a browser in which names are shown


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page of a template."""
    return HTMLResponse(rendered(template, **values), status)


def rendered(template: str, **values: Any) -> str:
    """Return the text of a template; all values are escaped."""
    return _templates().get_template(template).render(**values)


def shows_names(request: Request) -> bool:
    """Return whether this browser has switched names on."""
    return request.cookies.get(NAMES) == "1"


def safe(html: str) -> Markup:
    """Mark HTML that cleaning.py has made as ready to show."""
    return Markup(html)


@functools.cache
def _templates() -> Environment:
    return environment(TEMPLATES, size=_size)


def _size(count: int) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KiB"):
        if count < 1024:
            return f"{count} {unit}"
        count = round(count / 1024)
    return f"{count} MiB" if count >= 1 else "1 MiB"
