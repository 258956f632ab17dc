"""Read a PDF with PDFium: the sizes and lines of text of its pages, and pictures of them.

The build of PDFium that is used has no JavaScript and no XFA: nothing in a PDF runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw

from grader.desk.reading.run import UnreadableError

MAX_PAGES = 200
MAX_LINES = 400  # of a page
MAX_LINE = 300  # characters
WIDTH = 1400  # pixels
MAX_PIXELS = 5_000_000  # of a page
QUALITY = 82  # of WebP: text stays sharp at a tenth of PNG's size
MAX_COVERED = 50  # places of a word on a page
COVER = (200, 204, 210)
LONGEST_SIDE = 16_000  # pixels, what WebP can hold


def outline(document: Path, scratch: Path) -> dict[str, Any]:
    """Return the number of pages, and of the first `MAX_PAGES` their sizes and lines."""
    del scratch
    pdf = _opened(document)
    pages = []
    for number in range(min(len(pdf), MAX_PAGES)):
        try:
            page = pdf[number]
            width, height = _pixels(*page.get_size())
            pages.append({"width": width, "height": height, "lines": list(_lines(page))})
        except pypdfium2.PdfiumError:  # this page alone is broken
            pages.append({"width": WIDTH, "height": WIDTH, "lines": []})
    return {"pages": pages, "count": len(pdf)}


def draw(
    document: Path, scratch: Path, pages: Sequence[int], hidden: Sequence[str] = ()
) -> dict[str, Any]:
    """Draw pages, counted from 0, each as ``N.webp``; return which could not be drawn.

    Args:
        document: The PDF.
        scratch: The folder for the pictures.
        pages: Which pages.
        hidden: Words to cover: those of the student's name.
    """
    pdf = _opened(document)
    pdf.init_forms()  # what students typed into a form is part of the answer
    failed = []
    for number in pages:
        try:
            page = pdf[number]
            width, _ = _pixels(*page.get_size())
            scale = width / page.get_size()[0]
            picture = page.render(scale=scale).to_pil().convert("RGB")
            _cover(picture, page, hidden)
        except pypdfium2.PdfiumError:
            failed.append(number)
            continue
        picture.save(scratch / f"{number}.webp", "WEBP", quality=QUALITY, method=2)
    return {"failed": failed}


def _opened(document: Path) -> pypdfium2.PdfDocument:
    try:
        pdf = pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableError("It is protected by a password.") from error
        raise UnreadableError("It is broken, or no PDF.") from error
    if not len(pdf):
        raise UnreadableError("It has no pages.")
    return pdf


def _pixels(width: float, height: float) -> tuple[int, int]:
    """Return the size in pixels of the picture of a page of this size in points."""
    width, height = max(width, 1.0), max(height, 1.0)
    scale = min(
        WIDTH / width, math.sqrt(MAX_PIXELS / (width * height)), LONGEST_SIDE / max(width, height)
    )
    return max(1, math.ceil(width * scale)), max(1, math.ceil(height * scale))


def _lines(page: pypdfium2.PdfPage) -> Iterator[tuple[float, str]]:
    """Yield each line of text, and how far down the page it stands, from 0 to 1."""
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    _, bottom, _, top = page.get_bbox()
    turned = page.get_rotation() != 0
    start = 0
    for line in text.splitlines(keepends=True)[:MAX_LINES]:
        said = line.strip()
        if said:
            index = start + line.index(said[0])
            y = 0.0
            if not turned and index < text_page.count_chars() and top > bottom:
                y = (top - text_page.get_charbox(index)[3]) / (top - bottom)
            yield round(min(max(y, 0.0), 1.0), 3), said[:MAX_LINE]
        start += len(line)


def _cover(picture: Image.Image, page: pypdfium2.PdfPage, hidden: Sequence[str]) -> None:
    """Paint over the places where a word stands as text; pictures of words stay."""
    if not hidden or page.get_rotation():
        return
    left, bottom, right, top = page.get_bbox()
    across, down = picture.width / (right - left), picture.height / (top - bottom)
    brush, text = ImageDraw.Draw(picture), page.get_textpage()
    for word in hidden:
        searcher = text.search(word, match_case=len(word) <= 2, match_whole_word=True)
        for _ in range(MAX_COVERED):
            found = searcher.get_next()
            if found is None:
                break
            for number in range(text.count_rects(*found)):
                x0, y0, x1, y1 = text.get_rect(number)
                box = (
                    (x0 - left) * across,
                    (top - y1) * down,
                    (x1 - left) * across,
                    (top - y0) * down,
                )
                brush.rectangle(box, fill=COVER)
