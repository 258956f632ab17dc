"""The student template is refused where markers of the reference are at fault, line by line."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.release import template
from grader.release.template import TemplateError, render_template, write_template
from tests.miniature import BEGIN, CELL, END, make, render

WHOLE = "let the block hold whole statements, indented as its markers"
SPELLING = "write ### BEGIN SOLUTION <task>, ### END SOLUTION or ### GIVEN"

FAULTS = {
    "no end": (f"x = 1\n{BEGIN}y = 2\n", ["2: put ### END SOLUTION below this solution"]),
    "no begin": (f"x = 1\n{END}", ["2: remove this END SOLUTION or put a BEGIN above it"]),
    "nested": (
        f"{BEGIN}x = 1\n{BEGIN}y = 2\n{END}{END}",
        [
            "3: end the block of line 1 before this one",
            "6: remove this END SOLUTION or put a BEGIN above it",
        ],
    ),
    "end indented otherwise": (
        f"def f():\n    {BEGIN}    return 1\n{END}",
        ["4: indent this as the BEGIN in line 2"],
    ),
    "begin and end indented otherwise than the code": (
        f'def f():\n    """Doc."""\n{BEGIN}    return 1\n{END}',
        [f"3: {WHOLE}"],
    ),
    "no task in a function": (
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n",
        ["2: say what to do: ### BEGIN SOLUTION <task>"],
    ),
    "empty": (f"def f():\n    pass\n    {BEGIN}    # nothing\n    {END}", [f"3: {WHOLE}"]),
    "within an expression": (f"x = [\n    {BEGIN}    1,\n    {END}]\n", [f"2: {WHOLE}"]),
    "if with its else": (
        f"def f(x):\n    if x:\n        {BEGIN}        x()\n    else:\n        x\n        {END}",
        [f"3: {WHOLE}"],
    ),
    "two functions": (
        f"def f():\n    {BEGIN}    return 1\n\n\ndef g():\n    return 2\n    {END}",
        [f"2: {WHOLE}"],
    ),
    "between decorator and function": (
        f"@print\n{BEGIN}def f():\n    pass\n{END}def g():\n    pass\n",
        [f"2: {WHOLE}"],
    ),
    "after code": (
        f"x = 1  {BEGIN}y = 2\n{END}",
        [
            "1: put this marker on a line of its own",
            "3: remove this END SOLUTION or put a BEGIN above it",
        ],
    ),
    "misspelled": (
        "### Begin Solution\n###BEGIN SOLUTION\n# begin solution\n# END  SOLUTION\n### GIVENS\n"
        "### BEGIN SOLUTIONS\n### END SOLUTION of f\n### END\n# The end\n",
        [f"{line}: {SPELLING}" for line in range(1, 9)],
    ),
    "faults of several kinds": (
        f"{BEGIN}x = 1\n### GIVE\n",
        ["1: put ### END SOLUTION below this solution", f"3: {SPELLING}"],
    ),
    "end only in a string": (
        f'{BEGIN}x = """\n{END}"""\n',
        ["1: put ### END SOLUTION below this solution"],
    ),
    "given with solutions": (
        f"### GIVEN\n{BEGIN}x = 1\n{END}",
        ["1: remove this: a file with solutions is not given as it is"],
    ),
    "syntax": ("x = 1\ny = )\n", ["2: mend the syntax: unmatched ')'"]),
}


@pytest.mark.parametrize(("source", "expected"), FAULTS.values(), ids=FAULTS)
def test_faulty_markers_are_named_by_line(
    tmp_path: Path, source: str, expected: Sequence[str]
) -> None:
    with pytest.raises(TemplateError) as caught:
        render(tmp_path, source)
    assert str(caught.value).splitlines() == [f"reference/file.py:{line}" for line in expected]


LEFTOVERS = {
    "local": (
        f"def f():\n    h = 3\n    {BEGIN}\n\n    return h\n    {END}",
        "2: Local variable `h` is assigned to but never used",
    ),
    "unpacked": (
        f"def f(x):\n    B, T = x.shape\n    {BEGIN}    return T\n    {END}    return B\n",
        "2: Unpacked variable `T` is never used",
    ),
    "definition gone": (
        f"def f():\n    {BEGIN}    # one\n    # two\n    h = 1\n    {END}    return h\n",
        "7: Undefined name `h`",
    ),
    "helper gone": (
        f"{BEGIN}def f():\n    pass\n\n\n{END}def g():\n    return f()\n",
        "8: Undefined name `f`",
    ),
    "nothing but solution": (
        f"class A:\n    {BEGIN}    x = 1\n    {END}\n\nx = 1\n",
        "7: Expected an indented block after `class` definition",
    ),
}


@pytest.mark.parametrize(("source", "expected"), LEFTOVERS.values(), ids=LEFTOVERS)
def test_leftovers_of_a_solution_are_named_by_line(
    tmp_path: Path, source: str, expected: Sequence[str]
) -> None:
    with pytest.raises(TemplateError) as caught:
        render(tmp_path, source)
    advice = "without the solutions: move this line into a block"
    assert str(caught.value) == f"reference/file.py:{expected} {advice}"


def test_all_faults_of_all_files_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    reference = make(
        tmp_path / "reference",
        {"b/c.py": f"{BEGIN}x = 1\n{END}{END}{END}", "good.py": CELL}
        | {f"{name}.py": END for name in "adef"},
    )
    with pytest.raises(TemplateError) as caught:
        write_template(reference, tmp_path / "student_template")
    places = [line.split(": ")[0] for line in str(caught.value).splitlines()]
    expected = ["a.py:1", "b/c.py:4", "b/c.py:5", "d.py:1", "e.py:1", "f.py:1"]
    assert places == [f"reference/{place}" for place in expected]
    assert not (tmp_path / "student_template").exists()


def test_syntax_newer_than_python_3_11_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"^reference/file\.py:1: .*$"):
        render(tmp_path, f"type Number = int\n{BEGIN}x = 1\n{END}")


def test_a_missing_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="reference is missing: run this in a copy that has"):
        render_template(tmp_path / "reference")


def test_a_missing_ruff_is_one_line_that_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ruff", None)
    with pytest.raises(
        UserError, match=r'^ruff is missing: run pip install -c constraints\.txt -e "\.\[dev\]"$'
    ):
        render(tmp_path, CELL)


def test_a_failing_ruff_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "STYLE", ["--no-such-option"])
    with pytest.raises(UserError, match=r"^ruff check failed: .*--no-such-option.*$"):
        render(tmp_path, CELL)
