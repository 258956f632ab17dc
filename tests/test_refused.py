"""Submissions that are refused, in one line that says why: unsafe, too large, damaged, empty."""

import os
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.submission import filter
from grader.submission.snapshot import SubmissionError, open_submission
from tests.submission_files import (
    CODE,
    entry,
    folder_of,
    patched,
    refusal,
    zip_of,
)

pytestmark = pytest.mark.usefixtures("snapshots")


# What is refused


@pytest.mark.parametrize(
    "name",
    ["../a.py", "x/../../a.py", "x/../a.py", "/etc/a.py", "..\\a.py", "\\\\host\\a.py", "C:\\a.py",
     "c:a.py"],
)  # fmt: skip
def test_name_that_leads_out(tmp_path: Path, snapshots: Path, name: str) -> None:
    hidden = name.replace("\\", "#")
    path = zip_of(tmp_path, {"lstm.py": CODE, hidden: CODE})
    message = refusal(patched(path, hidden.encode(), name.encode()), snapshots)
    assert message == (
        f"Doe-1234567.zip has an entry that leads out of it ({name}): "
        "ZIP your folder with the computer's file manager."
    )


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_duplicate_name(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {entry("a.py"): CODE, entry("a.py"): b"x = 1"})
    assert "holds both a.py and a.py" in refusal(path, snapshots)


@pytest.mark.parametrize(
    ("one", "other"), [("a.py", "A.py"), ("\u00fc.py", "u\u0308.py"), ("x/a.py", "X/a.py")]
)
def test_colliding_names(tmp_path: Path, snapshots: Path, one: str, other: str) -> None:
    message = refusal(zip_of(tmp_path, {one: CODE, other: CODE}), snapshots)
    assert message.endswith("which many computers take for the same file: keep one.")


def test_file_and_folder_of_one_name(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE, "A.py/b.py": CODE})
    assert "holds a.py as a file and as a folder" in refusal(path, snapshots)


def test_million_entries(tmp_path: Path, snapshots: Path) -> None:
    record = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 15) + b"a"
    record = record[:28] + struct.pack("<H", 1) + record[30:]
    table = record * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, len(table), 0, 0)
    path = tmp_path / "Doe-1234567.zip"
    path.write_bytes(table + end)
    del table
    tracemalloc.start()
    start = time.monotonic()
    message = refusal(path, snapshots)
    assert time.monotonic() - start < 2
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert message == (
        "Doe-1234567.zip holds more than 20,000 files: "
        "leave out data sets and virtual environments."
    )


def test_too_many_entries(tmp_path: Path, snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.submission.archive.MAX_ENTRIES", 10)
    files = {f"{i}.py": b"" for i in range(11)}
    assert "more than 10 files" in refusal(zip_of(tmp_path, files), snapshots)
    assert "more than 10 files" in refusal(folder_of(tmp_path / "work", files), snapshots)


@pytest.mark.parametrize(("suffix", "words"), [(".py", "2,000 .py files"), (".ipynb", "20 note")])
def test_too_many_code_files(tmp_path: Path, snapshots: Path, suffix: str, words: str) -> None:
    files = {f"{i}{suffix}": b"" for i in range(2_001)}
    assert f"holds more than {words}" in refusal(zip_of(tmp_path, files), snapshots)


def test_too_much_code(tmp_path: Path, snapshots: Path) -> None:
    files = {f"{i}.py": os.urandom(2**19) for i in range(9)}
    message = refusal(zip_of(tmp_path, files, method=zipfile.ZIP_STORED), snapshots)
    assert "holds more than 4 MiB of code" in message


def test_bomb_by_its_ratio(tmp_path: Path, snapshots: Path) -> None:
    message = refusal(zip_of(tmp_path, {"a.py": CODE, "a.csv": bytes(3 * 2**20)}), snapshots)
    assert "holds a.csv, which unpacks to more than 200 times its size" in message


def test_bomb_by_its_total(
    tmp_path: Path, snapshots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter, "MAX_TOTAL", 2 * 2**20)
    files = {"a.py": CODE} | {f"{i}.csv": bytes(2**20) for i in range(3)}
    assert "holds more than 2 MiB of files" in refusal(zip_of(tmp_path, files), snapshots)


def test_bomb_that_lies_about_its_size(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE, "a.csv": bytes(5_000_000)})
    size = struct.pack("<L", 5_000_000)
    tracemalloc.start()
    message = refusal(patched(path, size, struct.pack("<L", 1000)), snapshots)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert "can't be read (Bad CRC-32" in message


def test_file_shorter_than_it_says(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE})
    size = struct.pack("<L", len(CODE))
    data = path.read_bytes()
    at = data.rindex(size)  # the unpacked size in the table of contents
    path.write_bytes(data[:at] + struct.pack("<L", len(CODE) + 5) + data[at + 4 :])
    assert "a.py has another length than it says" in refusal(path, snapshots)


def test_overlapping_entries(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE, "b.py": CODE}, method=zipfile.ZIP_STORED)
    offset = struct.pack("<L", 30 + 4 + len(CODE)) + b"b.py"
    message = refusal(patched(path, offset, bytes(4) + b"b.py"), snapshots)
    assert "can't be read (files overlap)" in message


def test_zip64_that_claims_too_much(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE}, method=zipfile.ZIP_STORED)
    sizes = struct.pack("<LL", len(CODE), len(CODE)) + struct.pack("<H", 4)
    at = path.read_bytes().rindex(sizes)
    data = path.read_bytes()
    path.write_bytes(data[:at] + b"\xff" * 8 + data[at + 8 :])
    assert "can't be read (files overlap)" in refusal(path, snapshots)


def test_encrypted(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert refusal(path, snapshots) == (
        "Doe-1234567.zip is encrypted (a.py): make a ZIP without a password."
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression(tmp_path: Path, snapshots: Path, method: int) -> None:
    message = refusal(zip_of(tmp_path, {"a.py": CODE}, method=method), snapshots)
    assert "is packed in an unusual way (a.py): make the ZIP with" in message


def test_version_of_the_future(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 6] = 99
    path.write_bytes(data)
    assert "can't be read (zip file version 9.9)" in refusal(path, snapshots)


def test_damaged_content(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE * 100})
    data = bytearray(path.read_bytes())
    data[36:40] = b"\xff" * 4
    path.write_bytes(data)
    assert "can't be read (" in refusal(path, snapshots)


@pytest.mark.parametrize("keep", [0, 10, 100, -1])
def test_truncated(tmp_path: Path, snapshots: Path, keep: int) -> None:
    path = zip_of(tmp_path, {"a.py": CODE * 100})
    path.write_bytes(path.read_bytes()[:keep])
    assert refusal(path, snapshots) == (
        "Doe-1234567.zip is not a ZIP, or was cut off: make it anew and check that it opens."
    )


def test_missing_beginning(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE * 100})
    path.write_bytes(path.read_bytes()[60:])
    assert "can't be read (" in refusal(path, snapshots)


def test_not_a_zip(tmp_path: Path, snapshots: Path) -> None:
    path = tmp_path / "Doe-1234567.zip"
    path.write_bytes(b"Rar!\x1a\x07\x00" + bytes(100))
    assert "is packed as RAR" in refusal(path, snapshots)


@pytest.mark.parametrize("name", ["Doe.rar", "Doe.7z", "Doe.tar.gz", "Doe.tar"])
def test_other_archive(tmp_path: Path, snapshots: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"whatever")
    assert refusal(tmp_path / name, snapshots) == (
        f"{name} is not a ZIP: unpack it and export the folder as ZIP."
    )


def test_single_file(tmp_path: Path, snapshots: Path) -> None:
    (tmp_path / "lstm.py").write_bytes(CODE)
    assert refusal(tmp_path / "lstm.py", snapshots) == (
        "lstm.py is a single file: name the folder or ZIP that it is in."
    )


def test_missing(tmp_path: Path, snapshots: Path) -> None:
    path = tmp_path / "gone.zip"
    message = refusal(path, snapshots)
    assert message.startswith("There is no file or folder ")
    assert message.endswith(": check the path.")


def test_device(snapshots: Path) -> None:
    assert "is not a ZIP" in refusal(Path(os.devnull), snapshots)


def test_empty_folder(tmp_path: Path, snapshots: Path) -> None:
    message = refusal(folder_of(tmp_path / "empty", {"x/y": b""}).joinpath("x"), snapshots)
    assert message.startswith("x holds no .py or .ipynb file: add your code.")


def test_empty_zip(tmp_path: Path, snapshots: Path) -> None:
    assert refusal(zip_of(tmp_path, {}), snapshots) == (
        "Doe-1234567.zip holds no .py or .ipynb file: add your code."
    )


def test_no_code(tmp_path: Path, snapshots: Path) -> None:
    message = refusal(zip_of(tmp_path, {"report.pdf": b"%PDF", "code.py": CODE}), snapshots)
    assert message == (
        "Doe-1234567.zip holds no .py or .ipynb file: add your code. Left out, because a module "
        "of Python or of the grader has its name; rename it: code.py."
    )


def test_zips_in_a_zip(tmp_path: Path, snapshots: Path) -> None:
    inner = zip_of(tmp_path, {"a.py": CODE}, "inner.zip").read_bytes()
    message = refusal(zip_of(tmp_path, {"a.zip": inner, "b.zip": inner}), snapshots)
    assert message == (
        "Doe-1234567.zip holds no .py or .ipynb file: ZIP the code itself, once. Left out, "
        "because an archive within is not opened; put its files there: a.zip, b.zip."
    )


def test_name_of_the_zip_itself_can_be_anything(tmp_path: Path) -> None:
    (tmp_path / "a\nb.zip").write_bytes(b"")
    with pytest.raises(SubmissionError) as caught:
        open_submission(tmp_path / "a\nb.zip")
    assert str(caught.value).isprintable()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything is readable for root"
)
def test_unreadable_file(tmp_path: Path, snapshots: Path) -> None:
    folder = folder_of(tmp_path / "work", {"a.py": CODE})
    (folder / "a.py").chmod(0)
    assert "can't be read ([Errno 13]" in refusal(folder, snapshots)


def test_error_is_a_user_error() -> None:
    assert issubclass(SubmissionError, UserError)
