"""The report in a browser: sorting, searching, keyboard, phone, dark, no network.

Driven is Debian's Chromium. Where there is none these tests are skipped, but never in CI.
"""

from __future__ import annotations

import base64
import importlib.resources
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from matplotlib.figure import Figure

from grader.batch.attempts import HandIn
from grader.batch.store import Store, write
from grader.batch.write_reports import publish
from grader.reports.pages import course_html
from tests.results import EVIL, INTERNAL, REFUSED, a_result, rows_of

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

if not os.environ.get("CI"):
    pytest.importorskip("playwright", reason="pip install playwright drives the browser")
    if not CHROMIUM:
        pytest.skip("apt-get install chromium: no browser is found", allow_module_level=True)

from playwright.sync_api import Browser, Dialog, Page, sync_playwright  # noqa: E402 (after the check)

pytestmark = pytest.mark.slow

NAMES = ["Anna Müller", "Ben Lee", "Cem Öz", "Dao Thi Mai", "Eva-Maria von der Heydt", "Fu Bo"]
HINTS = [
    "g has a sigmoid; equation (4) has tanh, so that the cell can count down as well as up.",
    "The first digit is never read: look at where the loop over time begins.",
    "Softmax stands before cross-entropy, which has one of its own.",
]


def picture() -> str:
    figure = Figure(figsize=(5, 3))
    axes = figure.subplots()
    axes.plot([1, 2, 3], [3, 1, 2], label="loss")
    axes.set(xlabel="step", ylabel="loss")
    data = io.BytesIO()
    figure.savefig(data)
    return base64.b64encode(data.getvalue()).decode()


def a_course(folder: Path, size: int = 40) -> Path:
    """Write a folder of results as a batch leaves it."""
    store = Store(folder)
    store.create()
    results: dict[str, dict[str, Any]] = {EVIL: a_result(4.0, "passed"), "=Lee": REFUSED}
    for i in range(size):
        hint = HINTS[i % 7] if i % 7 < len(HINTS) else ""
        status = "crashed" if i % 11 == 0 else "passed" if not hint else "failed"
        result = a_result(
            [0.0, 1.5, 2.5, 3.0, 4.0][i % 5], status, hint, mistake=hint and f"mistake_{i % 7}"
        )
        result["duration"] = 1.0 + i * 37 % 100 / 10
        results[f"{NAMES[i % len(NAMES)]}-{100000 + i}"] = result
    results["Zoe-1"] = a_result(2.5, figures=[{"title": "Loss while training", "png": picture()}])
    results["Internal-1"] = INTERNAL
    for participant in store.begin(1, [HandIn(name, name) for name in sorted(results)]):
        store.save(participant, "", json.dumps(results[participant.name]).encode())
    pair = {"students": ["Zoe-1", EVIL], "shares": [0.93, 0.81], "page": "similar/001.html"}
    groups = [{"students": ["Zoe-1", EVIL], "pairs": [pair]}]
    write(folder / "similar.json", json.dumps({"archives": {}, "groups": groups}))
    (folder / "similar").mkdir()
    write(folder / "similar" / "001.html", "<title>Feedback for nobody: two codes</title>")
    write(folder / "similar.csv", "student,other\n")
    publish(store)
    return folder


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_course(tmp_path_factory.mktemp("course") / "out")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def outside(url: str) -> list[str]:
    """Return the URL in a list, unless the page brings it along."""
    return [] if url.startswith(("file:", "data:")) else [url]


@pytest.fixture
def page(browser: Browser, course: Path) -> Iterator[Page]:
    """Open the report; whatever a page asks the network for, or complains of, is an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []

    def refuse(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    page.on("request", lambda request: complaints.extend(outside(request.url)))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", refuse)
    page.goto((course / "report.html").as_uri())
    yield page
    assert not complaints
    context.close()


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"#table tbody tr:visible td:nth-child({number})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_sorting(page: Page) -> None:
    names = column(page, 1)
    page.get_by_role("button", name="Points").click()
    points = [float(text.split()[0].replace("–", "-1")) for text in column(page, 3)]
    assert points == sorted(points)
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="Points").click()
    points = [float(text.split()[0].replace("–", "-1")) for text in column(page, 3)]
    assert points == sorted(points, reverse=True)
    page.get_by_role("button", name="Student").click()
    assert sorted(column(page, 1)) == sorted(names)


def test_why_submissions_were_refused_is_shown(page: Page) -> None:
    card = page.locator("section", has=page.get_by_role("heading", name="Refused"))
    assert card.get_by_role("listitem").all_inner_texts() == [f"=Lee: no ZIP: {EVIL}"]


def test_what_the_keyboard_is_at_can_be_seen(page: Page) -> None:
    page.get_by_role("searchbox").focus()
    for _ in range(8):  # the table, headers
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"[{style}.outlineStyle, {style}.outlineWidth]") == ["solid", "3px"]


def test_on_paper_nothing_is_cut_off(page: Page, course: Path) -> None:
    page.emulate_media(media="print")
    for name in ("report.html", "feedback/Zoe-1.html"):
        page.goto((course / name).as_uri())
        cut = "e => e.filter(x => x.clientHeight && x.scrollHeight > x.clientHeight + 1).length"
        assert page.locator("pre, .limited, .students").evaluate_all(cut) == 0


def test_searching(page: Page) -> None:
    page.get_by_role("searchbox").fill("müller 100006")
    assert column(page, 1) == ["Anna Müller-100006"]
    assert page.locator("#count").inner_text() == "1 of 44"
    page.get_by_role("searchbox").fill("refused")
    assert column(page, 1) == ["=Lee"]
    page.get_by_role("searchbox").fill("")
    assert len(column(page, 1)) == 44


def test_keyboard(page: Page) -> None:
    page.get_by_role("searchbox").focus()
    page.keyboard.type("Zoe")
    page.keyboard.press("Tab")  # to the table, which scrolls
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Student"
    page.keyboard.press("Enter")
    assert page.locator("th").filter(has_text="Student").get_attribute("aria-sort") == "descending"
    page.get_by_role("link", name="Zoe-1").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/feedback/Zoe-1.html")
    assert page.locator("img").evaluate("image => image.naturalWidth") > 100


def test_every_link_leads_somewhere(page: Page, course: Path) -> None:
    links = page.locator("a").evaluate_all("links => links.map(link => link.href)")
    assert len(links) > 44
    for link in set(links):
        if link.endswith(".csv"):  # a browser would download it
            assert Path(url2pathname(urlsplit(link).path)).is_file()
            continue
        page.goto(link)
        assert page.title().startswith("Feedback for")
    page.goto((course / "report.html").as_uri())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits(page: Page, course: Path, width: int, scheme: Any) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for name in ("report.html", "feedback/Zoe-1.html"):
        page.goto((course / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(int(part) for part in background[4:-1].split(",")) > 3 * 128
        assert light == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report.html", "feedback/Zoe-1.html", "feedback/Internal-1.html"])
def test_axe_finds_nothing(page: Page, course: Path, name: str, scheme: Any) -> None:
    """Names, contrasts, landmarks, keyboard: the rules of axe-core, all of them."""
    page.emulate_media(color_scheme=scheme)
    page.goto((course / name).as_uri())
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.evaluate(AXE)
    found = page.evaluate("axe.run().then(results => results.violations)")
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]][:3]) for v in found] == []


def test_a_question_leads_to_those_who_lost_points(page: Page) -> None:
    card = page.locator("section", has=page.get_by_role("heading", name="Questions"))
    card.locator("summary").first.click()
    card.get_by_role("link").first.click()
    page.wait_for_url("**/feedback/*.html#q*")
    assert page.locator(":target h2").count() == 1


def test_who_needs_a_look_comes_first(page: Page) -> None:
    assert page.locator("h2").first.inner_text() == "Needs a look first"
    look = page.locator("section", has=page.get_by_role("heading", name="Needs a look first"))
    assert look.get_by_role("link").first.inner_text() == "Internal-1"


def test_feedback_begins_with_what_to_do(page: Page, course: Path) -> None:
    page.goto((course / "feedback" / "Zoe-1.html").as_uri())
    assert page.locator("h2").first.inner_text() == "What to do next"
    page.locator(".next").get_by_role("link").first.click()
    assert page.locator(":target").count() == 1


def test_a_large_course_is_drawn_where_it_is_looked_at(page: Page, tmp_path: Path) -> None:
    rows = rows_of({f"Student-{i:03}": a_result(i % 5, "failed") for i in range(450)})
    (tmp_path / "report.html").write_text(course_html(rows), encoding="utf-8")
    page.goto((tmp_path / "report.html").as_uri())
    links = page.locator("#table a:text-matches('^Student')")
    assert links.first.inner_text() == "Student-000"
    assert links.count() < 300
    page.locator(".students").evaluate("region => region.scrollTop = region.scrollHeight")
    links.filter(has_text="Student-449").wait_for()
    links.filter(has_text="Student-000").wait_for(state="detached")
    assert links.count() < 300
    page.get_by_role("searchbox").fill("student-21")
    assert column(page, 1) == [f"Student-21{i}" for i in range(10)]
    assert page.locator("#count").inner_text() == "10 of 450"
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Student").click()
    assert links.first.inner_text() == "Student-449"
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert links.count() == 450
