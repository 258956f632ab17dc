"""The student template: what is taken out of the reference, what stays, and what is refused."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from grader.__main__ import main
from grader.core.errors import UserError
from grader.release import template
from grader.release.template import TemplateError, check_template, render_template, write_template
from tests.conftest import ROOT as REPOSITORY

CELL = '''\
"""A cell."""

import math
import os

import numpy as np

SIZE = 3


### BEGIN SOLUTION
def squash(x):
    return np.tanh(x) + math.pi


### END SOLUTION
class Cell:
    """Keeps a state."""

    ### BEGIN SOLUTION text is allowed here, too
    limit = os.cpu_count()

    def _secret(self):
        return self.limit

    ### END SOLUTION

    def step(self, x: np.ndarray) -> np.ndarray:
        """One step, (B, n)."""
        # Hint: squash is bounded.
        if x.size == 0:
            ### BEGIN SOLUTION Question 1: the empty batch, as it is
            # a comment of the solution

            return x
            ### END SOLUTION
        ### BEGIN SOLUTION Question 2: say "h", 'a' and Θ
        h = squash(x) + self._secret()
        return h
        ### END SOLUTION
'''

CELL_FOR_STUDENTS = '''\
"""A cell."""

import numpy as np

SIZE = 3


class Cell:
    """Keeps a state."""

    def step(self, x: np.ndarray) -> np.ndarray:
        """One step, (B, n)."""
        # Hint: squash is bounded.
        if x.size == 0:
            raise NotImplementedError("Question 1: the empty batch, as it is")
        raise NotImplementedError("Question 2: say \\"h\\", 'a' and Θ")
'''


def make(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def render(folder: Path, source: str) -> str:
    """Return the template of a reference that is this one file."""
    return render_template(make(folder / "reference", {"file.py": source}))[
        PurePosixPath("file.py")
    ]


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a miniature repository that the command line works on: a reference and its template."""
    make(tmp_path / "reference", {"__init__.py": '"""Ours."""\n', "cell.py": CELL})
    write_template(tmp_path / "reference", tmp_path / "student_template")
    for name, folder in (("REFERENCE", "reference"), ("TEMPLATE", "student_template")):
        monkeypatch.setattr(template, name, tmp_path / folder)
    return tmp_path


# What students get


def test_solutions_become_stubs_or_vanish_and_the_rest_stays(tmp_path: Path) -> None:
    assert render(tmp_path, CELL) == CELL_FOR_STUDENTS


@pytest.mark.parametrize(
    "before",
    [
        "async def f(x):\n",
        "class A:\n    def f(self):\n",
        "def outer():\n    def f(x):\n",
        "def f(x):\n    try:\n        x()\n    finally:\n",
        "def f(x):\n    if x:\n        pass\n    else:\n",
        "def f(x):\n    try:\n        x()\n    except OSError:\n",
        "def f(x):\n    match x:\n        case 1:\n",
    ],
)
def test_every_body_in_a_function_takes_a_stub(tmp_path: Path, before: str) -> None:
    indent = " " * (len(before.splitlines()[-1]) - len(before.splitlines()[-1].lstrip()) + 4)
    block = ("### BEGIN SOLUTION Task", "return 1", "### END SOLUTION")
    text = render(tmp_path, before + "".join(f"{indent}{line}\n" for line in block))
    assert text == f'{before}{indent}raise NotImplementedError("Task")\n'


def test_a_class_in_a_function_is_a_class(tmp_path: Path) -> None:
    source = (
        "def f():\n    class A:\n        x = 1\n"
        "        ### BEGIN SOLUTION\n        y = 2\n        ### END SOLUTION\n\n    return A\n"
    )
    assert render(tmp_path, source) == "def f():\n    class A:\n        x = 1\n\n    return A\n"


def test_a_decorated_helper_and_comments_around_it_vanish(tmp_path: Path) -> None:
    source = (
        "import functools\n\nx = 1\n\n\n"
        "### BEGIN SOLUTION\n# secret\n@functools.cache\ndef f():\n    pass\n\n\n# secret\n"
        "### END SOLUTION\n"
    )
    assert render(tmp_path, source) == "x = 1\n"


def test_long_tasks_are_wrapped_within_100_columns(tmp_path: Path) -> None:
    task = "w" * 77
    source = f"def f():\n    ### BEGIN SOLUTION {task}\n    return 1\n    ### END SOLUTION\n"
    text = render(tmp_path, source)
    assert text == f'def f():\n    raise NotImplementedError(\n        "{task}"\n    )\n'


def test_markers_in_strings_are_text(tmp_path: Path) -> None:
    source = (
        'TEXT = """\n### BEGIN SOLUTION\nkept\n### END SOLUTION\n### GIVEN\n"""\n\n\n'
        "def f():\n    ### BEGIN SOLUTION Task\n"
        '    return """\n### END SOLUTION\n# secret\n"""\n    ### END SOLUTION\n'
    )
    stub = 'def f():\n    raise NotImplementedError("Task")\n'
    assert render(tmp_path, source) == source[: source.index("def f")] + stub


def test_files_are_solutions_given_ones_and_their_packages(tmp_path: Path) -> None:
    given = '"""Data."""\n### GIVEN\n\nimport os\n\n\ndef f( a ):\n    return {1 :a}\n'
    reference = make(
        tmp_path / "reference",
        {
            "__init__.py": '"""All solutions."""\n',
            "figures.py": "import math\n",
            "answers.md": "42\n",
            "other/__init__.py": "",
            "other/unmarked.py": "x = 1\n",
            "deep/__init__.py": "",
            "deep/er/__init__.py": "# inner\n",
            "deep/er/data.py": given,
            "api/__init__.py": "### GIVEN\nx = 1\n",
            "bare/cell.py": CELL,
            ".hidden/cell.py": CELL,
            "__pycache__/cell.py": CELL,
        },
    )
    files = {str(name): text for name, text in render_template(reference).items()}
    assert files.keys() == {
        "__init__.py",
        "deep/__init__.py",
        "deep/er/__init__.py",
        "deep/er/data.py",
        "api/__init__.py",
        "bare/cell.py",
    }
    assert files["api/__init__.py"] == "x = 1\n"
    assert files["deep/er/data.py"] == given.replace("### GIVEN\n", "")
    assert files["deep/er/__init__.py"] == "# inner\n"
    assert files["__init__.py"].startswith('"""Your solutions')


@pytest.mark.parametrize(
    ("source", "copy"),
    [
        ("### GIVEN\nx = 1\n", "x = 1\n"),
        ("### GIVEN\n\nx = 1\n", "\nx = 1\n"),
        ("x = 1\n\n### GIVEN\n\ny = 2\n", "x = 1\n\ny = 2\n"),
        ("x = 1\n### GIVEN\n", "x = 1\n"),
    ],
)
def test_the_given_line_leaves_no_gap(tmp_path: Path, source: str, copy: str) -> None:
    assert render(tmp_path, source) == copy


def test_imports_close_up_where_one_is_taken_out(tmp_path: Path) -> None:
    source = (
        "import abc\n\n### BEGIN SOLUTION\nimport math\n\n### END SOLUTION\nimport sys\n\n"
        "x = abc, sys\n"
    )
    assert render(tmp_path, source) == "import abc\nimport sys\n\nx = abc, sys\n"


def test_blanks_after_a_marker_do_not_matter(tmp_path: Path) -> None:
    source = "def f():\n    ### BEGIN SOLUTION  Task \n    return 1\n    ### END SOLUTION \n"
    assert render(tmp_path, source) == 'def f():\n    raise NotImplementedError("Task")\n'


def test_modules_in_the_current_folder_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, {"numpy.py": ""})  # imports of local modules are sorted after all others
    monkeypatch.chdir(tmp_path)
    source = "import numpy\nimport torch\n\nx = numpy, torch\n"
    assert render(tmp_path, f"{source}### BEGIN SOLUTION\ny = 1\n### END SOLUTION\n") == source


def test_settings_of_ruff_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"ruff.toml": "format.quote-style = 'single'\n"})
    monkeypatch.setattr(template, "ROOT", tmp_path)
    assert render(tmp_path, CELL) == CELL_FOR_STUDENTS


# What is refused

BEGIN, END = "### BEGIN SOLUTION Task\n", "### END SOLUTION\n"
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


# Writing and comparing


def test_writing_overwrites_generated_files_and_keeps_caches(root: Path) -> None:
    written = root / "student_template"
    make(written, {"cell.py": "old\n", "__pycache__/x.pyc": "", ".idea/x": ""})
    make(root / "reference", {"deep/er/data.py": "### GIVEN\nx = 1\n"})
    write_template(root / "reference", written)
    assert contents(written) == {
        "__init__.py": template.ROOT_PACKAGE,
        "cell.py": CELL_FOR_STUDENTS,
        "deep/er/data.py": "x = 1\n",
        "__pycache__/x.pyc": "",
        ".idea/x": "",
    }


def test_other_files_are_named_and_neither_deleted_nor_anything_written(root: Path) -> None:
    make(root / "student_template", {"cell.py": "mine\n", "notes.txt": "", "sub/stale.py": ""})
    before = contents(root / "student_template")
    with pytest.raises(UserError) as caught:
        write_template(root / "reference", root / "student_template")
    assert str(caught.value) == (
        "delete or move what is not generated, then run this again: "
        "student_template/notes.txt, student_template/sub/stale.py"
    )
    assert contents(root / "student_template") == before


def test_check_is_empty_when_current(root: Path) -> None:
    make(root / "student_template", {"__pycache__/x.pyc": "", ".DS_Store": ""})
    assert check_template(root / "reference", root / "student_template") == ""


def test_check_shows_a_unified_diff(root: Path) -> None:
    stale = CELL_FOR_STUDENTS.replace("SIZE = 3", "SIZE = 4")
    make(root / "student_template", {"cell.py": stale})
    assert check_template(root / "reference", root / "student_template") == (
        "--- student_template/cell.py\n"
        "+++ student_template/cell.py (generated)\n"
        "@@ -2,7 +2,7 @@\n \n import numpy as np\n \n-SIZE = 4\n+SIZE = 3\n \n \n class Cell:\n"
    )
    assert contents(root / "student_template")["cell.py"] == stale


def test_check_sees_a_missing_end_of_line(root: Path) -> None:
    make(root / "student_template", {"cell.py": CELL_FOR_STUDENTS[:-1]})
    assert "cell.py" in check_template(root / "reference", root / "student_template")


def test_check_shows_files_that_are_not_utf_8(root: Path) -> None:
    (root / "student_template" / "__init__.py").write_bytes(b"\xff")
    assert "-\ufffd\n" in check_template(root / "reference", root / "student_template")


def test_check_names_missing_and_other_files(root: Path) -> None:
    make(root / "reference", {"empty/__init__.py": "", "empty/data.py": "### GIVEN\n"})
    make(root / "student_template", {"stale.py": "", "figure.pdf": ""})
    assert check_template(root / "reference", root / "student_template").splitlines() == [
        "Missing in student_template: empty/__init__.py",
        "Missing in student_template: empty/data.py",
        "Only in student_template: figure.pdf",
        "Only in student_template: stale.py",
    ]


# The command line


def test_command_writes_then_check_agrees(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "student_template" / "cell.py").unlink()
    assert main(["template", "--check"]) == 1
    assert capsys.readouterr().out == "Missing in student_template: cell.py\n"
    assert main(["template"]) == 0
    assert main(["template", "--check"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [["template"], ["template", "--check"]])
def test_command_ends_with_1_and_the_lines_for_faulty_markers(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    make(root / "reference", {"a.py": END, "b.py": BEGIN})
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert not out
    assert [line.split(": ")[0] for line in err.splitlines()] == [
        "reference/a.py:1",
        "reference/b.py:1",
    ]


def test_command_ends_with_2_and_one_line_for_bad_input(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(root / "student_template", {"mine.py": ""})
    assert main(["template"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert re.fullmatch(r"error: delete or move .*: student_template/mine\.py\n", err)


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["template", "--no-such-option"]])
def test_command_ends_with_2_for_bad_arguments(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m grader")


def test_command_does_not_import_torch(root: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from grader.release import template
from grader.__main__ import main
template.REFERENCE = Path({str(root)!r}, "reference")
template.TEMPLATE = Path({str(root)!r}, "student_template")
assert main(["template", "--check"]) == 0
sys.exit("torch" in sys.modules or "numpy" in sys.modules)
"""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, cwd=root)


def test_module_hands_on_the_exit_status() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grader", "x"], cwd=REPOSITORY, capture_output=True
    )
    assert done.returncode == 2


# This repository


def split_at_markers(path: Path) -> tuple[Counter[str], Counter[str]]:
    """Count a file's lines inside and outside of solutions, without the code under test."""
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    in_solution = False
    for line in map(str.strip, path.read_text(encoding="utf-8").splitlines()):
        if line.startswith(("### BEGIN SOLUTION", "### END SOLUTION")):
            in_solution = line.startswith("### BEGIN")
        else:
            (inside if in_solution else outside)[line] += 1
    return inside, outside


@pytest.mark.skipif(
    not ((REPOSITORY / "reference").is_dir() and (REPOSITORY / "student_template").is_dir()),
    reason="needs reference/ and student_template/",
)
def test_the_template_of_this_repository_is_current_and_gives_nothing_away() -> None:
    reference, template = REPOSITORY / "reference", REPOSITORY / "student_template"
    assert check_template(reference, template) == ""
    stubs = 0
    for path in template.rglob("*.py"):
        name, text = path.relative_to(template), path.read_text(encoding="utf-8")
        compile(text, str(path), "exec")
        inside, outside = split_at_markers(reference / name)
        lines = Counter(line.strip() for line in text.splitlines())
        words = (line for line in inside if re.search(r"\w", line))  # a bare bracket is no secret
        assert not [line for line in words if lines[line] > outside[line]], name
        stubs += text.count("raise NotImplementedError(")
    assert stubs > 0
