"""Errors are explained by the sources that they come from, in words for what was handed in."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import nbformat
import pytest

from grader.core.failures import Failure
from grader.sandbox.backend import Backend
from grader.sandbox.student import Student
from grader.submission.exception_hints import OTHER_PYTHON, called, hint_for, in_cells
from grader.submission.snapshot import Submission, open_submission


def notebook_of(*cells: str) -> bytes:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    text: str = nbformat.writes(notebook)
    return text.encode()


def opened(folder: Path, files: dict[str, bytes]) -> Submission:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return open_submission(folder)


def no_worker(root: str) -> Backend:
    raise AssertionError(root)


CELLS = [
    "import os\n\ndef f():\n    return GATES",
    "def train():\n    for x in data:\n        x.backward()",
    "GATES = train()",
    "def g():\n    return n\nn = int('?')",
]


def test_places_in_notebooks_are_cells(tmp_path: Path) -> None:
    with opened(tmp_path, {"hw.ipynb": notebook_of(*CELLS), "a.py": b"x = 1\n"}) as submission:
        lines = submission.source_of(PurePosixPath("hw.py")).split("\n")
        line = lines.index("    return GATES") + 1
        assert in_cells(submission, f"hw.py, line {line}") == "hw.ipynb, cell 1, line 4"
        assert in_cells(submission, "a.py, line 1") == "a.py, line 1"
        frame = f'  File "hw.py", line {line}, in f\n    return GATES\n  File "a.py", line 1\n'
        assert in_cells(submission, frame) == (
            '  hw.ipynb, cell 1, line 4, in f\n    return GATES\n  File "a.py", line 1\n'
        )
        assert called(submission, "hw.py") == "hw.ipynb"
        assert called(submission, "a.py") == "a.py"
        assert [str(path) for path in submission.handed_in] == ["a.py", "hw.ipynb"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("GATES", "GATES gets its value in hw.ipynb, cell 3, line 1, which was left out"),
        ("n", "n gets its value in hw.ipynb, cell 4, line 3, which failed here"),
        ("other", ""),
    ],
)
def test_a_name_that_a_notebook_lacks_is_traced(tmp_path: Path, name: str, says: str) -> None:
    with opened(tmp_path, {"hw.ipynb": notebook_of(*CELLS)}) as submission:
        message = f"name '{name}' is not defined"
        hint = hint_for(submission, "NameError", message, "hw.py, line 5")
        assert hint.startswith(says)
        assert bool(hint) == bool(says)


def test_what_does_not_parse_names_the_python_that_graded(tmp_path: Path) -> None:
    files = {"a.py": b"def f(:", "b.py": b"x = 1\0"}
    with opened(tmp_path, files) as submission:
        assert hint_for(submission, "SyntaxError", "", "a.py, line 1") == OTHER_PYTHON
        hint = hint_for(submission, "SyntaxError", "", "b.py")
        assert hint.startswith("It holds null bytes: save it anew as UTF-8.")
        assert any("null bytes" in notice and "b.py" in notice for notice in submission.notices)


@pytest.mark.parametrize(
    ("kind", "message", "says"),
    [
        ("FileNotFoundError", "No such file", "files that were handed in"),
        ("ModuleNotFoundError", "No module named 'x'", "is one of yours missing?"),
        ("SystemExit", "None", "exit()"),
        ("AttributeError", "cannot assign parameters before Module.__init__() call", "super()"),
        ("AttributeError", "'A' object has no attribute 'x'", ""),
    ],
)
def test_exceptions_that_need_a_word(tmp_path: Path, kind: str, message: str, says: str) -> None:
    with opened(tmp_path, {"a.py": b"x = 1"}) as submission:
        hint = hint_for(submission, kind, message, "a.py, line 1")
        assert says in hint
        assert bool(says) == bool(hint)


def test_merge_conflicts_are_named(tmp_path: Path) -> None:
    with opened(tmp_path, {"a.py": b"<<<<<<< HEAD\nx = 1\n"}) as submission:
        assert "merge-conflict" in hint_for(submission, "SyntaxError", "", "a.py, line 1")


def test_a_file_of_another_name_that_does_not_parse_is_the_error(tmp_path: Path) -> None:
    files = {
        "part_two.py": b"import torch\n\nclass LSTM:\n    def f(self)\n        pass\n",
        "uses.py": b"from part_two import LSTM\nLSTM(\n",
    }
    with opened(tmp_path, files) as submission:
        student = Student(submission, no_worker)
        with pytest.raises(Failure) as info:
            student.find("lstm.py", ["LSTM"])
        failure = info.value
        assert failure.status == "error"
        assert failure.what == "part_two.py should be valid Python."
        assert failure.got == "SyntaxError: expected ':'"
        assert (failure.where, failure.hint) == ("part_two.py, line 4", OTHER_PYTHON)
        with pytest.raises(Failure) as info:
            student.find("train.py", ("train",))
        assert info.value.status == "not started"


def test_sources_in_utf_16_are_read(tmp_path: Path) -> None:
    source = "class LSTM:\n    name = 'ü'\n"
    with opened(tmp_path, {"lstm.py": source.encode("utf-16")}) as submission:
        assert (submission.root / "lstm.py").read_text(encoding="utf-8") == source
        assert submission.notices == (
            "Read in another encoding than UTF-8; save it as UTF-8: lstm.py (UTF-16).",
        )


def test_files_that_cells_write_stand_beside_the_notebook(tmp_path: Path) -> None:
    cells = [
        "%%writefile sizes.py\nn = 3",
        "%%writefile /content/other.py\nn = 4",
        "%%writefile torch.py\nn = 5",
        "%%writefile ../../out.py\nn = 6",
        "%%writefile kept.py\nn = 7",
        "%%writefile data.bin\nn = 8",
    ]
    files = {"hw.ipynb": notebook_of(*cells), "kept.py": b"n = 0\n"}
    with opened(tmp_path, files) as submission:
        names = [str(path) for path in submission.files]
        assert names == ["hw.ipynb", "hw.py", "kept.py", "other.py", "out.py", "sizes.py"]
        assert submission.source_of(PurePosixPath("kept.py")) == "n = 0\n"
        assert submission.source_of(PurePosixPath("sizes.py")) == "n = 3"


@pytest.mark.parametrize(
    ("written", "kept", "barred"),
    [
        (["d.py", "d.py/e.py"], "d.py", "d.py/e.py"),
        (["d.py/e.py", "d.py"], "d.py/e.py", "d.py"),
        (["d.py/e.py", "d.py/e.py/f.py"], "d.py/e.py", "d.py/e.py/f.py"),
        (["kept.py/e.py", "d.py"], "d.py", "kept.py/e.py"),  # a file that was handed in
        (["hw.py/e.py", "d.py"], "d.py", "hw.py/e.py"),  # the notebook's own module
    ],
)
def test_of_a_file_and_a_folder_of_one_name_the_first_counts(
    tmp_path: Path, written: list[str], kept: str, barred: str
) -> None:
    cells = [f"%%writefile {name}\nn = 3" for name in written]
    files = {"hw.ipynb": notebook_of("def f():\n    return 1", *cells), "kept.py": b"n = 0\n"}
    with opened(tmp_path, files) as submission:
        assert {str(path) for path in submission.files} == {"hw.ipynb", "hw.py", "kept.py", kept}
        assert submission.notices[-1] == (
            "Not written, because a file and a folder can't share one name: "
            f"{barred}, which hw.ipynb writes."
        )


def test_names_that_another_file_uses_of_a_notebook_are_kept(tmp_path: Path) -> None:
    files = {
        "helpers.ipynb": notebook_of("KEYS = make()", "OTHER = make()"),
        "main.ipynb": notebook_of("%run helpers.ipynb", "def f():\n    return KEYS"),
    }
    with opened(tmp_path, files) as submission:
        lines = submission.source_of(PurePosixPath("helpers.py")).split("\n")
        assert lines[lines.index("    KEYS = make()") - 2] == "try:"
        assert lines[lines.index("    OTHER = make()") - 2].startswith("if __name__")


def test_functions_made_by_factories_are_found(tmp_path: Path) -> None:
    files = {"a.py": b"decaying_rate = make(0.5)\n", "b.py": b"from a import decaying_rate\n"}
    with opened(tmp_path, files) as submission:
        found = submission.find("toy.py", ["decaying_rate"])
        assert found == PurePosixPath("a.py")


def test_shapes_that_do_not_fit_are_explained_and_other_values_are_not(tmp_path: Path) -> None:
    with opened(tmp_path, {"a.py": b"x = 1\n"}) as submission:
        unfit = "operands could not be broadcast together with shapes (3,6) (6,1) "
        hint = hint_for(submission, "ValueError", unfit, "a.py, line 1")
        assert hint.startswith("The shapes of two arrays don't fit")
        assert hint_for(submission, "ValueError", "x must be positive", "a.py, line 1") == ""
