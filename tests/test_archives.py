"""Archives of other kinds, archives in archives, and names in other encodings."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from grader.core.errors import UserError
from grader.core.zip_names import decoded
from grader.submission import tars
from grader.submission.snapshot import open_submission
from tests.downloads import found_in


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w:gz", **fields: object) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def unmarked(names: Sequence[str], encoding: str) -> bytes:
    """Return a ZIP as a program writes it that doesn't say in which encoding names are."""

    class Info(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return self.filename.encode(encoding), 0

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(Info(name), b"x = 1\n")
    return data.getvalue()


def files_of(folder: Path, name: str, data: bytes) -> list[str]:
    (folder / name).write_bytes(data)
    with open_submission(folder / name) as submission:
        return [str(file) for file in submission.files]


CODE = {"hw/lstm.py": b"x = 1\n", "hw/report.pdf": b"%PDF"}


@pytest.mark.parametrize(
    ("name", "mode"),
    [("Lee-123456.tar.gz", "w:gz"), ("Lee.tgz", "w:gz"), ("Lee.tar", "w:"), ("Lee.zip", "w:gz")],
)
def test_a_tar_is_opened_whatever_it_is_called(tmp_path: Path, name: str, mode: str) -> None:
    assert files_of(tmp_path, name, tarred(CODE, mode)) == sorted(CODE)
    with open_submission(tmp_path / name) as submission:
        assert submission.name == name.split(".")[0]
        assert submission.source_of(submission.files[0]) == "x = 1\n"


@pytest.mark.parametrize(
    ("first", "kind"),
    [(b"Rar!\x1a\x07", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"BZh9", "bzip2")],
)
@pytest.mark.parametrize("suffix", ["rar", "7z", "zip"])
def test_what_cannot_be_opened_is_told_by_its_kind(
    tmp_path: Path, first: bytes, kind: str, suffix: str
) -> None:
    message = rf"a\.{suffix} is packed as {kind}, .* unpack it, and make a ZIP of the folder"
    with pytest.raises(UserError, match=message):
        files_of(tmp_path, f"a.{suffix}", first + bytes(300))


@pytest.mark.parametrize(
    "data",
    [b"data", gzip.compress(b"x = 1\n" * 200), tarred(CODE)[:-40]],
    ids=["text", "no tar", "cut"],  # gzip notes the time: no name may hold it
)
def test_a_broken_tar_is_one_line(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match=r"a\.tar\.gz ") as caught:
        files_of(tmp_path, "a.tar.gz", data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_left_out(tmp_path: Path, type: bytes) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        link = tarfile.TarInfo("secret.py")
        link.type, link.linkname = type, "/etc/passwd"
        archive.addfile(link)
        info = tarfile.TarInfo("lstm.py")
        archive.addfile(info)
    (tmp_path / "a.tar.gz").write_bytes(data.getvalue())
    with open_submission(tmp_path / "a.tar.gz") as submission:
        assert [str(file) for file in submission.files] == ["lstm.py"]
        assert any("secret.py" in notice for notice in submission.notices)


def test_a_tar_that_leads_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="leads out of it"):
        files_of(tmp_path, "a.tar.gz", tarred({"../x.py": b""}))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tarred({"lstm.py": b"x = 1\n", "zeros.npy": bytes(9 * 2**20)})
    with pytest.raises(UserError, match="unpacks to more than 200 times"):
        files_of(tmp_path, "a.tar.gz", data)
    monkeypatch.setattr(tars, "MAX_UNPACKED", 2**20)
    with pytest.raises(UserError, match="holds more than 1 MiB"):
        files_of(tmp_path, "a.tar.gz", data)


def header(size: bytes, type: bytes) -> bytes:
    """Return a tar's header as no program writes it."""
    block = bytearray(512)
    block[:4], block[100:108], block[156:157] = b"a.py", b"0000644\0", type
    block[124:136], block[257:265] = size, b"ustar\x0000"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("size", [-512, -1024, -1, 2**70, 10**6])
@pytest.mark.parametrize("type", [b"x", b"g", b"L", b"K"])
def test_a_record_of_a_tar_leads_nowhere(tmp_path: Path, size: int, type: bytes) -> None:
    """Neither back, which never ends, nor to a text that takes all memory."""
    field = (b"\xff" if size < 0 else b"\x80") + (size % 2**88).to_bytes(11, "big")
    data = header(field, type) + header(b"00000000004\0", b"0") + b"x=1\n".ljust(512, b"\0")
    with pytest.raises(UserError, match=r"tar is broken|The tar says more"):
        files_of(tmp_path, "a.tar", data + bytes(2**20))


def test_a_file_of_negative_size(tmp_path: Path) -> None:
    field = b"\xff" * 10 + (-512 % 2**16).to_bytes(2, "big")
    with pytest.raises(UserError, match="negative size"):
        files_of(tmp_path, "a.tar", header(field, b"0") + bytes(2048))
    data = tarred({"a.py": b""}, "w:", pax_headers={"size": "-5"})
    with pytest.raises(UserError, match=r"a\.tar "):
        files_of(tmp_path, "a.tar", data)


def test_too_many_files_in_a_tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tars, "MAX_ENTRIES", 10)
    with pytest.raises(UserError, match="holds more than"):
        files_of(tmp_path, "a.tar", tarred({f"{n}.py": b"" for n in range(11)}, "w:"))


# Archives in archives


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_the_only_archive_within_is_opened(tmp_path: Path, pack: type) -> None:
    suffix = "zip" if pack is zipped else "tar.gz"
    inner = {f"code.{suffix}": pack(CODE), "report.pdf": b"%PDF", "__MACOSX/._code.zip": b"x"}
    stem = "code" if pack is zipped else "code.tar"
    assert files_of(tmp_path, "Lee.zip", zipped(inner)) == [
        f"{stem}/hw/lstm.py", f"{stem}/hw/report.pdf", "report.pdf"
    ]  # fmt: skip
    outer = {"Lee.zip": zipped(inner)}
    assert f"Lee/{stem}/hw/lstm.py" in files_of(tmp_path, "again.zip", zipped(outer))


@pytest.mark.parametrize(
    "files",
    [
        {"a.zip": zipped(CODE), "b.zip": zipped(CODE)},
        {"a.zip": zipped({"b.zip": zipped({"c.zip": zipped(CODE)})})},
    ],
)
def test_archives_of_which_nobody_knows_which_is_meant(
    tmp_path: Path, files: Mapping[str, bytes]
) -> None:
    with pytest.raises(UserError, match="ZIP the code itself, once"):
        files_of(tmp_path, "Lee.zip", zipped(files))


@pytest.mark.parametrize("name", ["code.zip", "sub/code.zip"])
def test_the_only_archive_in_a_folder_is_opened(tmp_path: Path, name: str) -> None:
    for path, data in {name: zipped(CODE), "report.pdf": b"%PDF", "venv/a.py": b""}.items():
        (tmp_path / "Lee" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "Lee" / path).write_bytes(data)
    with open_submission(tmp_path / "Lee") as submission:
        inner = name.removesuffix(".zip")
        assert f"{inner}/hw/lstm.py" in map(str, submission.files)


def test_an_archive_beside_code_is_data(tmp_path: Path) -> None:
    files = {"lstm.py": b"x = 1\n", "data.zip": zipped({"other.py": b"y = 1\n"})}
    assert files_of(tmp_path, "Lee.zip", zipped(files)) == ["lstm.py"]


def test_the_only_archive_within_may_be_broken_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"code\.rar is packed as RAR"):
        files_of(tmp_path, "Lee.zip", zipped({"code.rar": b"Rar!" + bytes(300)}))
    with pytest.raises(UserError, match=r"code\.zip is not a ZIP, or was cut off"):
        files_of(tmp_path, "Lee.zip", zipped({"code.zip": b"no"}))


# Names

GERMAN = ["Müller/Übung.py", "Jäger/größe.py", "Weiß/x.py"]
FRENCH = ["Élodie Lefèvre/été.py", "Benoît/ça.py"]
JAPANESE = [
    "表/予定.py",
    "ソフト/能力.py",
    "田中/x.py",
]  # the first sign ends with a backslash's byte


@pytest.mark.parametrize(
    ("names", "encodings"),
    [
        (GERMAN, ["utf-8", "cp437", "cp850", "cp1252"]),
        (FRENCH, ["utf-8", "cp850", "cp1252"]),
        (JAPANESE, ["utf-8", "cp932"]),
        (["张伟/作业.py", "李娜/x.py"], ["utf-8", "gbk"]),
        (["Иванов/задача.py"], ["utf-8", "cp866"]),
    ],
)
def test_names_are_decoded_as_one_set(
    tmp_path: Path, names: Sequence[str], encodings: Sequence[str]
) -> None:
    for encoding in encodings:
        assert files_of(tmp_path, f"{encoding}.zip", unmarked(names, encoding)) == sorted(names)


@pytest.mark.parametrize("encoding", ["utf-8", "cp437", "cp850", "cp1252"])
def test_a_download_of_unmarked_names_keeps_people_apart(tmp_path: Path, encoding: str) -> None:
    names = [
        f"{name.split('/')[0]}_10{n}_assignsubmission_file/a.zip" for n, name in enumerate(GERMAN)
    ]
    (tmp_path / "all.zip").write_bytes(unmarked(names, encoding))
    assert sorted(found_in(tmp_path / "all.zip")) == ["Jäger_101", "Müller_100", "Weiß_102"]


def test_a_sign_whose_half_looks_like_a_separator_cuts_no_name(tmp_path: Path) -> None:
    names = [f"{name}_10{n}_assignsubmission_file/a.zip" for n, name in enumerate(("表", "能力"))]
    (tmp_path / "all.zip").write_bytes(unmarked(names, "cp932"))
    assert sorted(found_in(tmp_path / "all.zip")) == ["能力_101", "表_100"]


def test_one_name_that_fits_several_encodings_is_read_as_its_neighbours_are() -> None:
    alone, others = "Ø".encode("cp1252"), [name.encode("cp1252") for name in FRENCH]
    assert decoded([alone, *others])[0] == "Ø"
