"""Absolute paths in a submission's code are named to the student, relative ones are not."""

from pathlib import Path

import nbformat
import pytest

from grader.submission.handin import Finding
from tests.submission_files import findings_of


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("open('/home/doe/data.csv')", "/home/doe/data.csv"),
        (r"open('C:\\Users\\doe\\x.csv')", "C:\\\\Users\\\\doe\\\\x.csv"),
        ("open('D:/x.csv')", "D:/x.csv"),
        (r"open(r'\\server\share\x')", "\\\\\\\\server\\\\share\\\\x"),
        ("open('~/x.csv')", "~/x.csv"),
        ("open(f'/content/drive/{name}')", "/content/drive/"),
        ("open('/home/doe/' + name)", "/home/doe/"),
    ],
)
def test_absolute_path(tmp_path: Path, code: str, path: str) -> None:
    finding = findings_of(tmp_path, {"a.py": f"x = 1\n{code}".encode()})["relative paths"]
    assert not finding.ok
    assert finding.message == f"Make every path in the code relative: '{path}' (a.py, line 2)."


@pytest.mark.parametrize(
    "code",
    [
        "open('data/x.csv')",
        "open('./x.csv')",
        "open('../x.csv')",
        "open(f'{folder}/data/x.csv')",
        "open(folder + '/data/x.csv')",
        "print('accuracy / loss')",
        "xlabel('m/s')",
        "open('https://example.org/x')",
        "'/'",
        "# open('/home/doe/x.csv')",
        "this is no Python: '/home/doe/x.csv'",
    ],
)
def test_relative_path(tmp_path: Path, code: str) -> None:
    finding = findings_of(tmp_path, {"a.py": code.encode()})["relative paths"]
    assert finding == Finding("relative paths", True, "All paths in the code are relative.")


def test_absolute_path_in_a_notebook_is_named_once(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    cells = ["%time", "path = '/home/doe/x.csv'\nopen(path)"]
    notebook.cells = [nbformat.v4.new_code_cell(c, id=f"c{i}") for i, c in enumerate(cells)]
    files = {"my rnn.ipynb": nbformat.writes(notebook), "broken.ipynb": b"{"}
    assert findings_of(tmp_path, files)["relative paths"].message == (
        "Make every path in the code relative: '/home/doe/x.csv' (my rnn.ipynb, cell 2, line 1)."
    )


def test_many_absolute_paths(tmp_path: Path) -> None:
    code = "\n".join(f"open('/home/doe/{i}')" for i in range(5))
    message = findings_of(tmp_path, {"a.py": code.encode()})["relative paths"].message
    assert message.endswith("'/home/doe/2' (a.py, line 3) and 2 more.")
