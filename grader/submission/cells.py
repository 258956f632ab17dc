"""Read the code cells of a Jupyter notebook, of any version of its format.

Only code is wanted, so outputs are never looked at, however many there are. What the JSON may hold
is bounded before it is parsed, and what the cells may hold before they are.
"""

from __future__ import annotations

import json
import re
from typing import Any

from grader.core.errors import UserError
from grader.core.sources import MAX_CODE

MAX_CONTAINERS = 200_000  # lists and dicts in the JSON: each takes some 300 bytes
MAX_CELLS = 5_000
VERSIONS = (1, 2, 3, 4)
TEXTS = ("source", "input", "code")  # what the versions call a cell's text, the newest first


def code_cells(notebook_json: str) -> list[str]:
    """Return the text of every code cell, in order.

    Raises:
        UserError: The text is no notebook, or one beyond any reason.
    """
    if notebook_json.count("{") + notebook_json.count("[") > MAX_CONTAINERS:
        raise UserError("The notebook is too large: clear its outputs and save it again.")
    try:
        sources = [_text_of(cell) for cell in _cells(json.loads(notebook_json)) if _is_code(cell)]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UserError("It is not a notebook that Jupyter can open: save it anew.") from error
    if len(sources) > MAX_CELLS:
        raise UserError(f"The notebook holds more than {MAX_CELLS:,} cells.")
    if sum(map(len, sources)) > MAX_CODE:
        raise UserError(f"The notebook holds more than {MAX_CODE // 1024} KiB of code.")
    return [re.sub("\r\n?", "\n", source) for source in sources]


def _cells(notebook: Any) -> list[Any]:
    """Return the cells of a notebook; until version 3, they stand in worksheets."""
    if notebook.get("nbformat", 1) not in VERSIONS:
        raise ValueError("a version that is not known")
    worksheets = notebook.get("worksheets", ()) if "cells" not in notebook else [notebook]
    if not worksheets:
        raise ValueError("no cells")
    return [cell for worksheet in worksheets for cell in worksheet["cells"]]


def _is_code(cell: dict[str, Any]) -> bool:
    return bool(cell["cell_type"] == "code")


def _text_of(cell: dict[str, Any]) -> str:
    """Return a cell's text, which may be stored as a list of lines."""
    text = [cell[name] for name in TEXTS if name in cell][0]  # noqa: RUF015 (an IndexError if none)
    return text if isinstance(text, str) else "".join(text)
