"""The student template: what is taken out of the reference, and what stays."""

from pathlib import Path

import pytest

from grader.release import template
from grader.release.template import render_template
from tests.miniature import CELL, CELL_FOR_STUDENTS, make, render

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
