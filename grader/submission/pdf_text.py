"""Read the text of a PDF's first pages, in a process of its own.

A PDF can be built to take any amount of time or memory. So this file also is a script: it limits
itself, prints the text of one PDF, and is stopped if it takes too long.
"""

import subprocess
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path

MAX_PAGES = 3
MAX_CHARACTERS = 100_000  # of a page
MAX_SECONDS = 10
MAX_MEMORY = 2**30  # bytes, where the system can limit it


def first_pages(pdf: Path) -> str:
    """Return the text of the first pages, or as much of it as can be read.

    Errors and crashes in reading give less text, or none.
    """
    command = [sys.executable, "-P", __file__, str(pdf)]
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MAX_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return ""
    return result.stdout.decode(errors="replace").strip()  # a crash may cut it anywhere


def _print_first_pages(pdf: str) -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no limits, macOS not all of them
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    from pypdf import PdfReader

    for page in islice(PdfReader(pdf).pages, MAX_PAGES):
        text = page.extract_text()[:MAX_CHARACTERS] + "\n"
        sys.stdout.buffer.write(text.encode(errors="replace"))


if __name__ == "__main__":
    _print_first_pages(sys.argv[1])
