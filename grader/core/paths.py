"""Know the paths of the kit's folders; course.py knows those of the course."""

from __future__ import annotations

from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
ROOT = KIT.parent
IS_CLONE = (ROOT / "pyproject.toml").is_file()  # or else an installed kit, which has no solutions
