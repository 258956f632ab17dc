"""Write strangers' text in Markdown such that it stays text."""

from __future__ import annotations

import html
import re

# What Markdown takes for a sign of its own, anywhere or at the beginning of a line.
SPECIAL = re.compile(
    r"[\\`*\[\]|~$]|(?<!\w)_|^[#+=-]|(?<=^\d)[.)](?=\s)|(?<=^\d\d)[.)](?=\s)"
    r"|:(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):|@(?=\w)",  # bare addresses, and people
    re.IGNORECASE,
)


def inline(text: str) -> str:
    """Return text as it is, in one line of Markdown."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return SPECIAL.sub(r"\\\g<0>", escaped)
