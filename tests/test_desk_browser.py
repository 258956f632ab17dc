"""The desk in a real browser: the whole way by keys, two people at once, phone, dark, axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_browser import Open, by_kind, chromium, pages, settled
from tests.desk_client import Client, Q, desk
from tests.desk_course import NAMES, a_course

pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.slow

SIZE = 40


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_course(tmp_path_factory.mktemp("course"), SIZE, large=100 << 20)


@pytest.fixture(scope="module")
def ann(out: Path) -> Iterator[Client]:
    with desk(out) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser, ann: Client) -> Iterator[Open]:
    with pages(browser, ann) as opened:
        yield opened


def test_every_student_of_a_course_is_marked_by_keys(opened: Open, ann: Client) -> None:
    page = settled(opened("/question/1.6-text"))
    for number in range(SIZE):
        page.keyboard.press("1" if number % 2 else "f")
        expect(page.locator("#status")).to_contain_text("Saved · Ann")
        if number < SIZE - 1:
            before = page.inner_text("#student")
            page.keyboard.press("g")
            expect(page.locator("#student")).not_to_have_text(before)
            expect(page.locator("#status")).to_have_text("Not marked yet")
    expect(page.locator("#count")).to_contain_text(f"{SIZE} of {SIZE} marked")
    page.keyboard.press("g")
    expect(page.locator("#status")).to_contain_text("All that is shown here is marked")
    students = ann.get("/api/question/1.6-text")["students"]
    assert all(one["points"] is not None for one in students)
    assert {one["author"] for one in students} == {"Ann"}


def test_keys_are_text_while_somebody_types(opened: Open, ann: Client) -> None:
    key = ann.get(f"/api/question/{Q}")["students"][4]["key"]
    page = settled(opened(f"/question/{Q}?student={key}"))
    student = page.inner_text("#student")
    page.keyboard.press("c")
    page.keyboard.type("jk1gu?[]f0")
    page.keyboard.press("Escape")
    expect(page.locator("#status")).to_contain_text("Saved, still open")
    assert page.inner_text("#student") == student
    assert page.inner_text("#points") == "–"
    assert ann.get(f"/api/answer/{Q}/{key}")["mark"]["comment"] == "jk1gu?[]f0"
    page.keyboard.press("u")
    expect(page.locator("#status")).to_contain_text("Taken back")
    assert ann.get(f"/api/answer/{Q}/{key}")["mark"]["comment"] == ""


def test_moving_by_keys(opened: Open, ann: Client) -> None:
    order = [one["label"] for one in ann.get(f"/api/question/{Q}")["students"]]
    key = ann.get(f"/api/question/{Q}")["students"][0]["key"]
    page = settled(opened(f"/question/{Q}?student={key}"))
    for press, label in (("j", order[1]), ("j", order[2]), ("k", order[1])):
        page.keyboard.press(press)
        expect(page.locator("#student")).to_have_text(label)
    page.keyboard.press("]")
    page.wait_for_url("**/question/1.5a?*")
    expect(page.locator("#student")).to_have_text(order[1])
    page.keyboard.press("[")
    page.wait_for_url(f"**/question/{Q}?*")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_two_people_see_each_other_and_overwrite_nothing(
    opened: Open, ann: Client, out: Path
) -> None:
    key = ann.get(f"/api/question/{Q}")["students"][7]["key"]
    with desk(out, person="Ben") as ben:
        one = settled(opened(f"/question/{Q}?student={key}"))
        two = settled(opened(f"/question/{Q}?student={key}", ben))
        expect(two.locator("#others")).to_have_text("Also here: Ann")
        expect(one.locator("#others")).to_have_text("Also here: Ben")
        one.keyboard.press("f")
        expect(one.locator("#status")).to_contain_text("Saved · Ann")
        two.keyboard.press("0")  # before the page has heard of it
        alert = two.get_by_role("alert")
        expect(alert.or_(two.locator("#status", has_text="Saved · Ann")).first).to_be_visible()
        if alert.is_visible():
            expect(alert).to_contain_text("Ann has changed this meanwhile")
            assert ann.get(f"/api/answer/{Q}/{key}")["mark"]["points"] == 2.0
            two.get_by_role("button", name="Save mine instead").click()
            expect(two.locator("#status")).to_contain_text("Saved · Ben")
        expect(one.locator("#status")).to_contain_text("Saved · Ben")  # without a click


def test_a_group_of_answers_alike_is_marked_at_once(opened: Open, ann: Client) -> None:
    found = ann.get("/api/question/1.1")
    group = max(found["groups"], key=len)
    assert len(group) >= 3
    page = settled(opened(f"/question/1.1?student={group[0]}"))
    expect(page.locator("#alike")).to_contain_text(f"{len(group)} answers alike")
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("Saved · Ann")
    page.keyboard.press("l")
    expect(page.locator("#status")).to_contain_text(f"Saved for {len(group) - 1} more")
    points = {one["key"]: one["points"] for one in ann.get("/api/question/1.1")["students"]}
    assert len({points[key] for key in group}) == 1
    assert sum(value is not None for value in points.values()) == len(group)


def test_an_item_is_added_reworded_and_revalued_while_marking(opened: Open, ann: Client) -> None:
    page = settled(opened("/question/1.5a"))
    page.keyboard.press("a")
    page.get_by_role("textbox", name="Text").fill("names the <cell>")
    page.get_by_role("spinbutton", name="Points").fill("0.25")
    page.get_by_role("button", name="Save", exact=True).click()
    item = page.locator("#items .item", has_text="names the <cell>")
    item.click()
    expect(page.locator("#points")).to_have_text("0.25")
    expect(page.locator("#status")).to_contain_text("Saved · Ann")
    page.get_by_role("button", name="Change the item: names the <cell>").click()
    page.get_by_role("spinbutton", name="Points").fill("0.5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#points")).to_have_text("0.5")
    key = re.search(r"student=(\w+)", page.url)
    assert key
    assert ann.get(f"/api/answer/1.5a/{key[1]}")["mark"]["points"] == 0.5


def test_points_of_tests_are_changed_with_a_reason(opened: Open) -> None:
    page = settled(opened("/question/1.6"))
    page.get_by_role("spinbutton", name="Points").fill("3.5")
    page.get_by_label("Reason").fill("The sheet was unclear.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#points")).to_have_text("3.5")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Take back")).to_be_hidden()
    expect(page.locator("#points")).to_have_text("2")


def test_names_are_shown_when_they_are_switched_on(opened: Open) -> None:
    page = settled(opened(f"/question/{Q}"))
    assert not any(name in page.content() for name in NAMES)
    page.get_by_role("button", name="Show names").click()
    expect(page.locator("#student")).to_have_text(re.compile(r"-10\d{4}$"))


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (2200, "light")])
def test_it_fits_and_axe_finds_nothing(opened: Open, ann: Client, width: int, scheme: str) -> None:
    notebook = by_kind(ann, "block markdown.*cell")[0]
    page = opened(viewport={"width": width, "height": 844}, color_scheme=scheme)
    for path in (
        "",
        f"/question/{Q}?student={notebook}",
        f"/question/1.6?student={notebook}",
        f"/student/{notebook}",
    ):
        page.goto(ann.url + path)
        if "question" in path:
            settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page)
        assert not found.response["violations"], found.generate_report()


def test_the_keyboard_alone_is_enough(opened: Open) -> None:
    page = settled(opened(f"/question/{Q}"))
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"next", "filter", "names", "help", "item", "adjustment", "comment", "todo"} <= reached
