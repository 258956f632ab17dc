"""Imports of a submission that find its files although they aren't where the import says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from grader.core.course import EXERCISES
from grader.worker import finders, notes
from grader.worker.finders import read_given
from grader.worker.importing import StudentCode
from tests.conftest import ROOT

Load = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Return a function that writes files and imports the first of them."""
    codes = []

    def load(files: dict[str, str]) -> ModuleType:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        codes.append(StudentCode(tmp_path))
        return codes[-1].module(next(iter(files)))

    yield load
    for code in codes:
        code.close()


@pytest.mark.parametrize(
    "line",
    [
        "from part1.cell import step",
        "from part1 import cell; step = cell.step",
        "import a.b.cell; step = a.b.cell.step",
        "from cell import step",
        "from .cell import step",
        "try:\n    from part1.cell import step\nexcept ImportError:\n    from cell import step",
    ],
)
@pytest.mark.parametrize("place", ["cell.py", "other folder/cell.py"])
def test_a_file_is_found_in_any_folder(load: Load, line: str, place: str) -> None:
    module = load({"rnn.py": line, place: "def step(): return 3"})
    assert module.step() == 3


@pytest.mark.parametrize(
    "line", ["from dataset import PalindromeDataset", "from .dataset import PalindromeDataset",
             "from part1.dataset import PalindromeDataset"],
)  # fmt: skip
def test_what_came_with_the_sheet_need_not_be_handed_in(load: Load, line: str) -> None:
    notes.take()
    digits, _ = load({"train.py": line}).PalindromeDataset(5)[0]
    assert digits.shape == (4,)
    assert any("dataset.py was not handed in" in note for note in notes.take())


def test_what_was_handed_in_goes_first(load: Load) -> None:
    assert load({"train.py": "from part1.dataset import mine", "a/dataset.py": "mine = 1"}).mine


@pytest.mark.parametrize(
    "line",
    [
        "import laboratory",
        "from torch import cell",
        "import torch.cell",
        "from laboratory import x",
    ],
)
def test_what_is_nowhere_is_missing_as_ever(load: Load, line: str) -> None:
    with pytest.raises(ImportError):
        load({"rnn.py": line, "cell.py": "", ".venv/lib/site-packages/laboratory.py": "x = 1"})


def test_a_second_submission_finds_nothing_of_the_first(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / str(number) / "part1"
        folder.mkdir(parents=True)
        (folder / "rnn.py").write_text("from .cell import number")
        (folder / "cell.py").write_text(f"number = {number}")
        code = StudentCode(folder.parent)
        try:
            assert code.module("part1/rnn.py").number == number
        finally:
            code.close()


def test_given_files_are_those_of_the_template() -> None:
    given = sorted(ROOT.glob("grader/exercises/*/given/*.py"))
    assert [(path.parents[1].name, path.stem) for path in given] == [
        (exercise, stem)
        for exercise, texts in read_given(EXERCISES).items()
        for stem in sorted(texts)
    ]
    for path in given:
        template = ROOT / "student_template" / path.parents[1].name / path.name
        assert path.read_text() == template.read_text(), f"cp {template} {path}"


def test_each_exercise_has_its_own_given_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {"one": {"helper": "number = 1"}, "two": {"helper": "number = 2"}}
    monkeypatch.setattr(finders, "read_given", lambda _: given)
    for number, exercise in enumerate(given, start=1):
        code = StudentCode(tmp_path)
        (tmp_path / f"{exercise}.py").write_text("from helper import number")
        code.exercise = exercise
        try:
            assert code.module(f"{exercise}.py").number == number
        finally:
            code.close()


WRITES = {
    "a source": "Path(here, 'helper.py').write_text('VALUE = 2')",
    "a compiled file": (
        "Path(here, 'helper.py').write_text('VALUE = 2')\n"
        "cached = py_compile.compile(str(Path(here, 'helper.py')))\n"
        "Path(here, 'helper.py').unlink()\n"
        "Path(cached).rename(Path(here, 'helper.pyc'))"
    ),
    "a source elsewhere": (
        "elsewhere = Path(here).parent / 'elsewhere'\n"
        "elsewhere.mkdir()\n"
        "(elsewhere / 'helper.py').write_text('VALUE = 2')\n"
        "sys.path.insert(0, str(elsewhere))"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("handed_in", [True, False])
def test_only_what_was_handed_in_is_imported(
    write: str, handed_in: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that the judge has never seen is not imported, whatever student code writes."""
    original, copy = tmp_path / "original", tmp_path / "scratch" / "copy"
    start = "import py_compile, sys\nfrom pathlib import Path\nhere = Path(__file__).parent\n"
    for folder in (original, copy):
        folder.mkdir(parents=True)
        (folder / "rnn.py").write_text(f"{start}{write}\nimport helper\nVALUE = helper.VALUE")
        if handed_in:
            (folder / "helper.py").write_text("VALUE = 1")
    monkeypatch.setattr(sys, "path", [*sys.path])
    code = StudentCode(copy, original, tmp_path / "scratch")
    try:
        if handed_in and "unlink" not in write:
            assert code.module("rnn.py").VALUE == 1
        else:
            with pytest.raises(ImportError, match=r"helper"):
                code.module("rnn.py")
    finally:
        code.close()
