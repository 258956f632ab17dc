"""Which submissions are shown to a person because they share code.

The other solutions of the course are right ones of the kit's own tests. They have one
author, so that they resemble each other more than those of a real course.
"""

from __future__ import annotations

import ast
import csv
import functools
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.batch import similar
from grader.batch.similar_kept import drop_changed
from grader.batch.store import Store
from tests.conftest import ROOT
from tests.synthetic import packed, sources

pytestmark = pytest.mark.slow

Files = dict[str, str]
SOLVED = sources("reference")
del SOLVED["palindrome/lstm_by_hand.py"]  # no student writes that
OTHERS = {
    folder.name: {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }
    for folder in sorted((ROOT / "tests" / "faults" / "palindrome").glob("legal_*/"))
}


def renamed(files: Files) -> Files:
    """Give another name to every variable, function, class and attribute that the code defines."""
    own: set[str] = set()
    attributes: set[str] = set()
    for node in ast.walk(ast.parse("\n".join(files.values()))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
            attributes.add(node.attr)

    def new(found: re.Match[str]) -> str:
        name = found[0]
        known = attributes if found.string[found.start() - 1] == "." else own - {"self"}
        return f"{name[::-1]}_" if name in known else name

    return {file: re.sub(r"\b[^\W\d]\w*\b", new, text) for file, text in files.items()}


def reordered(files: Files) -> Files:
    """Shuffle functions, classes and methods, and lose comments and layout."""
    draw = random.Random(1)
    result = {}
    for file, text in files.items():
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef):
                parts = [p for p in node.body if isinstance(p, ast.FunctionDef | ast.ClassDef)]
                others = [part for part in node.body if part not in parts]
                draw.shuffle(parts)
                node.body = [*others, *parts]
        result[file] = ast.unparse(tree)
    return result


def found(folder: Path, course: dict[str, Files]) -> list[dict[str, str]]:
    archives = [(name, functools.partial(packed, files)) for name, files in course.items()]
    assert similar.find(Store(folder), archives) == []
    return rows_in(folder)


def rows_in(folder: Path) -> list[dict[str, str]]:
    text = (folder / "similar.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def groups(folder: Path) -> list[list[str]]:
    return [
        group["students"] for group in json.loads((folder / "similar.json").read_text())["groups"]
    ]


def test_planted_copies_come_before_all_others(tmp_path: Path) -> None:
    lstm = "palindrome/lstm.py"
    other = OTHERS["legal_stacks_of_gates"]
    part = {**other, lstm: renamed(SOLVED)[lstm]}
    course = {
        **OTHERS,
        "Lee": SOLVED,
        "Ann": renamed(reordered(SOLVED)),
        "Bob": renamed(other),
        "Part": part,
    }
    rows = found(tmp_path, course)
    planted = [
        {"Lee", "Ann"}, {"Lee", "Part"}, {"Bob", "Part"},
        {"Bob", "legal_stacks_of_gates"}, {"Part", "legal_stacks_of_gates"},
    ]  # fmt: skip
    first = [{row["student"], row["other"]} for row in rows[: len(planted)]]
    assert all(pair in first for pair in planted)
    assert groups(tmp_path)[0] == ["Ann", "Bob", "Lee", "Part", "legal_stacks_of_gates"]
    assert float(rows[len(planted)]["share"]) < 0.3
    page = (tmp_path / rows[0]["page"]).read_text(encoding="utf-8")
    assert 'href="#other-1"' in page
    assert 'id="other-1"' in page


def test_solutions_of_their_own_are_not_listed(tmp_path: Path) -> None:
    rows = found(tmp_path, {**OTHERS, "Lee": SOLVED})
    listed = [row for row in rows if row["group"]]
    assert "Lee" not in {name for row in listed for name in (row["student"], row["other"])}
    assert len(listed) <= 2  # of one author


def test_the_template_does_not_count(tmp_path: Path) -> None:
    template = sources("student_template")
    own = {"mine.py": "".join(f"def f{i}(x):\n    return x ** {i} + x\n\n\n" for i in range(9))}
    assert found(tmp_path, {"Lee": template, "Kim": template | own}) == []
    assert groups(tmp_path) == []


def test_what_can_not_be_read_is_a_remark(tmp_path: Path) -> None:
    def missing() -> bytes:
        raise FileNotFoundError("Mia.zip")

    archives = [("Lee", lambda: b"no ZIP"), ("Mia", missing), ("Kim", lambda: packed(SOLVED))]
    remarks = similar.find(Store(tmp_path), archives)
    assert [remark.partition(" (")[0] for remark in remarks] == [
        "Lee: could not be compared with others",
        "Mia: could not be compared with others",
    ]
    assert groups(tmp_path) == []


def test_no_pair_is_cut_and_old_pages_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "PAGES", 3)
    archives = [(name, lambda: packed(SOLVED)) for name in ("Ann", "Bob", "Cem", "Dan")]
    (remark,) = similar.find(Store(tmp_path), archives)
    assert remark == "only 3 of 6 similar pairs have a page; see similar.csv"
    assert len(list((tmp_path / "similar").iterdir())) == 3
    assert len((tmp_path / "similar.csv").read_text("utf-8").splitlines()) == 7
    ((students),) = groups(tmp_path)
    assert students == ["Ann", "Bob", "Cem", "Dan"]
    found(tmp_path, {"Lee": SOLVED})
    assert not (tmp_path / "similar").exists()


def test_hostile_code_and_names_stay_text(tmp_path: Path) -> None:
    evil = "x = '<script>alert(1)</script>'\n" + "".join(SOLVED.values())
    (row,) = found(tmp_path, {"=Lee<b>": {"a.py": evil}, "</title>": {"<i>.py": evil}})
    assert {row["student"], row["other"]} == {"'=Lee<b>", "</title>"}
    page = (tmp_path / row["page"]).read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "</title></title>" not in page


def test_tokens_are_bounded(tmp_path: Path) -> None:
    long = packed({"a.py": "x = y + z\n" * 10_000, "b.py": "y = 2\n"})
    remarks = similar.find(Store(tmp_path), [("Lee", lambda: long), ("Kim", lambda: long)])
    assert remarks == [f"{name}: too much code, compared only in part" for name in ("Lee", "Kim")]
    (row,) = rows_in(tmp_path)
    assert int(row["shared tokens"]) <= similar.MOST


JUNK = "".join(f"v{i} = [{i}, 'a{i}', {i}.5]\n" for i in range(3_000))
LSTM = "palindrome/lstm.py"


@pytest.mark.parametrize(
    ("files", "is_cut"),
    [
        ({"lstm.PY": SOLVED[LSTM]}, False),
        ({"aaa.py": JUNK, "lstm.py": SOLVED[LSTM]}, True),
        ({"lstm.py": f'"""{"x" * 200_000}"""\n{SOLVED[LSTM]}'}, False),
    ],
)
def test_no_name_and_no_junk_hides_code(tmp_path: Path, files: Files, is_cut: bool) -> None:
    archives = [("Ann", lambda: packed({LSTM: SOLVED[LSTM]})), ("Bob", lambda: packed(files))]
    remarks = similar.find(Store(tmp_path), archives)
    assert remarks == ["Bob: too much code, compared only in part"] * is_cut
    assert groups(tmp_path) == [["Ann", "Bob"]]


def test_what_was_found_goes_when_a_submission_has_changed(tmp_path: Path) -> None:
    names = ("'=Ann", "Bob", "Cem")
    archive = packed(SOLVED)
    course: dict[str, Callable[[], bytes]] = dict.fromkeys(names, lambda: archive)
    store = Store(tmp_path)
    similar.find(store, course.items())
    assert drop_changed(store, course.items()) == []
    assert groups(tmp_path) == [list(names)]
    (remark,) = drop_changed(store, {**course, "'=Ann": lambda: b"another"}.items())
    assert "since submissions were compared, so what they shared is dropped: '=Ann;" in remark
    assert groups(tmp_path) == [["Bob", "Cem"]]
    (row,) = rows_in(tmp_path)
    assert (row["student"], row["other"]) == ("Bob", "Cem")
    assert [f"similar/{page.name}" for page in (tmp_path / "similar").iterdir()] == [row["page"]]
    assert drop_changed(store, course.items()) == []  # what is gone stays so
    del course["Cem"]
    assert len(drop_changed(store, course.items())) == 1
    assert (groups(tmp_path), rows_in(tmp_path)) == ([], [])
