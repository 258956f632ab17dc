"""Tables and pages: right numbers, and no harm from whatever students are called or wrote."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from grader.core.markdown import inline
from grader.reports import rows as rows_module
from grader.reports.marks import marks_csv, read_marks
from grader.reports.pages import (
    course_html,
    feedback_comment,
    feedback_html,
    feedback_md,
    fenced,
)
from grader.reports.rows import Given, complete, read_row
from grader.reports.statistics import course
from grader.reports.tables import FORMULA, cell, grades_csv, uncell
from tests.results import EVIL, INTERNAL, PIXEL, REFUSED, a_result, rows_of, table


def test_a_person_gives_the_pending_part_of_a_question() -> None:
    result = a_result(2.5)
    result["grade"]["questions"][1] |= {"status": "pending", "pending": 1.0}
    key = "Kim", "1.6"
    open_, decided, taken_back = (
        rows_of({"Kim": result}, given)[0]
        for given in ({}, {key: Given(0.5, "seen")}, {key: Given(None)})
    )
    assert (open_.earned, open_.pending, open_.possible) == (2.5, 3.0, 6.0)
    assert (decided.earned, decided.pending) == (3.0, 2.0)
    assert decided.marks[1].status == "by a person"
    assert (taken_back.earned, taken_back.pending) == (2.5, 3.0)
    assert "1.6" in marks_csv([open_], {})
    header = "student,question,points,comment\n"
    assert read_marks(f"{header}Kim,1.6,1,\n".encode(), [open_]) == ({key: Given(1.0)}, [])
    given, (error,) = read_marks(f"{header}Kim,1.6,1.5,\n".encode(), [open_])
    assert "1.5 points for 1.6, which has 1" in error
    assert given == {}


def test_grades() -> None:
    rows = rows_of({"Kim": a_result(2.5), "Lee": REFUSED, "Ito": INTERNAL})
    kim, lee, ito = table(grades_csv(rows))
    assert (kim["points"], kim["of"], kim["pending"], kim["1.4"], kim["1.6"]) == (
        "2.5", "6", "2", "", "2.5",
    )  # fmt: skip
    assert (lee["status"], lee["points"], lee["1.6"], lee["pending"]) == ("refused", "0", "0", "2")
    assert (ito["status"], ito["points"], ito["1.6"]) == ("internal", "", "")


def test_a_test_that_the_grader_failed_on_costs_nothing_silently() -> None:
    (row,) = rows_of({"Kim": a_result(0.0, "internal")})
    assert row.needs_a_look
    assert table(grades_csv([row]))[0]["1.6"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_formula_reaches_a_spreadsheet(name: str) -> None:
    result = REFUSED | {"batch": REFUSED["batch"] | {"message": f"{name} is no ZIP"}}
    for line in csv.reader(io.StringIO(grades_csv(rows_of({name: result})))):
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for value in line)
    assert cell("Kim") == "Kim"


class Tags(HTMLParser):
    """The tags of a page, and what they link to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.sources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.sources += [value or "" for name, value in attributes if name in ("src", "href")]


def test_feedback_is_escaped_and_self_contained() -> None:
    result = a_result(hint=EVIL, figures=[{"title": EVIL, "png": PIXEL}])
    (row,) = rows_of({EVIL: result}, {(EVIL, "1.4"): Given(1.0, EVIL)})
    page = feedback_html(row, result)
    tags = Tags(page)
    assert "script" not in tags.found
    assert all(source.startswith(("#", "data:image/png;")) for source in tags.sources)
    assert page.count(html.escape(EVIL)) >= 7  # name, comment, what, got, hint, notice, traceback
    assert "The newest counts." in page
    assert "3 of 6 points" in page
    assert "script-src 'none'" in page


def test_what_failed_in_the_same_way_is_explained_once() -> None:
    result = a_result()
    metadata = result["tests"][0]["metadata"]
    other = metadata["failure"] | {"got": "something else"}
    result["tests"] = [
        {"metadata": metadata},
        {"metadata": metadata | {"title": "The second", "repeat": "pytest second"}},
        {"metadata": metadata | {"title": "The third", "failure": other}},
        {"metadata": metadata | {"title": "The fourth", "status": "passed", "failure": None}},
    ]
    (row,) = rows_of({"Kim": result})
    for page in (feedback_html(row, result), feedback_md(row, result)):
        details = page.partition("<details")[2] or page.partition("## ")[2]  # below the summary
        assert details.count("What ") == 2
        assert details.index("The output") < details.index("The second") < details.index("What ")
        assert "pytest second" not in page
    assert "The fourth" in feedback_html(row, result)


def test_equal_hints_of_a_question_are_said_once_and_the_most_specific_comes_first() -> None:
    result = a_result(hint="Forgot 1/T.")
    named = result["tests"][0]["metadata"]
    other = named | {"title": "The second", "failure": named["failure"] | {"got": "other numbers"}}
    vague = named | {"title": "The vague one", "failure": named["failure"] | {"hint": ""}}
    right = named | {"title": "The right one", "status": "passed", "failure": None}
    result["tests"] = [{"metadata": check} for check in (right, vague, named, other)]
    (row,) = rows_of({"Kim": result})
    for page, hint in (
        (feedback_html(row, result), '"hint">'),
        (feedback_md(row, result), "Hint:"),
    ):
        details = page.partition("<details")[2] or page.partition("## ")[2]
        assert details.count("Forgot 1/T.") == details.count(hint) == 1
        assert "other numbers" in details, "both say what came"
        assert (
            details.index("The output") < details.index("The second") < details.index("vague one")
        )
    assert details.count("The right one") == 0


def test_what_several_questions_fail_of_is_told_in_the_first() -> None:
    """A file that does not parse, say."""
    result = a_result(status="error")
    check = result["tests"][0]["metadata"]
    error = check["failure"] | {
        "where": "lstm.py, line 3",
        "got": "SyntaxError",
        "what": "Invalid.",
    }
    result["tests"] = [
        {"metadata": check | {"question": question, "failure": error | {"hint": "Newer Python?"}}}
        for question in ("1.4", "1.6")
    ]
    (row,) = rows_of({"Kim": result})
    page = feedback_html(row, result)
    steps, _, details = page.partition("What to do next")[2].partition("</section>")
    assert steps.count("<li>") == details.count("Newer Python?") == 1
    assert details.count("Invalid.") == 2, "each question says what it stops at"
    assert 'See question <a href="#q1">1.4</a>.' in details
    assert feedback_md(row, result).count("See question 1.4.") == 1


def test_it_says_what_is_yet_to_come() -> None:
    (row,) = rows_of({"Kim": a_result()})
    said = "2 of 6 points"
    for page in (feedback_html(row, a_result()), feedback_md(row, a_result())):
        assert said in page
        assert "so far; 2 are still to be graded by a person" in page
    assert f"{said} so far; 2 are still to be graded by a person." in feedback_comment(row)


def test_only_pictures_are_shown() -> None:
    bad = [{"title": "a", "png": "!"}, {"title": "b", "png": base64.b64encode(b"<svg/>").decode()}]
    result = a_result(figures=[*bad, {"title": "c", "png": PIXEL}])
    (row,) = rows_of({"Kim": result})
    assert Tags(feedback_html(row, result)).found.count("img") == 1


def test_feedback_of_a_refused_submission() -> None:
    _, row = rows_of({"Kim": a_result(), "Lee": REFUSED})
    for page in (feedback_html(row, REFUSED), feedback_md(row, REFUSED), feedback_comment(row)):
        assert "no ZIP" in page
        assert EVIL not in page


def test_feedback_as_markdown() -> None:
    result = a_result(hint="Use *tanh*", status="failed")
    (row,) = rows_of({EVIL: result})
    page = feedback_md(row, result)
    outside = "".join(page.split("````")[::2])
    assert "Use \\*tanh\\*" in page
    assert f"````\n```\n{EVIL}\n````" in page  # their print can't end its block
    assert EVIL not in outside.replace("```\n</pre>" + EVIL, "").replace(f"```\n{EVIL}\n```", "")


@pytest.mark.parametrize("text", ["# a", "- a", "+ a", "= a", "1. a", "1) a", "_a_", "[a]", "a|b"])
def test_markdown_takes_nothing_for_its_own(text: str) -> None:
    assert inline(text) != text
    assert inline(text).replace("\\", "") == text


def test_markdown_stays_readable_as_text() -> None:
    plain = "1.6 The gradient of W_hh (h_t, not h_(t-1)) is right!"
    assert inline(plain) == plain


def test_markdown_shows_text_as_it_is() -> None:
    assert inline("a\n\n# b <i> *c*") == "a # b &lt;i&gt; \\*c\\*"
    assert fenced("a ```` b") == "`````\na ```` b\n`````"


def test_comment_for_moodle() -> None:
    (row,) = rows_of({"Kim": a_result()}, {("Kim", "1.4"): Given(1.0, EVIL)})
    comment = feedback_comment(row)
    assert Tags(comment).found == ["p", "ul", "li", "li"]
    assert "3 of 6 points" in comment
    assert "\n" not in comment


def test_statistics_of_a_course() -> None:
    results = {f"s{i}": a_result(float(i), hint="tanh" if i < 3 else "") for i in range(5)}
    results |= {"refused": REFUSED, "internal": INTERNAL}
    results["s4"] = a_result(4.0, "passed")
    results["crash"] = a_result(0.0, "crashed", hint="sigmoid", mistake="other_mistake")
    results["s3"] = a_result(3.0, hint="only a worker says so", mistake="")
    found = course(rows_of(results))
    assert found.statuses == {"graded": 6, "refused": 1, "internal": 1}
    assert [bin.count for bin in found.bins] == [2, 0, 1, 0, 0, 1, 0, 1, 0, 1]
    assert found.median == 0.375
    by_person, by_tests = found.questions
    assert (by_person.full, by_person.undecided) == (0, 6)
    assert (by_tests.full, by_tests.partly, by_tests.none) == (1, 3, 2)
    counted = [(found.id, found.hint, len(found.rows)) for found in found.misconceptions]
    assert counted == [("a_mistake", "tanh", 3), ("other_mistake", "sigmoid", 1)]
    assert [row.student for row in found.suspicious] == ["internal", "crash"]
    assert [row.student for row in found.refused] == ["refused"]


def test_report_is_escaped_and_self_contained() -> None:
    results = {EVIL: a_result(hint=EVIL), "Lee": REFUSED, "Ito": INTERNAL}
    pair = {"students": [EVIL, "Lee"], "shares": [0.9, 0.8], "page": "similar/001.html"}
    groups = [{"students": [EVIL, "Lee"], "pairs": [pair]}]
    page = course_html(rows_of(results), groups)
    tags = Tags(page)
    assert tags.found.count("script") == 2  # data, and the one that runs
    others = {"similar.csv", "similar/001.html"}
    assert all(source.startswith("feedback/file-") or source in others for source in tags.sources)
    assert EVIL not in page
    assert "90 % / 80 %" in page


def test_the_report_says_how_students_were_isolated() -> None:
    locked = course_html(rows_of({"Kim": a_result() | {"isolation": "full"}}))
    assert "isolation:" not in locked
    open_ = course_html(rows_of({"Kim": a_result() | {"isolation": "limits"}}))
    assert "isolation: limits" in open_


def test_a_course_of_none() -> None:
    rows = rows_of({"Lee": REFUSED})
    assert "refused" in course_html(rows)
    assert table(grades_csv(rows))[0]["of"] == "0"


def test_questions_come_in_the_rubrics_order() -> None:
    results = {"Kim": a_result()}
    results["Kim"]["grade"]["questions"].reverse()
    assert [mark.id for mark in rows_module.questions_of(rows_of(results))] == ["1.4", "1.6"]


@examples(st.text(alphabet="=+-@;'\"\t\n a＝", max_size=8))
def test_a_cell_can_be_read_back(text: str) -> None:
    assert uncell(cell(text)) == text
    for part in re.split("[;\t\r\n]", cell(text)):
        assert part.lstrip(' "')[:1] not in FORMULA[:4]


def test_points_of_who_is_in_dispute_are_pending_and_count_nowhere() -> None:
    results = {"Kim": a_result(4.0, "passed"), "Lee": REFUSED, "Ito": a_result(4.0, "passed")}
    rows = [read_row(name, f"file-{i}", "", r) for i, (name, r) in enumerate(results.items())]
    for row in rows[:2]:
        row.doubt = "several hand-ins claim to be this student's"
    given = {("Kim", "1.4"): Given(2.0, "kept")}
    for _ in range(2):
        complete(rows, given)
        kim, lee, ito = rows
        assert (kim.earned, kim.pending, lee.earned, lee.pending) == (None, 6.0, None, 6.0)
        assert (ito.earned, ito.pending) == (4.0, 2.0)
    found = course(rows)
    assert found.mean == 1.0
    assert [row.student for row in found.suspicious] == ["Kim", "Lee"]
    for page in (feedback_html(kim, results["Kim"]), feedback_md(kim, results["Kim"])):
        assert "– of 6 points" in page
        assert "so far; 6 are still to be graded by a person" in page
    for line in table(grades_csv(rows))[:2]:
        assert (line["points"], line["1.4"], line["1.6"], line["pending"]) == ("", "", "", "6")
    kim.doubt = ""
    (row,) = rows_of({"Kim": results["Kim"]}, given)
    assert row.earned == 6.0  # once that is decided


@pytest.mark.parametrize(
    "text",
    ["www.evil.example", "https://evil.example/x", "HTTP://x", "$x$", "$\\input{x}$", "@everyone",
     "mailto:a@b.c", "a@b.c", "see ftp://x.y"],
)  # fmt: skip
def test_bare_addresses_and_formulas_stay_text_in_markdown(text: str) -> None:
    shown = inline(text)
    assert shown.replace("\\", "") == text.replace("\\", "")
    assert not re.search(r"(?<!\\)\$|(?i:www)\.|\w://|(?<!\\)@|mailto:", shown)


def test_feedback_says_first_what_to_do() -> None:
    result = a_result(hint="Forgot 1/T.")
    metadata = result["tests"][0]["metadata"]
    vague = metadata | {"points": 9.0, "failure": metadata["failure"] | {"hint": ""}}
    result["tests"].insert(0, {"metadata": vague})
    (row,) = rows_of({"Kim": result})
    page = feedback_html(row, result)
    first = page.partition("What to do next")[2].partition("</section>")[0]
    assert first.count("<li>") == 1
    assert "Forgot 1/T." in first, "the check whose hint says most"
    assert 'href="#q2"' in first
    (row,) = rows_of({"Kim": (result := a_result(4.0, "passed"))})
    assert "Nothing is left to do" in feedback_html(row, result)


def test_the_course_page_links_each_question_of_a_student() -> None:
    page = course_html(rows_of({"Kim": a_result(), "Lee": a_result(4.0, "passed")}))
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    assert [student["page"] for student in data["students"]] == [
        "feedback/file-0.html",
        "feedback/file-1.html",
    ]
    assert data["students"][0]["values"] == [2.0, 2.0, None, 2.0, 3.0]
    assert data["lists"]["lost-2"] == {"anchor": "#q2", "places": [0]}
    assert 'aria-label="full 1, partly 1, none 0"' in page
