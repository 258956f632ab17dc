"""A submission becomes a snapshot, whose files are found and read as Python reads them."""

import gc
import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from grader.submission import archive, filter
from grader.submission.snapshot import Submission, SubmissionError, open_submission
from tests.submission_files import (
    CODE,
    folder_of,
    names,
    notebook_of,
    notice,
    on_disk,
    zip_of,
)

pytestmark = pytest.mark.usefixtures("snapshots")


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


def test_notebook_becomes_a_module_beside_it(tmp_path: Path) -> None:
    path = zip_of(
        tmp_path, {"part 1/my rnn.ipynb": notebook_of("class LSTM:\n    n = 1", "f(").encode()}
    )
    with open_submission(path) as submission:
        assert names(submission) == ["part 1/my rnn.ipynb", "part 1/my_rnn.py"]
        assert "class LSTM:\n    n = 1" in submission.source_of(submission.files[1])
        assert submission.find("lstm.py", ["LSTM"]) == submission.files[1]
        assert notice(submission, "my rnn.ipynb") == (
            "Left out, because it is not Python: "
            "part 1/my rnn.ipynb, cell 2 ('(' was never closed)."
        )


def test_module_goes_before_the_notebook_of_its_name(tmp_path: Path) -> None:
    path = zip_of(tmp_path, {"a.ipynb": notebook_of("x = 1").encode(), "a.py": b"x = 2"})
    with open_submission(path) as submission:
        assert names(submission) == ["a.ipynb", "a.py"]
        assert (submission.root / "a.py").read_bytes() == b"x = 2"


@pytest.mark.parametrize("stem", ["random", "torch", "code", "conftest", "sitecustomize"])
def test_module_of_a_notebook_takes_nobody_elses_name(tmp_path: Path, stem: str) -> None:
    with open_submission(
        zip_of(tmp_path, {f"{stem}.ipynb": notebook_of("x = 1").encode()})
    ) as submission:
        assert names(submission) == [f"{stem}.ipynb", f"{stem}_.py"]


def test_broken_notebook(tmp_path: Path) -> None:
    with open_submission(zip_of(tmp_path, {"a.ipynb": b"{", "b.py": CODE})) as submission:
        assert names(submission) == ["a.ipynb", "b.py"]
        assert notice(submission, "a.ipynb") == (
            "Not used: a.ipynb (It is not a notebook that Jupyter can open: save it anew)."
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
