"""Whatever stands in a platform's table or list, it is read, or refused in one line."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.platforms.base import Level, Name
from grader.batch.platforms.known import PLATFORMS, recognise
from grader.core.errors import UserError
from grader.core.zip_names import decoded
from grader.reports.rows import Mark, Row

pytestmark = pytest.mark.slow

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
fuzz = settings(
    max_examples=int(EXAMPLES or 100), derandomize=EXAMPLES is None, database=None, deadline=None
)

CELLS = st.sampled_from(
    ["Student", "ID", "Section", "HW (7)", "    Points Possible", "10", "10,5", "Username", "4001",
     "HW [Total Pts: 20 Score] |7", "Feedback to Learner", "First Name", "Last Name", "SID", "a\nb",
     "HW Points Grade <Numeric MaxPoints:10 Weight:1>", "Total Score", "Max Points", "x", "#4001",
     "points_awarded", "github_username", "Identifier", "Grade", "Maximum Grade", "many", '"', "",
     "Feedback comments", "Participant 4001", "\ufeff", "\x00"]
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, max_size=6), max_size=6)
WRITTEN = st.tuples(
    TABLES, st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-16", "cp1252"]), st.booleans()
)


def a_row(*ids: tuple[str, str]) -> Row:
    marks = [Mark("1.6", "LSTM", 5.0, False, 3.0, "passed")]
    folder = "A_4001_assignsubmission_file"
    return Row("A", "A", folder, "graded", "", 1.0, marks, ids=ids)


@fuzz
@given(st.sampled_from(sorted(PLATFORMS)), st.one_of(WRITTEN, st.binary(max_size=200)))
def test_any_table(name: str, written: bytes | tuple[list[list[str]], str, str, bool]) -> None:
    if isinstance(written, tuple):
        lines, delimiter, encoding, quoted = written
        quote = '"' if quoted else ""
        text = "\r\n".join(delimiter.join(f"{quote}{c}{quote}" for c in line) for line in lines)
        sheet = text.encode(encoding, errors="replace")
    else:
        sheet = written
    kinds = ("ID", "Username", "name", "sid", "github_username")
    rows = [a_row(*((kind, "4001") for kind in kinds))]
    comments = {rows[0].folder: "<b>"}
    said = ""
    try:
        filled = PLATFORMS[name].fill(sheet, rows, comments, {}).sheet
    except UserError as error:
        said = str(error)
    else:
        assert PLATFORMS[name].fill(filled, rows, comments, {}).sheet == filled
    assert "\n" not in said


@fuzz
@given(
    st.lists(
        st.sampled_from(
            ["submission_12:", "  :submitters:", "  - :name: A", "    :sid: '1''2'", "  - x", "",
             '    :email: "a"', "  :created_at: 2026-05-02 10:00:00 Z", "- ", "\u2028", ":name: B"]
        )
    )
)  # fmt: skip
def test_any_list_of_submissions(lines: list[str]) -> None:
    names = [Name("submission_12", True), Name("submission_metadata.yml", False)]
    level = Level(names, "x", lambda _: "\n".join(lines).encode())
    found = recognise(level)
    assert found.platform.name == "gradescope"
    assert [part and bool(part.owner) for part in found.parts] == [True, None]


@fuzz
@given(st.lists(st.binary(max_size=12), max_size=5))
def test_any_names_of_an_archive_are_text(names: list[bytes]) -> None:
    assert len(decoded(names)) == len(names)
    assert decoded([name for name in names if name.isascii()]) == [
        name.decode() for name in names if name.isascii()
    ]
