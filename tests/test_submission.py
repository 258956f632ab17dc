"""A student's submission is opened safely, and the student is told what was wrong with it."""

import gc
import io
import os
import random
import stat
import struct
import subprocess
import sys
import tempfile
import time
import tracemalloc
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
import pytest

from grader.core.errors import UserError
from grader.submission import archive, filter
from grader.submission.snapshot import Submission, SubmissionError, open_submission

CODE = b"class VanillaRNN:\n    pass\n"


@pytest.fixture(autouse=True)
def snapshots(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of every snapshot of a test; it is empty when all are closed."""
    folder = tmp_path_factory.mktemp("snapshots")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def zip_of(
    folder: Path,
    files: Mapping[Any, bytes],
    name: str = "Doe-1234567.zip",
    method: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a ZIP of ``files``: names or ZipInfos to contents."""
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    return path


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def folder_of(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def patched(path: Path, old: bytes, new: bytes, count: int = -1) -> Path:
    """Exchange some bytes of a file, as no well-behaved program writes it."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, count))
    return path


def names(submission: Submission) -> list[str]:
    return [str(file) for file in submission.files]


def on_disk(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if not p.is_dir())


def refusal(path: Path, snapshots: Path) -> str:
    """Return the message that refuses ``path``: one line that names it; nothing is left behind."""
    with pytest.raises(SubmissionError) as caught:
        open_submission(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert path.name in message
    assert not list(snapshots.iterdir())
    return message


def notice(submission: Submission, about: str) -> str:
    """Return the one notice about a file."""
    [found] = [notice for notice in submission.notices if about in notice]
    assert found.isprintable()
    return found


# What a submission looks like


def test_zip_becomes_a_snapshot(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"part1/vanilla_rnn.py": CODE, "report.pdf": b"%PDF", "readme.md": b""})
    with open_submission(path) as submission:
        assert submission.name == "Doe-1234567"
        assert submission.source == path
        assert names(submission) == ["part1/vanilla_rnn.py", "readme.md", "report.pdf"]
        assert on_disk(submission.root) == names(submission)
        assert (submission.root / "part1/vanilla_rnn.py").read_bytes() == CODE
        assert submission.notices == ()
        assert not submission.root.is_relative_to(tmp_path)


def test_folder_becomes_a_snapshot(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"lstm.py": CODE, "deep/er/train.py": CODE})
    with open_submission(folder) as submission:
        assert submission.name == "work"
        assert names(submission) == ["deep/er/train.py", "lstm.py"]
        (submission.root / "lstm.py").write_text("changed")
    assert (folder / "lstm.py").read_bytes() == CODE


def test_without_snapshot_the_folder_itself_is_used(tmp_path: Path, snapshots: Path) -> None:
    folder = folder_of(tmp_path / "work", {"lstm.py": CODE, "conftest.py": CODE})
    with open_submission(folder, snapshot=False) as submission:
        assert submission.root == folder
        assert names(submission) == ["lstm.py"]
        assert not list(snapshots.iterdir())
    assert (folder / "lstm.py").exists()


def test_without_snapshot_a_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"^Doe-1234567.zip is a ZIP: unpack it"):
        open_submission(zip_of(tmp_path, {"a.py": CODE}), snapshot=False)


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path / "work", {"lstm.py": CODE})
    monkeypatch.chdir(folder)
    with open_submission(Path()) as submission:
        assert (submission.source, submission.name) == (folder, "work")


def test_snapshot_goes_with_close(tmp_path: Path, snapshots: Path) -> None:
    submission = open_submission(zip_of(tmp_path, {"a.py": CODE}))
    assert len(list(snapshots.iterdir())) == 1
    submission.close()
    submission.close()
    assert not list(snapshots.iterdir())


def test_snapshot_goes_with_the_object(tmp_path: Path, snapshots: Path) -> None:
    submission = open_submission(zip_of(tmp_path, {"a.py": CODE}))
    del submission
    gc.collect()
    assert not list(snapshots.iterdir())


def test_snapshot_goes_with_the_process(tmp_path: Path, snapshots: Path) -> None:
    path = zip_of(tmp_path, {"a.py": CODE})
    script = (
        "from grader.submission.snapshot import open_submission; "
        f"s = open_submission({str(path)!r}); print(s.root)"
    )
    environment = os.environ | {
        "TMPDIR": str(snapshots),
        "TEMP": str(snapshots),
        "PYTHONPATH": str(Path(filter.__file__).parents[1]),
    }
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert str(snapshots.resolve()) in run.stdout
    assert not list(snapshots.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_snapshot_survives_the_end_of_a_fork(tmp_path: Path) -> None:
    with open_submission(zip_of(tmp_path, {"a.py": CODE})) as submission:
        child = os.fork()
        if child == 0:
            submission.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert (submission.root / "a.py").exists()


# Finding files


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Submission]:
    files = {
        "part1/train.py": b"def train(): ...",
        "palindrome/train.py": b"def train(): ...",
        "a/b/LSTM.py": b"class LSTM: ...",
        "z/dataset.py": b"",
        "y/dataset.py": b"",
        "models.py": b"class LSTM: ...\nclass VanillaRNN: ...\n",
        "only_rnn.py": b"class VanillaRNN: ...",
        "inner.py": b"def f():\n    class Hidden: ...\n",
        "broken.py": b"class Broken(:\n",
    }
    with open_submission(folder_of(tmp_path / "work", files)) as submission:
        yield submission


@pytest.mark.parametrize(
    ("name", "defines", "found"),
    [
        ("palindrome/train.py", (), "palindrome/train.py"),
        ("nowhere/train.py", (), "palindrome/train.py"),  # by its last part, alphabetical
        ("dataset.py", (), "y/dataset.py"),
        ("lstm.py", (), "a/b/LSTM.py"),  # whatever its case
        ("lstm.py", ("VanillaRNN",), "a/b/LSTM.py"),  # the name goes before the definition
        ("rnn.py", ("VanillaRNN",), "models.py"),  # alphabetical
        ("rnn.py", ("VanillaRNN", "LSTM"), "models.py"),  # most definitions
        ("rnn.py", ("train",), "palindrome/train.py"),
        ("rnn.py", ("Hidden",), None),  # not at top level
        ("rnn.py", ("Broken",), None),
        ("rnn.py", (), None),
    ],
)
def test_find(tree: Submission, name: str, defines: tuple[str, ...], found: str | None) -> None:
    assert tree.find(name, defines) == (found and PurePosixPath(found))


def test_find_by_what_a_name_says_of_the_file(tree: Submission) -> None:
    assert tree.find("rnn.py", ["VanillaRNN"]) == PurePosixPath("models.py")
    assert tree.find("lstm.py", ["VanillaRNN"]) == PurePosixPath("a/b/LSTM.py")


def test_find_prefers_fewer_folders(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"a/train.py": CODE, "train.py": CODE})
    with open_submission(folder) as submission:
        assert submission.find("train.py") == PurePosixPath("train.py")


def test_find_prefers_the_path_in_another_case_to_the_name_elsewhere(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"Palindrome/train.py": CODE, "train.py": CODE})
    with open_submission(folder) as submission:
        assert submission.find("palindrome/train.py") == PurePosixPath("Palindrome/train.py")


# Encodings


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("s = 'ü'".encode(), "s = 'ü'"),
        ("s = 'ü'".encode("utf-8-sig"), "s = 'ü'"),
        ("s = 'ü'".encode("latin-1"), "s = 'ü'"),
        ("# coding: cp1252\ns = '€'".encode("cp1252"), "# coding: cp1252\ns = '€'"),
        (b"a = 1\r\nb = 2\r\n", "a = 1\r\nb = 2\r\n"),
        ("\n# coding: utf-8\ns = 'ü'".encode("latin-1"), "\n# coding: utf-8\ns = 'ü'"),
        ("# coding: cp1252\ns = 'ü'".encode("utf-8-sig"), "# coding: utf-8\ns = 'ü'"),
        (b"# coding: no-such-codec\ns = 1", "# coding: utf-8\ns = 1"),
        (b"# coding: punycode\ns = 1  # -", "# coding: utf-8\ns = 1  # -"),  # it would take hours
        ("# x\n# coding: ascii\ns = 'ü'".encode("latin-1"), "# x\n# coding: utf-8\ns = 'ü'"),
        # Python's tokenizer and its library take other lines for the first two.
        (b"# x\r# y\r# coding: utf-7\rs = '+ACM-'", "# x\n# y\n# coding: utf-7\ns = '#'"),
        (b"\r# coding: utf-7\rs = 1 #+AAo-s=2", "\n# coding: utf-8\ns = 1 #+AAo-s=2"),
    ],
)
def test_python_reads_what_source_of_shows(tmp_path: Path, data: bytes, text: str) -> None:
    folder = folder_of(tmp_path / "work", {"a.py": data})
    with open_submission(folder) as submission:
        assert submission.source_of(PurePosixPath("a.py")) == text
        code = compile((submission.root / "a.py").read_bytes(), "a.py", "exec")
        expected: dict[str, object] = {}
        exec(text, expected)
        found: dict[str, object] = {}
        exec(code, found)
        assert found.get("s") == expected.get("s")


def test_source_of_the_folder_itself(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "work", {"a.py": "s = 'ü'".encode("latin-1")})
    with open_submission(folder, snapshot=False) as submission:
        assert submission.source_of(PurePosixPath("a.py")) == "s = 'ü'"


def test_latin_1_becomes_utf_8(tmp_path: Path) -> None:
    with open_submission(zip_of(tmp_path, {"a.py": "s = 'ü'".encode("latin-1")})) as submission:
        assert (submission.root / "a.py").read_bytes() == "s = 'ü'".encode()
        assert notice(submission, "a.py") == (
            "Read in another encoding than UTF-8; save it as UTF-8: a.py (Latin-1)."
        )


def test_byte_order_mark_is_stripped(tmp_path: Path) -> None:
    with open_submission(zip_of(tmp_path, {"a.py": b"\xef\xbb\xbfs = 1"})) as submission:
        assert (submission.root / "a.py").read_bytes() == b"s = 1"
        assert submission.notices == ()


def test_crlf_and_declared_encoding_stay(tmp_path: Path) -> None:
    data = "# coding: latin-1\r\ns = 'ü'\r\n".encode("latin-1")
    with open_submission(zip_of(tmp_path, {"a.py": data})) as submission:
        assert (submission.root / "a.py").read_bytes() == data
        assert submission.notices == ()


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
    assert "is not a ZIP" in refusal(path, snapshots)


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


def test_zip_in_a_zip(tmp_path: Path, snapshots: Path) -> None:
    inner = zip_of(tmp_path, {"a.py": CODE}, "inner.zip").read_bytes()
    message = refusal(zip_of(tmp_path, {"inner.zip": inner, "report.pdf": b"%PDF"}), snapshots)
    assert message == (
        "Doe-1234567.zip holds no .py or .ipynb file: ZIP the code itself, once. Left out, "
        "because an archive within is not opened; put its files there: inner.zip."
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


# Notebooks


def notebook_of(*cells: str) -> bytes:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    return nbformat.writes(notebook).encode()


def test_notebook_becomes_a_module_beside_it(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"part 1/my rnn.ipynb": notebook_of("class LSTM:\n    n = 1", "f(")})
    with open_submission(path) as submission:
        assert names(submission) == ["part 1/my rnn.ipynb", "part 1/my_rnn.py"]
        assert "class LSTM:\n    n = 1" in submission.source_of(submission.files[1])
        assert submission.find("lstm.py", ["LSTM"]) == submission.files[1]
        assert notice(submission, "my rnn.ipynb") == (
            "Left out, because it is not Python: "
            "part 1/my rnn.ipynb, cell 2 ('(' was never closed)."
        )


def test_module_goes_before_the_notebook_of_its_name(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"a.ipynb": notebook_of("x = 1"), "a.py": b"x = 2"})
    with open_submission(path) as submission:
        assert names(submission) == ["a.ipynb", "a.py"]
        assert (submission.root / "a.py").read_bytes() == b"x = 2"


@pytest.mark.parametrize("stem", ["random", "torch", "code", "conftest", "sitecustomize"])
def test_module_of_a_notebook_takes_nobody_elses_name(tmp_path: Path, stem: str) -> None:
    with open_submission(zip_of(tmp_path, {f"{stem}.ipynb": notebook_of("x = 1")})) as submission:
        assert names(submission) == [f"{stem}.ipynb", f"{stem}_.py"]


def test_broken_notebook(tmp_path: Path) -> None:
    with open_submission(zip_of(tmp_path, {"a.ipynb": b"{", "b.py": CODE})) as submission:
        assert names(submission) == ["a.ipynb", "b.py"]
        assert notice(submission, "a.ipynb") == (
            "Not used, because it can't be opened; clear its outputs and save it anew: a.ipynb."
        )


def test_files_in_another_order_make_the_same_submission(tmp_path: Path) -> None:
    files = {"b.py": CODE, "a.py": CODE, "c.docx": b""}
    one = zip_of(tmp_path, files, "one.zip")
    two = zip_of(tmp_path, dict(reversed(files.items())), "two.zip")
    with open_submission(one) as first, open_submission(two) as second:
        assert (first.files, first.notices) == (second.files, second.notices)


def test_bytes_are_copied_as_they_are(tmp_path: Path) -> None:
    data = io.BytesIO(bytes(range(256)) * 10).getvalue()
    with open_submission(zip_of(tmp_path, {"a.py": CODE, "w.npy": data})) as submission:
        assert (submission.root / "w.npy").read_bytes() == data


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_may_be_longer_than_a_table_of_contents(tmp_path: Path, method: int) -> None:
    report = random.Random(1).randbytes(archive.MAX_DIRECTORY + 10)
    with open_submission(
        zip_of(tmp_path, {"a.py": CODE, "r.pdf": report}, method=method)
    ) as opened:
        assert (opened.root / "r.pdf").read_bytes() == report
