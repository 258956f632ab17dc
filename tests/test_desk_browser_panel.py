"""The right side of the desk in a real browser: parts by tests, undo, and answers alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_browser import Open, chromium, pages, settled
from tests.desk_client import Client, Q, desk
from tests.desk_course import a_course

pytest.importorskip("playwright", reason="pip install playwright")

from playwright.sync_api import expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return results in which tests give most points of a question, and all to one student."""
    out = a_course(tmp_path_factory.mktemp("course"), 4)
    for number, path in enumerate(sorted((out / "results").glob("*.json"))):
        result = json.loads(path.read_bytes())
        (own,) = [row for row in result["grade"]["questions"] if row["id"] == Q]
        own |= {"earned": 1.25, "pending": 0.25 if number < 3 else 0.0, "status": "partly passed"}
        path.write_text(json.dumps(result))
    return out


@pytest.fixture(scope="module")
def ann(out: Path) -> Iterator[Client]:
    with desk(out) as client:
        yield client


@pytest.fixture
def opened(ann: Client) -> Iterator[Open]:
    with chromium() as browser, pages(browser, ann) as opened:
        yield opened


def test_points_of_tests_stand_beside_those_of_a_person(opened: Open, ann: Client) -> None:
    students = ann.get(f"/api/question/{Q}")["students"]
    order = [one for one in students if one["pending"]]
    page = settled(opened(f"/question/{Q}?student={order[0]['key']}"))
    expect(page.locator("#halves")).to_have_text("tests 1.25 + yours _ / 0.25")
    expect(page.locator("#count")).to_contain_text("1 of 4 marked")  # by tests alone
    page.keyboard.press("l")
    expect(page.locator("#status")).not_to_contain_text("Saved")
    page.keyboard.press("f")
    expect(page.locator("#halves")).to_have_text("tests 1.25 + yours 0.25 / 0.25")
    expect(page.locator("#points")).to_have_text("1.5")
    expect(page.locator("#status")).to_contain_text("Saved")
    page.evaluate("document.getElementById('panel').style.height = '60px'")
    page.evaluate("document.getElementById('panel').scrollTop = 50")
    for one in order[1:]:
        page.keyboard.press("g")
        expect(page.locator("#student")).to_have_text(one["label"])
        assert page.evaluate("document.getElementById('panel').scrollTop") == 0
        page.keyboard.press("f")
        expect(page.locator("#status")).to_contain_text("Saved")
    page.keyboard.press("g")  # the one without a part for a person is never gone to
    expect(page.locator("#status")).to_contain_text("All that is shown here is marked")
    page.keyboard.press("u")
    said = f"Taken back: mark of {order[-1]['label']}, question {Q}"
    expect(page.locator("#status")).to_have_text(said)


def test_an_unmarked_answer_is_no_example_for_others(opened: Open) -> None:
    page = settled(opened("/question/1.5a"))
    page.evaluate(
        "import('/static/saving.js').then((m) => m.markAlike([new URLSearchParams(location.search)"
        ".get('student')]))"
    )
    expect(page.locator("#status")).to_contain_text("Mark this one first")
