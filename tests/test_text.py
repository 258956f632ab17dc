"""Text from a submission is shown without harm."""

from __future__ import annotations

from grader.core.text import LONGEST_LINE, ends, plain


def test_text_that_is_shown_neither_steers_a_terminal_nor_runs_backwards() -> None:
    assert plain("a\x1b[2J\u202eb\u2066\ud800ü\n\t") == "a\ufffd[2J\ufffdb\ufffd?ü\n\t"


def test_ends_of_what_is_printed_cut_lines_and_leave_out_the_middle() -> None:
    assert ends("one\ntwo", 1) == "one\ntwo"
    assert ends("".join(f"{n}\n" for n in range(9)), 1) == "0\n[... 7 lines ...]\n8\n"
    assert ends("x" * 10_000, 5) == "x" * LONGEST_LINE + "…\n"
