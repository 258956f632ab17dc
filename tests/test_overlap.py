"""Code is compared as tokens: by what it does, not by names, order, comments or layout."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.overlap import LENGTH, Block, Overlap
from grader.batch.tokens import tokens_of

CODE = '''
import torch
from torch import nn

class Cell(nn.Module):
    """Keep a state."""

    def step(self, x, state):
        # The weights.
        mixed = torch.tanh(x @ self.weight.T + state)
        return mixed, [0.5, "text"]
'''


def texts(*sources: str) -> list[str]:
    return [token.text for tokens in tokens_of(sources) for token in tokens]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mixed", "q"),
        ("weight", "kernel"),
        ("Cell", "MyCell"),
        ("step", "advance"),
        ("# The weights.", ""),
        ('"""Keep a state."""', '"""Another text."""'),
        ("    ", "\t"),
        ("from torch import nn", "from torch import nn, optim"),
        (" + state", " \\\n   + state"),
        ("0.5", "0.25"),
    ],
)
def test_what_a_copy_changes_changes_no_token(old: str, new: str) -> None:
    assert old in CODE
    assert texts(CODE.replace(old, new)) == texts(CODE)


@pytest.mark.parametrize(("old", "new"), [("tanh", "sigmoid"), ("@", "*"), ("return", "yield")])
def test_what_code_does_is_kept(old: str, new: str) -> None:
    assert texts(CODE.replace(old, new)) != texts(CODE)


def test_a_name_that_another_file_defines_is_no_library_s() -> None:
    use, definition = (
        "y = model.weight.sum()",
        "class A:\n    def f(self):\n        self.weight = 1",
    )
    assert texts(use)[4] == "weight"
    assert texts(use, definition)[4] == "name"


def test_lines_are_counted_through_texts_of_many_lines() -> None:
    (tokens,) = tokens_of(['x = """\n\n"""\n\ny = (1,\n  2)\n'])
    assert [(token.text, token.line) for token in tokens if token.text == "name"] == [
        ("name", 1),
        ("name", 5),
    ]
    assert tokens[-1].line == 6


@given(st.text(alphabet=st.sampled_from(list("ab1.\"'\\\n\t #()[]{}=+-*/ \0é")), max_size=200))
def test_any_text_has_tokens(text: str) -> None:
    assert len(texts(text)) <= len(text)


@pytest.mark.parametrize("text", ['"""', "'", "\\", "(", "a.", "f'", "#\n", "1e", '"\\'])
def test_the_time_is_linear(text: str) -> None:
    before = time.process_time()
    texts(text * (100_000 // len(text)))
    assert time.process_time() - before < 30  # of the 600 or more that were not linear


def course(**code: str) -> dict[str, list[str]]:
    """Return tokens: each letter is a function of 3 * LENGTH tokens that no other letter has."""
    return {
        name: [f"{letter}{i}" for letter in letters for i in range(3 * LENGTH)]
        for name, letters in code.items()
    }


def test_the_order_of_functions_makes_no_difference() -> None:
    overlap = Overlap(course(Kim="abcdef", Lee="fedcba", Ito="uvwxyz"))
    assert overlap.shares("Kim", "Lee").smaller > 0.99
    assert overlap.shares("Kim", "Ito") == (0.0, 0.0, 0)


def test_shares_are_of_the_own_code() -> None:
    overlap = Overlap(course(Kim="abcd", Lee="dcefghijklmn"))
    one, other, tokens = overlap.shares("Kim", "Lee")
    assert one > 2 * other > 0
    assert tokens == 6 * LENGTH
    assert overlap.shares("Lee", "Kim") == (other, one, tokens)


def test_given_code_weighs_nothing() -> None:
    code = course(Kim="abc", Lee="abd", all="ab", more="ef")
    given = [code.pop("all")]
    assert Overlap(code).shares("Kim", "Lee").smaller > 0.3
    assert Overlap(code, given).shares("Kim", "Lee").smaller < 0.1
    assert Overlap(course(Kim="ab", Lee="ab"), given).shares("Kim", "Lee") == (0.0, 0.0, 0)


def test_what_many_have_weighs_less() -> None:
    others = {f"S{i}": f"a{chr(200 + i)}" for i in range(20)}
    shares = Overlap(course(**others, Kim="abq", Lee="abr")).shares("Kim", "Lee")
    assert 0.3 < shares.smaller < 0.5  # b counts, a hardly


def test_what_a_student_repeats_weighs_less() -> None:
    """Sixteen lines of one pattern, that two students have, are no sixteenfold copy."""
    pattern = [f"p{i}" for i in range(2 * LENGTH)]
    code = course(Kim="abcdefgh", Lee="stuvwxyz")
    once = Overlap({name: tokens + pattern for name, tokens in code.items()})
    often = Overlap({name: tokens + 16 * pattern for name, tokens in code.items()})
    share = once.shares("Kim", "Lee").smaller
    assert 2 * share < often.shares("Kim", "Lee").smaller < 6 * share
    assert often.blocks("Kim", "Lee")[0].length == 32 * LENGTH


def test_blocks_are_found_once_each() -> None:
    overlap = Overlap(course(Kim="abxc", Lee="cyab", Ito="zz"))
    size = 3 * LENGTH
    assert overlap.blocks("Kim", "Lee") == [Block(0, 2 * size, 2 * size), Block(3 * size, 0, size)]
    assert len(overlap.blocks("Ito", "Lee")) == 0


@settings(deadline=None)
@given(st.text("abc", max_size=12), st.text("abc", max_size=12), st.text("abc", max_size=5))
def test_blocks_and_shares_agree(one: str, other: str, third: str) -> None:
    code = course(one=one, other=other, third=third)
    overlap = Overlap(code)
    shares = overlap.shares("one", "other")
    assert shares.tokens <= min(len(code["one"]), len(code["other"]))
    assert 0 <= shares.smaller <= 1
    blocks = overlap.blocks("one", "other")
    for start, there, length in blocks:
        assert code["one"][start : start + length] == code["other"][there : there + length]
    taken = [i for start, _, length in blocks for i in range(start, start + length)]
    assert len(taken) == len(set(taken)) <= max(shares.tokens, 0) or shares.tokens == 0
