"""Files that are left out, links and odd names: the student is told, and the rest is graded."""

import os
import stat
import sys
from pathlib import Path

import pytest

from grader.submission import filter
from grader.submission.snapshot import open_submission
from tests.submission_files import (
    CODE,
    entry,
    folder_of,
    names,
    notice,
    on_disk,
    patched,
    refusal,
    zip_of,
)

pytestmark = pytest.mark.usefixtures("snapshots")


# What is left out, with a word


@pytest.mark.parametrize(
    ("name", "label", "reason"),
    [
        ("__MACOSX/._lstm.py", "__MACOSX", "a computer made it"),
        (".DS_Store", ".DS_Store", "a computer made it"),
        ("part1/Thumbs.db", "part1/Thumbs.db", "a computer made it"),
        (".git/config", ".git", "a computer made it"),
        ("venv/lib/torch.py", "venv", "a computer made it"),
        ("env/lib/site-packages/x.py", "env/lib/site-packages", "a computer made it"),
        ("__pycache__/lstm.cpython-311.pyc", "__pycache__", "a computer made it"),
        (".ipynb_checkpoints/a.ipynb", ".ipynb_checkpoints", "a computer made it"),
        ("conftest.py", "conftest.py", "configure Python or pytest"),
        ("part1/pytest.ini", "part1/pytest.ini", "configure Python or pytest"),
        ("sitecustomize.py", "sitecustomize.py", "configure Python or pytest"),
        ("usercustomize.py", "usercustomize.py", "configure Python or pytest"),
        ("pyproject.toml", "pyproject.toml", "configure Python or pytest"),
        ("evil.pth", "evil.pth", "configure Python or pytest"),
        ("torch.py", "torch.py", "rename it"),
        ("part1/numpy.py", "part1/numpy.py", "rename it"),
        ("random.py", "random.py", "rename it"),
        ("grader/checks/arrays.py", "grader", "rename it"),
        ("grader.py", "grader.py", "rename it"),
        ("x/grader", "x/grader", "only code, PDF and small data"),
        ("lstm.pyc", "lstm.pyc", "no compiled code"),
        ("_fast.so", "_fast.so", "no compiled code"),
        ("inner.zip", "inner.zip", "archive within is not opened"),
        ("inner.tar.gz", "inner.tar.gz", "archive within is not opened"),
        ("report.docx", "report.docx", "only code, PDF and small data"),
        ("Makefile", "Makefile", "only code, PDF and small data"),
        ("x/" * 30 + "a.py", "x/x/", "name is too long"),
        ("x" * 240 + ".py", "xxx…xxx", "name is too long"),
        ("a\u202eb.py", "\\u202e", "invisible characters"),
        ("a\nb.py", "\\n", "invisible characters"),
    ],
)
def test_left_out_with_a_notice(tmp_path: Path, name: str, label: str, reason: str) -> None:
    with open_submission(zip_of(tmp_path, {"lstm.py": CODE, name: b"import os"})) as submission:
        assert on_disk(submission.root) == names(submission) == ["lstm.py"]
        found = notice(submission, label)
        assert found.startswith("Left out, because")
        assert found.endswith(".")
        assert reason in found


def test_one_notice_for_each_kind_names_some_of_the_files(tmp_path: Path) -> None:
    files = {"lstm.py": CODE} | {f"{i}.docx": b"" for i in range(9)} | {"x.so": b""}
    with open_submission(zip_of(tmp_path, files)) as submission:
        assert submission.notices == (
            "Left out, because only source code is read, no compiled code: x.so.",
            "Left out, because only code, PDF and small data files are used: "
            "0.docx, 1.docx, 2.docx, 3.docx, 4.docx and 4 more.",
        )


def test_folder_with_junk_is_no_worth_mentioning(tmp_path: Path) -> None:
    files = {"lstm.py": CODE, ".git/config": b"", "__pycache__/lstm.pyc": b"", ".venv/x.py": b""}
    with open_submission(folder_of(tmp_path / "work", files)) as submission:
        assert names(submission) == ["lstm.py"]
        assert submission.notices == ()


def test_folder_follows_the_rules_of_zips(tmp_path: Path) -> None:
    files = {"lstm.py": CODE, "conftest.py": CODE, "random.py": CODE, "a.so": b"", "b\\c.py": CODE}
    with open_submission(folder_of(tmp_path / "work", files)) as submission:
        assert on_disk(submission.root) == names(submission) == ["b/c.py", "lstm.py"]
        assert len(submission.notices) == 3


@pytest.mark.parametrize("content", [b"PK\x03\x04weights", b"\x80\x02weights"])
def test_weights_named_pth_are_kept(tmp_path: Path, content: bytes) -> None:
    with open_submission(zip_of(tmp_path, {"a.py": CODE, "best.pth": content})) as submission:
        assert names(submission) == ["a.py", "best.pth"]


def test_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(filter.LARGEST, ".csv", 1000)
    path = zip_of(tmp_path, {"a.py": CODE, "data.csv": bytes(1001), "small.csv": bytes(1000)})
    with open_submission(path) as submission:
        assert names(submission) == ["a.py", "small.csv"]
        assert "larger than allowed: data.csv (0.0 of" in notice(submission, "data.csv")


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
)
def test_link_or_device_in_a_zip(tmp_path: Path, mode: int) -> None:
    path = zip_of(tmp_path, {"a.py": CODE, entry("b.py", mode | 0o777): b"/etc/passwd"})
    with open_submission(path) as submission:
        assert on_disk(submission.root) == ["a.py"]
        assert "only plain files are copied" in notice(submission, "b.py")


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = folder_of(tmp_path / "secret", {"solution.py": CODE})
    folder = folder_of(tmp_path / "work", {"a.py": CODE})
    (folder / "file.py").symlink_to(secret / "solution.py")
    (folder / "tree").symlink_to(secret, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    with open_submission(folder) as submission:
        assert on_disk(submission.root) == ["a.py"]
        for link in ("file.py", "tree", "loop"):
            assert "no links or devices" in notice(submission, link)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_pipe_in_a_folder_is_not_opened(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"a.py": CODE})
    os.mkfifo(folder / "pipe.py")
    with open_submission(folder) as submission:
        assert names(submission) == ["a.py"]
        assert "no links or devices" in notice(submission, "pipe.py")


# Names


def test_backslashes_are_folders(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"part1#train.py": CODE, "part1#": b""})
    with open_submission(patched(path, b"part1#", b"part1\\")) as submission:
        assert on_disk(submission.root) == names(submission) == ["part1/train.py"]


def test_names_are_composed(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"u\u0308bung.py": CODE}, "Mu\u0308ller-1234567.zip")
    with open_submission(path) as submission:
        assert names(submission) == ["\u00fcbung.py"]
        assert submission.name == "M\u00fcller-1234567"


@pytest.mark.parametrize("encoding", ["cp437", "utf-8"])
def test_names_without_a_declared_encoding(tmp_path: Path, encoding: str) -> None:
    name = "übung.py".encode(encoding)
    path = zip_of(tmp_path, {"x" * len(name): CODE})
    with open_submission(patched(path, b"x" * len(name), name)) as submission:
        assert names(submission) == ["übung.py"]


def test_name_in_no_known_encoding(tmp_path: Path) -> None:
    path = patched(zip_of(tmp_path, {"_bung.py": CODE}), b"_bung.py", b"\xfcbung.py")
    with open_submission(path) as submission:
        assert len(submission.files) == 1
        assert submission.files[0].name.endswith("bung.py")


def test_name_with_a_wrongly_declared_encoding(tmp_path: Path, snapshots: Path) -> None:
    path = patched(zip_of(tmp_path, {"übung.py": CODE}), "ü".encode(), b"\xff\xff")
    assert "can't be read ('utf-8' codec" in refusal(path, snapshots)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not Unicode")
def test_folder_with_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"a.py": CODE})
    Path(os.fsdecode(os.fsencode(folder) + b"/\xfcb.py")).write_bytes(CODE)
    with open_submission(folder) as submission:
        assert names(submission)[0] == "a.py"
        assert names(submission)[1].isprintable()
