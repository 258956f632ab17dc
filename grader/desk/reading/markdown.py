"""Turn Markdown into HTML; formulas become MathML, which browsers draw without a script.

HTML within Markdown stays text. The result is cleaned once more before it is shown.
"""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Sequence
from typing import Any

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

MAX_MARKDOWN = 200_000  # characters of one text
MAX_FORMULA = 4_000
NESTING = 20
Picture = Callable[[str], str]  # gives HTML for the source of a picture


def to_html(text: str, picture: Picture | None = None) -> str:
    """Return Markdown as HTML; ``picture`` may replace pictures, which else become their names."""
    return str(_parser().render(text[:MAX_MARKDOWN], {"picture": picture or named}))


def named(source: str) -> str:
    """Return the name of a picture that can't be shown in its place."""
    return f"<em>[picture: {html.escape(source[:80])}]</em>"


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING})
    parser.enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, renderer=_formula, allow_digits=False)
    parser.use(amsmath_plugin, renderer=_display)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("fence", _fence)
    return parser


def _display(text: str) -> str:
    return _formula(text, {"display_mode": True})


def _formula(text: str, options: dict[str, Any]) -> str:
    """Return a formula as MathML, or as it was typed where that can't be made."""
    display = bool(options.get("display_mode"))
    try:
        if len(text) > MAX_FORMULA:
            raise ValueError("a long formula")
        return convert(text, display="block" if display else "inline")
    except Exception:  # noqa: BLE001 (of any kind: the converter fails in many ways on wrong TeX)
        return f"<code>{html.escape(text)}</code>"


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    del renderer, options
    return str(env["picture"](str(tokens[index].attrs.get("src", ""))))


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    del renderer, options, env
    token = tokens[index]
    if token.info.strip() == "math":
        return _formula(token.content, {"display_mode": True})
    return f"<pre><code>{html.escape(token.content)}</code></pre>\n"
