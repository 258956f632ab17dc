"""A batch says at its beginning which packages its submissions import and nobody has."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from grader.batch.intake import hand_ins
from grader.batch.missing_packages import NAMED, remarks
from grader.submission.missing_packages import lacking
from grader.submission.snapshot import open_submission

SOURCE = """
import os, torch, tqdm, wandb
import dataset  # given with the sheet
import laboratory.tools as tools
from part1.helpers import f
from .other import g
from homework.other import h

if __name__ == "__main__":
    import only_when_run
"""


def packed(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.py", text)
    return data.getvalue()


def test_own_files_and_stubs_are_there(tmp_path: Path) -> None:
    path = tmp_path / "Lee.zip"
    path.write_bytes(packed(train=SOURCE, helpers="", other="import xyzzy, 3"))
    with open_submission(path) as submission:
        assert lacking(submission) == {"laboratory"}


def test_how_many_submissions_need_each(tmp_path: Path) -> None:
    (tmp_path / "Lee.zip").write_bytes(packed(a="import laboratory, plover"))
    (tmp_path / "Kim.zip").write_bytes(packed(a="from laboratory import x"))
    (tmp_path / "Mia.zip").write_bytes(b"no ZIP")
    with hand_ins(tmp_path) as (found, _):
        said = remarks(found)
    assert [line.split(".")[0] for line in said] == [
        "laboratory is not installed, and 2 submissions import it",
        "plover is not installed, and 1 submission imports it",
    ]


def test_one_hand_in_cannot_flood_the_screen(tmp_path: Path) -> None:
    names = [f"plover{number}" for number in range(1000)] + ["y" * 5000]
    (tmp_path / "Lee.zip").write_bytes(packed(a="\n".join(f"import {name}" for name in names)))
    (tmp_path / "Kim.zip").write_bytes(packed(a="import laboratory"))
    (tmp_path / "Mia.zip").write_bytes(packed(a="import laboratory"))
    with hand_ins(tmp_path) as (found, _):
        said = remarks(found)
    assert said[0].startswith("laboratory is not installed, and 2 submissions import it")
    assert said[-1] == (
        "982 other packages are not installed; 1 submission imports the first of them."
    )
    assert len(said) == NAMED + 1
    assert max(map(len, said)) < 300


def test_a_file_of_the_exercise_is_no_package_to_install(tmp_path: Path) -> None:
    (tmp_path / "Lee.zip").write_bytes(packed(train="from lstm import LSTM\nimport plover"))
    (tmp_path / "Kim.zip").write_bytes(packed(train="import vanilla_rnn, palindrome.lstm"))
    (tmp_path / "Mia.zip").write_bytes(packed(train="import lstm", lstm="x = 1"))
    with hand_ins(tmp_path) as (found, _):
        files, one_file, *others = remarks(found)
    assert files == "2 submissions lack lstm.py, which they import: Kim, Lee"
    assert one_file == "1 submission lacks vanilla_rnn.py, which it imports: Kim"
    assert [line.split()[0] for line in others] == ["plover"]
