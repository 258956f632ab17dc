"""Show what students hand in, in a real browser: every kind of PDF, notebooks, nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.desk.rendering import NAMES
from tests.desk_browser import Open, chromium, pages, settled
from tests.desk_client import Client, Q, desk
from tests.desk_course import KINDS, a_course

pytest.importorskip("playwright", reason="pip install playwright")

from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ann(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with desk(a_course(tmp_path_factory.mktemp("course"), len(KINDS), large=100 << 20)) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser, ann: Client) -> Iterator[Open]:
    with pages(browser, ann) as opened:
        yield opened


def shown(opened: Open, ann: Client, kind: str) -> Page:
    """Open the answer of the student who handed in a kind of files."""
    names = ann.ask("GET", f"/api/question/{Q}", headers={"Cookie": f"{ann.cookie}; {NAMES}=1"})
    number = 100_000 + KINDS.index(kind)
    key = next(one["key"] for one in names.json["students"] if str(number) in one["label"])
    return settled(opened(f"/question/{Q}?student={key}"))


def is_drawn(page: Page, image: Locator) -> None:
    page.wait_for_function("e => e.naturalWidth > 500", arg=image.element_handle())


@pytest.mark.parametrize("kind", ["text", "60 pages", "JavaScript", "large", "picture"])
def test_a_pdf_is_opened_where_the_answer_stands(opened: Open, ann: Client, kind: str) -> None:
    """Its scripts don't run: a dialog would fail."""
    page = shown(opened, ann, kind)
    place = page.locator(".page[data-y] img")
    expect(place).to_be_in_viewport()
    is_drawn(page, place)
    assert page.locator("#answer").evaluate("e => e.scrollTop") > 300
    assert page.locator(".page").count() >= (60 if kind == "60 pages" else 2)


def test_a_scan_is_a_picture(opened: Open, ann: Client) -> None:
    page = shown(opened, ann, "scan")
    expect(page.locator("#answer")).to_contain_text("was not found in the text")
    is_drawn(page, page.locator(".page img").first)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("password", "It is protected by a password."), ("broken", "It is broken, or no PDF.")],
)
def test_what_can_not_be_shown_can_be_downloaded(
    opened: Open, ann: Client, kind: str, said: str
) -> None:
    page = shown(opened, ann, kind)
    expect(page.locator("#answer .warn")).to_contain_text(said)
    with page.expect_download() as download:
        page.locator("#answer").get_by_role("link", name="Download").first.click()
    assert download.value.suggested_filename.startswith("Student ")


def test_who_handed_in_nothing_can_be_marked(opened: Open, ann: Client) -> None:
    page = shown(opened, ann, "nothing")
    expect(page.locator("#answer")).to_contain_text("Nothing that can be read was handed in")
    page.keyboard.press("0")
    expect(page.locator("#status")).to_contain_text("Saved · Ann")


def test_code_alone_is_shown_beside_the_tests(opened: Open, ann: Client) -> None:
    page = shown(opened, ann, "code")
    page.get_by_role("tab", name="Code").click()
    expect(page.locator("#panel-code .kn").first).to_be_visible()


def test_markdown_is_opened_where_the_answer_stands(opened: Open, ann: Client) -> None:
    page = shown(opened, ann, "Markdown")
    expect(page.locator(".block[data-y]")).to_be_in_viewport()


def test_a_notebook_is_shown_without_its_scripts(opened: Open, ann: Client) -> None:
    page = shown(opened, ann, "notebook")
    expect(page.locator(".block[data-y] math").first).to_be_visible()
    assert (
        page.locator("#answer script, #answer [onerror], #answer a[href^='javascript:']").count()
        == 0
    )
    assert "owned" not in page.title()
    assert "<script>" in page.locator("#answer").inner_text()  # as text
    page.get_by_role("tab", name="Code").click()
    expect(page.locator("#panel-code .kn").first).to_be_visible()
