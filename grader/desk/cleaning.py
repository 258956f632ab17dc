"""Clean HTML that was made of strangers' texts: only known tags and attributes remain."""

from __future__ import annotations

import re

import nh3

MATH = """
    math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded mphantom menclose
    msub msup msubsup munder mover munderover mmultiscripts mprescripts mtable mtr mtd
"""
TEXT = """
    p br hr h1 h2 h3 h4 h5 h6 strong em s sub sup blockquote ul ol li pre code span a img
    table thead tbody tr th td
"""
TAGS = {*MATH.split(), *TEXT.split()}
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "width", "height", "alt"},
    "span": {"class"},
    "ol": {"start"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "form", "separator", "lspace", "rspace", "minsize", "maxsize"},
    "mi": {"mathvariant"},
    "mfrac": {"linethickness"},
    "mspace": {"width"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "mtd": {"columnalign"},
}
OWN_PICTURE = re.compile(r"/picture/\d{1,4}")
NUMBER = re.compile(r"\d{1,5}")
COLOUR = re.compile(r"[a-z]{1,2}[0-9]?")  # classes of Pygments


def cleaned(html: str) -> str:
    """Return HTML without scripts, styles, forms, frames, or pictures from elsewhere."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value, or None to leave it out."""
    if tag == "img" and attribute == "src":
        return value if OWN_PICTURE.fullmatch(value) else None
    if tag == "img" and attribute in ("width", "height"):
        return value if NUMBER.fullmatch(value) else None
    if attribute == "class":
        return value if COLOUR.fullmatch(value) else None
    return value
