"""Test what counts as a submission, in folders and in Moodle's downloads."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from pathlib import Path

import pytest

from grader.batch.intake import hand_ins
from grader.core.errors import UserError
from grader.submission.snapshot import open_submission
from tests.downloads import download, found_in, write


def the_choice(source: Path) -> tuple[str, bytes]:
    """Return name and content of the archive that counts for the only student."""
    with hand_ins(source) as ((hand_in,), _):
        name, read, _ = hand_in.choose()
        return name, read()


def test_folder_of_zips_and_folders(tmp_path: Path) -> None:
    write(tmp_path / "Meier-123456.zip", b"meier")
    write(tmp_path / "Lee" / "code" / "main.py", b"lee = 1")
    write(tmp_path / "notes.txt")
    write(tmp_path / ".DS_Store")
    with hand_ins(tmp_path) as (found, remarks):
        assert [hand_in.student for hand_in in found] == ["Lee", "Meier-123456"]
        name, read, _ = found[1].choose()
        assert (name, read()) == ("Meier-123456.zip", b"meier")
        name, read, _ = found[0].choose()
        assert name == "Lee.zip"
        (tmp_path / "lee.zip").write_bytes(read())
        assert zipfile.ZipFile(tmp_path / "lee.zip").read("code/main.py") == b"lee = 1"
        assert read() == read()  # the same bytes, whenever it is packed
    assert remarks == [
        ".DS_Store made by the operating system: ignored.",
        "notes.txt is no submission: ignored.",
    ]


def test_of_zips_of_the_same_time_the_highest_number_counts(tmp_path: Path) -> None:
    for number in (2, 10, 9):
        write(tmp_path / "Kim" / f"work ({number}).zip", str(number).encode())
    write(tmp_path / "Lee.zip")
    name, read, (remark,) = found_in(tmp_path)["Kim"].choose()
    assert (name, read()) == ("work (10).zip", b"10")
    assert "the newest counts, work (10).zip; not: " in remark


def test_a_newer_zip_in_the_same_folder_counts_without_a_word_of_doubt(tmp_path: Path) -> None:
    write(tmp_path / "Kim" / "old.zip", b"new", at=1_700_000_000)
    write(tmp_path / "Kim" / "work.zip", b"old", at=1_600_000_000)
    write(tmp_path / "Lee.zip")
    kim = found_in(tmp_path)["Kim"]
    assert kim.choose()[1]() == b"new"
    assert kim.doubt == ""


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        ("Anna Maria Müller_12345_assignsubmission_file", "Anna Maria Müller_12345"),
        ("Anna Müller_12345_assignsubmission_file_", "Anna Müller_12345"),  # before Moodle 4.1
        ("Participant_12345_assignsubmission_file", "Participant_12345"),
        ("Team A-Anna Müller_12345_assignsubmission_file_", "Team A-Anna Müller_12345"),
        ("Team A_77_assignsubmission_file", "Team A_77"),
        ("Default group_assignsubmission_file", "Default group"),  # who is in none
        ("Teilnehmerin_123_assignsubmission_file_", "Teilnehmerin_123"),
        ("de_la_Cruz_12_assignsubmission_file", "de_la_Cruz_12"),
    ],
)
def test_moodle_folder_names(tmp_path: Path, folder: str, student: str) -> None:
    source = download(tmp_path / "all.zip", {f"{folder}/Müller-1234567.zip": b"data"})
    found = found_in(source)
    assert list(found) == [student]
    assert found[student].folder == folder
    assert found[student].choose()[0] == "Müller-1234567.zip"


def test_moodle_unpacked_is_the_same(tmp_path: Path) -> None:
    write(tmp_path / "Anna_1_assignsubmission_file" / "a.zip", b"data")
    hand_in = found_in(tmp_path)["Anna_1"]
    assert hand_in.folder == "Anna_1_assignsubmission_file"
    assert hand_in.choose()[1]() == b"data"


def test_moodle_flat(tmp_path: Path) -> None:
    files = {
        "Anna_1_assignsubmission_file_work_2_assignsubmission_file_x.zip": b"anna",
        "Ben_2_assignsubmission_file_b.zip": b"ben",
        "Ben_2_assignsubmission_onlinetext_onlinetext.html": b"text",
    }
    source = download(tmp_path / "all.zip", files)
    with hand_ins(source) as (found, remarks):
        assert [h.student for h in found] == ["Anna_1", "Ben_2"]  # nobody can hand in for Ben
        assert [h.choose()[1]() for h in found] == [b"anna", b"ben"]
        assert found[1].choose()[0] == "b.zip"
        assert found[1].choose()[2] == ["The text typed into the form is not looked at."]
    assert remarks == []


def test_who_only_typed_into_the_form_gets_a_row(tmp_path: Path) -> None:
    folder = "Anna_1_assignsubmission_onlinetext"
    source = download(tmp_path / "all.zip", {f"{folder}/onlinetext.html": b"<p>my code</p>"})
    anna = found_in(source)["Anna_1"]
    assert anna.folder == folder
    with pytest.raises(UserError, match="Nothing was handed in but a text"):
        anna.choose()


def test_a_name_is_the_same_however_its_umlauts_are_encoded(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Jürgen Öz_7_assignsubmission_file")
    found = found_in(download(tmp_path / "all.zip", {f"{apart}/a.zip": b"data"}))
    assert list(found) == ["Jürgen Öz_7"]
    assert found["Jürgen Öz_7"].folder == apart  # by which Moodle knows it


@pytest.mark.parametrize("loose", ["lstm.py", "work.ipynb", "report.pdf", "deep/er/lstm.py"])
def test_loose_files_of_a_download_count_as_if_they_were_zipped(tmp_path: Path, loose: str) -> None:
    files = {f"Anna_1_assignsubmission_file/{loose}": b"x = 1"}
    name, data = the_choice(download(tmp_path / "all.zip", files))
    assert name == "Anna_1.zip"
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == [loose]


def test_packed_in_another_way_is_refused_and_said(tmp_path: Path) -> None:
    for suffix, first in (("rar", b"Rar!"), ("7z", b"7z\xbc\xaf\x27\x1c")):
        files = {f"Anna_1_assignsubmission_file/a.{suffix}": first}
        name, data = the_choice(download(tmp_path / "all.zip", files))
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match="opened here: unpack it"):
            open_submission(tmp_path / name)


@pytest.mark.parametrize("again_packed", [False, True])
def test_a_download_within_a_folder_or_zip_is_named(tmp_path: Path, again_packed: bool) -> None:
    (tmp_path / "all").mkdir()
    source = tmp_path / "all"
    inner = download(source / "course.zip", {"Anna_1_assignsubmission_file/a.zip": b"data"})
    if again_packed:
        source = download(tmp_path / "outer.zip", {"course.zip": inner.read_bytes()})
    with pytest.raises(UserError, match=r"a level further down, in course\.zip"):
        found_in(source)


def test_a_download_in_a_folder_of_its_own_is_found(tmp_path: Path) -> None:
    source = download(tmp_path / "a.zip", {"hw 1/Anna_1_assignsubmission_file/a.zip": b"data"})
    assert found_in(source)["Anna_1"].folder == "Anna_1_assignsubmission_file"


def test_one_students_work_is_no_course(tmp_path: Path) -> None:
    write(tmp_path / "Lee" / "lstm.py")
    write(tmp_path / "Lee" / "train.py")
    with pytest.raises(UserError, match=r"one student's work \(lstm\.py\)"):
        found_in(tmp_path / "Lee")
    source = download(tmp_path / "Lee-12345.zip", {"palindrome/lstm.py": b"x = 1"})
    with pytest.raises(UserError, match="one student's work: name the folder that it lies in"):
        found_in(source)


@pytest.mark.parametrize(
    ("folders", "code"),
    [
        (("Lee-12345", "Kim-12346"), ("lstm.py", "rnn.py")),  # names as the sheet demands them
        (("lee", "kim"), ("palindrome/lstm.py", "palindrome/lstm.py")),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_code_beside_the_folders_of_several_is_a_row_with_a_note(
    tmp_path: Path, folders: tuple[str, str], code: tuple[str, str], packed: bool
) -> None:
    files = dict.fromkeys([f"{one}/{two}" for one, two in zip(folders, code, strict=True)], b"x=1")
    files["solution.py"] = b"x = 2"
    if packed:
        source = download(tmp_path / "all.zip", files)
    else:
        source = tmp_path / "all"
        for name, data in files.items():
            write(source / name, data)
    with hand_ins(source) as (found, remarks):
        assert {one.student for one in found} == {*folders, "solution"}
        assert [one.doubt for one in found] == ["", "", ""]
    assert remarks == ["solution.py says of nobody whose it is: rename it."]


METADATA = "submission_metadata.yml"


@pytest.mark.parametrize(
    "names",
    [
        ["h1-submissions/h1-ann/a.py", "h1-submissions/h1-bo/a.py", "h2-submissions/h2-x/a.py"],
        ["Group 1/Lee-123456.zip", "Group 1/Kim-123457.zip", "Group 2/Ito-123458_Roe-123459/a.py",
         "Group 2/Ash-123450.ipynb"],
        ["A/Anna_1_assignsubmission_file/a.zip", "B/Bo_2_assignsubmission_file/a.zip"],
        ["A/leebo_4022_99812_work.zip", "A/kim_4023_99813_lstm.py", "B/roe_4024_99814_lstm.py"],
        [f"x/{METADATA}", "x/submission_1/a.py", f"y/{METADATA}", "y/submission_2/a.py"],
        ["A/HW_a_attempt_2026-05-05-10-00-00_a.py", "B/HW_b_attempt_2026-05-05-10-00-00_a.py"],
    ],
    ids=["clones", "groups", "moodle", "canvas", "gradescope", "blackboard"],
)  # fmt: skip
def test_several_folders_of_courses_are_named(tmp_path: Path, names: list[str]) -> None:
    """Assignments or groups side by side are not one student each; a person can insist on it."""
    for name in names:
        write(tmp_path / name)
    with pytest.raises(UserError, match=r"a level further down, in .* and .*: name one of those"):
        found_in(tmp_path)
    with hand_ins(tmp_path, "folders") as (found, _):
        assert [one.doubt for one in found] == ["", ""]


def test_a_folder_of_many_among_those_of_one_waits_for_a_person(tmp_path: Path) -> None:
    for name in ("more/Lee-123456.zip", "more/Kim-123457.zip", "Ito-123458/lstm.py"):
        write(tmp_path / name)
    doubts = {name: one.doubt for name, one in found_in(tmp_path).items()}
    assert "seems to hold the hand-ins of several students" in doubts["more"]
    assert doubts["Ito-123458"] == ""


@pytest.mark.parametrize(
    "names",
    [
        ["part1/train.py", "part2/train.py"],
        ["code.zip", "data.zip"],
        ["lstm.py", "fig_5_10_a.png", "fig_10_20_b.png", "fig_15_20_c.png"],
        ["Lee-123456_Kim-123457.zip", "Lee-123456_Kim-123457.pdf"],
    ],
)
def test_parts_of_one_students_folder_are_no_course(tmp_path: Path, names: list[str]) -> None:
    for who in ("Lee-123456", "Kim-123457"):
        for name in names:
            write(tmp_path / who / name)
    assert [one.doubt for one in found_in(tmp_path).values()] == ["", ""]


def test_parts_of_one_students_work_are_no_course(tmp_path: Path) -> None:
    for name in ("main.py", "nets/__init__.py", "nets/lstm.py", "plots/__init__.py"):
        write(tmp_path / "Lee" / name)
    with pytest.raises(UserError, match=r"one student's work \(main\.py\)"):
        found_in(tmp_path / "Lee")


def test_code_by_itself_is_somebodys_if_it_says_whose(tmp_path: Path) -> None:
    write(tmp_path / "Lee-12345.py")
    write(tmp_path / "Kim-12346.tar.gz")
    assert sorted(found_in(tmp_path)) == ["Kim-12346", "Lee-12345"]


def test_moodle_several_files(tmp_path: Path) -> None:
    folder = "Anna_1_assignsubmission_file"
    files = {f"{folder}/{name}": name.encode() for name in ("new.zip", "old.zip", "report.pdf")}
    dates = {f"{folder}/old.zip": 2025}
    with hand_ins(download(tmp_path / "all.zip", files, dates)) as (found, _):
        name, read, remarks = found[0].choose()
        assert (name, read()) == ("new.zip", b"new.zip")
    assert any("report.pdf" in remark for remark in remarks)
    assert any("the newest counts, new.zip" in remark for remark in remarks)


def test_moodle_loose_code_is_packed(tmp_path: Path) -> None:
    folder = "Anna_1_assignsubmission_file"
    files = {f"{folder}/lstm.py": b"x = 1", f"{folder}/report.pdf": b"%PDF"}
    with hand_ins(download(tmp_path / "all.zip", files)) as (found, _):
        name, read, _ = found[0].choose()
        (tmp_path / name).write_bytes(read())
    assert zipfile.ZipFile(tmp_path / name).namelist() == ["lstm.py", "report.pdf"]


def test_who_handed_in_nothing_gets_a_row(tmp_path: Path) -> None:
    (tmp_path / "Lee").mkdir()
    with pytest.raises(UserError, match="Nothing was handed in"):
        found_in(tmp_path)["Lee"].choose()


@pytest.mark.parametrize("name", ["a.rar", "a.7z", "main.py"])
def test_what_is_no_zip_is_still_a_submission(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    write(tmp_path / "Lee.zip")
    assert len(found_in(tmp_path)) == 2


def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "secret.zip", b"secret")
    write(tmp_path / "all" / "Lee" / "main.py")
    (tmp_path / "all" / "Lee" / "link.zip").symlink_to(tmp_path / "secret.zip")
    (tmp_path / "all" / "Kim.zip").symlink_to(tmp_path / "secret.zip")
    found = found_in(tmp_path / "all")
    assert [str(file.path) for file in found["Lee"].files()] == ["main.py"]
    assert "Kim" not in found


def test_a_broken_file_within_the_download_is_that_students_problem(tmp_path: Path) -> None:
    source = download(tmp_path / "all.zip", {"Anna_1_assignsubmission_file/a.zip": b"A" * 100})
    source.write_bytes(source.read_bytes().replace(b"A" * 100, b"B" * 100))
    with hand_ins(source) as (found, _), pytest.raises(UserError, match="can't be read"):
        found[0].choose().read()


@pytest.mark.parametrize(("first", "kind"), [(b"Rar!\x1a\x07", "RAR"), (b"\x1f\x8b\x08", "tar.gz")])
def test_a_download_packed_in_another_way_is_told_by_its_kind(
    tmp_path: Path, first: bytes, kind: str
) -> None:
    (tmp_path / "all.zip").write_bytes(first + bytes(300))
    with pytest.raises(UserError, match=rf"is packed as {kind}: unpack it, and name the folder"):
        found_in(tmp_path / "all.zip")


@pytest.mark.parametrize("content", [None, b"", b"PK no ZIP"])
def test_bad_sources(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "all.zip"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(UserError, match=r"all\.zip"):
        found_in(source)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no ZIPs or folders"):
        found_in(tmp_path)


FILE = "_assignsubmission_file_"

# What is no hand-in


@pytest.mark.parametrize("packed", [False, True])
def test_every_item_has_a_row_or_a_remark(tmp_path: Path, packed: bool) -> None:
    rows = [".Hidden-2000020/a.py", "Kim/a.py", ".Lee_7_assignsubmission_file/a.zip"]
    tools = [
        f"{name}/a.py" for name in (".git", "venv", "node_modules", "__pycache__", "Thumbs.db")
    ]
    system = [".DS_Store", "thumbs.db", "._Kim.zip", "__MACOSX/._Kim.zip", "__MACOSX/Kim/._a.py"]
    others = ["notes.txt", ".hidden"]
    if packed:
        names = [*rows, *tools, *system, *others]
        source = download(tmp_path / "all.zip", dict.fromkeys(names, b""))
    else:
        source = tmp_path / "all"
        for name in (*rows, *tools, *system, *others):
            write(source / name)
    with hand_ins(source) as (found, remarks):
        assert {one.student for one in found} == {".Hidden-2000020", "Kim", ".Lee_7"}
    said = "\n".join(remarks)
    for name in (*tools, *others):
        assert f"{name.split('/')[0]} " in said
    assert said.count("made by the operating system") == 1
    (line,) = [remark for remark in remarks if "operating system" in remark]
    assert all(name.split("/")[0] in line for name in system)


def test_what_is_packed_for_macos_alone_is_no_cover_for_a_hand_in(tmp_path: Path) -> None:
    write(tmp_path / "__MACOSX" / "lstm.py")
    write(tmp_path / "Kim.zip")
    with hand_ins(tmp_path) as (found, (remark,)):
        assert [one.student for one in found] == ["Kim"]
    assert remark.startswith("__MACOSX bears a name that computers give: ignored. If it is a hand")


def test_what_would_lie_outside_of_a_download_is_named_once(tmp_path: Path) -> None:
    names = ["/abs/a.zip", *(f"Mal_1{FILE}/../../{n}.zip" for n in range(8)), "Kim/a.zip"]
    with hand_ins(download(tmp_path / "all.zip", dict.fromkeys(names, b""))) as (_, (remark,)):
        assert "/abs/a.zip, " in remark
        assert remark.endswith("and 4 more would lie outside of the download: ignored.")
