"""Read texts, Markdown and Python sources as blocks of HTML.

A block is ``{"kind", "html", "text", "label"}``; its text is what questions are looked for in.
"""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grader.desk.reading.markdown import to_html

MAX_TEXT = 400_000  # characters that are shown
HEADING = re.compile(r"^#{1,4} ", re.MULTILINE)
Block = dict[str, Any]
LEXER = PythonLexer(stripnl=False)
COLOURS = HtmlFormatter(nowrap=True)


def read(document: Path, scratch: Path, style: str) -> dict[str, Any]:
    """Return a text as blocks; ``style`` is python, markdown or plain."""
    del scratch
    data = document.read_bytes()
    text = data.decode("utf-8-sig", errors="replace")[:MAX_TEXT].replace("\r\n", "\n")
    return {"blocks": _blocks(text, style), "cut": len(data) > MAX_TEXT}


def _blocks(text: str, style: str) -> list[Block]:
    if style == "markdown":
        return sections(text)
    return [code_block(text) if style == "python" else plain_block("text", text)]


def sections(text: str) -> list[Block]:
    """Return Markdown as a block for each heading, with what follows it."""
    starts = [0, *(match.start() for match in HEADING.finditer(text)), len(text)]
    parts = [text[a:b] for a, b in itertools.pairwise(starts)]
    return [markdown_block(part) for part in parts if part.strip()]


def markdown_block(text: str) -> Block:
    """Return a block of Markdown."""
    return {"kind": "markdown", "html": to_html(text), "text": text, "label": ""}


def code_block(text: str, label: str = "") -> Block:
    """Return a block of Python in colours."""
    shown = highlight(text, LEXER, COLOURS)
    return {"kind": "code", "html": f"<pre>{shown}</pre>", "text": "", "label": label}


def plain_block(kind: str, text: str) -> Block:
    """Return a block that shows a text as it is."""
    return {"kind": kind, "html": f"<pre>{html.escape(text)}</pre>", "text": text, "label": ""}
