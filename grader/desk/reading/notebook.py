"""Read a notebook as blocks: Markdown, code, what was printed, pictures."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.desk.reading.markdown import named, to_html
from grader.desk.reading.picture import redraw
from grader.desk.reading.run import UnreadableError
from grader.desk.reading.text import Block, code_block, plain_block

MAX_BLOCKS = 800
MAX_PICTURES = 60
MAX_TEXT = 2_000_000  # characters of all blocks
MAX_OUTPUT = 5_000  # characters of what one cell printed
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # colours of a terminal
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
DATA_URL = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,")


def read(document: Path, scratch: Path) -> dict[str, Any]:
    """Return the cells of a notebook as blocks; pictures are drawn as ``N.webp``."""
    try:
        notebook = json.loads(document.read_bytes())
        cells = notebook.get("cells") or notebook["worksheets"][0]["cells"]
        reader = _Reader(scratch)
        blocks: list[Block] = []
        size = 0
        for number, cell in enumerate(cells, start=1):
            for block in reader.blocks(cell, number):
                size += len(block["html"])
                if len(blocks) >= MAX_BLOCKS or size > MAX_TEXT:
                    return {"blocks": blocks, "cut": True}
                blocks.append(block)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UnreadableError("It is not a notebook that Jupyter can open.") from error
    return {"blocks": blocks, "cut": False}


class _Reader:
    """Make blocks of cells, and count the pictures."""

    def __init__(self, scratch: Path) -> None:
        self._scratch, self._count = scratch, 0

    def blocks(self, cell: dict[str, Any], number: int) -> Iterator[Block]:
        """Yield the blocks of one cell."""
        text = _text(cell.get("source", cell.get("input", "")))
        label = f"cell {number}"
        if cell["cell_type"] in ("markdown", "heading"):
            yield self._markdown(text, cell.get("attachments", {}), label)
        elif cell["cell_type"] == "code":
            yield code_block(text, label)
            for output in cell.get("outputs", []):
                yield from self._output(output)
        elif text.strip():
            yield plain_block("text", text)

    def _markdown(self, text: str, attachments: dict[str, Any], label: str) -> Block:
        def picture(source: str) -> str:
            if source.startswith("attachment:"):
                bundle = attachments.get(source.removeprefix("attachment:"), {})
                kind = next((kind for kind in PICTURES if kind in bundle), None)
                return self._drawn(bundle[kind]) if kind else named(source)
            start = DATA_URL.match(source)
            return self._drawn(source[start.end() :]) if start else named(source)

        return {"kind": "markdown", "html": to_html(text, picture), "text": text, "label": label}

    def _output(self, output: dict[str, Any]) -> Iterator[Block]:
        data = output.get("data", output)
        kind = next((kind for kind in PICTURES if kind in data), None)
        if kind:
            shown = self._drawn(_text(data[kind]))
            yield {"kind": "output", "html": shown, "text": "", "label": ""}
            return
        said = _text(output.get("text", data.get("text/plain", output.get("traceback", ""))))
        said = ESCAPES.sub("", said)[:MAX_OUTPUT]
        if said.strip():
            yield {**plain_block("output", said), "text": ""}

    def _drawn(self, encoded: str) -> str:
        """Draw a picture and return HTML with its number; the server makes its address of it."""
        if self._count >= MAX_PICTURES:
            return "<em>[one of too many pictures]</em>"
        try:
            data = base64.b64decode(encoded)
            width, height = redraw(data, self._scratch / f"{self._count}.webp")
        except (UnreadableError, binascii.Error):
            return "<em>[a picture that can't be shown]</em>"
        self._count += 1
        size = f'width="{width}" height="{height}"'
        return f'<img src="/picture/{self._count - 1}" {size} alt="picture of the student">'


def _text(lines: Any) -> str:
    return lines if isinstance(lines, str) else "".join(map(str, lines))
