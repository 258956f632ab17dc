"""Text from a submission is shown without harm."""

from __future__ import annotations

from grader.core.text import plain


def test_text_that_is_shown_neither_steers_a_terminal_nor_runs_backwards() -> None:
    assert plain("a\x1b[2J\u202eb\u2066\ud800ü\n\t") == "a\ufffd[2J\ufffdb\ufffd?ü\n\t"
