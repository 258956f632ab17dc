"""Know the paths of the kit's folders."""

from __future__ import annotations

from pathlib import Path

KIT = Path(__file__).resolve().parents[1]
ROOT = KIT.parent
EXERCISES = KIT / "exercises"
REFERENCE = ROOT / "reference"
TEMPLATE = ROOT / "student_template"
