"""Open the desk's pages in a real browser, for tests: Debian's Chromium."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from tests.desk_client import Client, Q
from tests.test_reports_browser import CHROMIUM, FLAGS

WAIT = 60_000  # milliseconds for what a page should show, also on a busy machine
EXPECTED = ("409 (Conflict)", "net::ERR_")  # Chromium's own words, also for a desk that is gone
Open = Callable[..., Page]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextlib.contextmanager
def pages(browser: Browser, ann: Client) -> Iterator[Open]:
    """Yield ``opened(path, client)``; complaints of its pages and requests to elsewhere fail."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(path: str = "", client: Client = ann, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.extend(outside(request.url, client.url)))
        page.on("dialog", accept)
        page.goto(client.address)
        page.wait_for_url(f"{client.url}/")
        if path:
            page.goto(client.url + path)
        return page

    def accept(dialog: Dialog) -> None:
        if dialog.type != "confirm":  # the desk asks, and never alerts
            complaints.append(dialog.message)
        dialog.accept()

    yield opened
    for context in contexts:
        context.close()
    assert [said for said in complaints if not any(word in said for word in EXPECTED)] == []


def outside(url: str, own: str) -> list[str]:
    """Return the address in a list if it is not the desk's."""
    return [] if url.startswith(own) else [url]


def settled(page: Page) -> Page:
    """Wait until an answer is shown."""
    expect(page.locator("#answer .tabs")).to_be_attached()
    return page


def by_kind(client: Client, pattern: str) -> list[str]:
    """Return the keys of students whose answer looks so."""
    students = client.get(f"/api/question/{Q}")["students"]
    return [
        one["key"]
        for one in students
        if re.search(pattern, client.get(f"/api/answer/{Q}/{one['key']}")["html"], re.DOTALL)
    ]
