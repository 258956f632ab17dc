"""Show model answers: the staff's own Markdown, drawn as students' is."""

from __future__ import annotations

import functools

from grader.desk.cleaning import cleaned
from grader.desk.reading.markdown import to_html
from grader.marking.scheme import model_answer


@functools.cache
def model_html(question: str) -> str:
    """Return the model answer to a question as HTML; empty where this copy of the kit has none."""
    text = model_answer(question)
    return cleaned(to_html(text)) if text else ""
