"""Draw a student's picture anew, at a bounded size."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from grader.desk.reading.run import UnreadableError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
MAX_PIXELS = 100_000_000  # that are decoded
SIDE = 1600  # pixels, of the picture that is shown
QUALITY = 85


def read(document: Path, scratch: Path) -> dict[str, Any]:
    """Draw the picture as ``0.webp``, and return its size in pixels."""
    width, height = redraw(document.read_bytes(), scratch / "0.webp")
    return {"width": width, "height": height}


def redraw(data: bytes, target: Path) -> tuple[int, int]:
    """Draw a picture anew, upright, and return its width and height.

    Raises:
        UnreadableError: It is none that can be shown.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableError("The picture has too many pixels.")
            image.draft("RGB", (SIDE, SIDE))  # a JPEG can be decoded at a smaller size
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((SIDE, SIDE))
            flat = Image.new("RGB", upright.size, "white")
            rgba = upright.convert("RGBA")
            flat.paste(rgba, mask=rgba)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableError("It is broken, or no picture.") from error
    flat.save(target, "WEBP", quality=QUALITY, method=2)
    return flat.size
