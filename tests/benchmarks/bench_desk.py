"""Measure the desk: ``python -m tests.benchmarks.bench_desk [STUDENTS]`` marks a course by keys.

It sends what the page sends for each key: the next answers are asked for ahead, the picture of the
page is fetched, a mark is saved, and the state of the answer is asked for. It prints the median and
the 95th percentile of each kind of request, and the memory of the server. At last a real browser
goes through a question by the key j, and the time from the key to the next answer is printed.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.desk_client import Client, Process
from tests.desk_course import PERSON, a_course

AHEAD = 3
PRESSES = 100
WATCH = """() => {
  window.times = [];
  let start = 0;
  const shown = () => { if (start) window.times.push(performance.now() - start); start = 0; };
  // An answer that has not come by the next key counts with the time until then.
  addEventListener("keydown", () => { shown(); start = performance.now(); }, true);
  const changed = new MutationObserver(() => requestAnimationFrame(shown));
  changed.observe(document.getElementById("answer"), {childList: true});
}"""
QUESTIONS = [question.id for question in PERSON if question.by == "person"]
FIRST_PAGE = re.compile(r'data-y="[^"]*"><img src="(/page/[^"]+)"')
Times = defaultdict[str, list[float]]


def timed(times: Times, name: str, client: Client, path: str, body: object = None) -> bytes:
    """Send one request and note how long it took, in milliseconds."""
    start = time.perf_counter()
    answer = client.ask("POST" if body else "GET", path, body)
    times[name].append(1000 * (time.perf_counter() - start))
    assert answer.status == 200, (path, answer.body[:200])
    return answer.body


def memory_of(pid: int) -> float:
    """Return the resident memory of a process in MiB; on Linux."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return float(status.partition("VmRSS:")[2].split()[0]) / 1024


def mark_question(client: Client, question: str, times: Times) -> None:
    """Go through a question as the page does with keys: 1, j, 1, j, and so on."""
    timed(times, "page of a question", client, f"/question/{question}")
    timed(times, "list of students", client, f"/api/question/{question}")
    found = client.get(f"/api/question/{question}")
    items = [item["id"] for item in found["items"][:1]]
    students = [one["key"] for one in found["students"]]
    known = set()
    for place, key in enumerate(students):
        for other in students[place : place + 1 + AHEAD]:
            if other not in known:
                known.add(other)
                name = "answer" if other != key else "answer, first"
                html = timed(times, name, client, f"/api/answer/{question}/{other}").decode()
                page = FIRST_PAGE.search(html.replace('\\"', '"'))
                if page:
                    timed(times, "picture of a page", client, page[1])
        timed(times, "look", client, f"/api/look/{question}/{key}")
        body = {"question": question, "key": key, "items": items, "version": 0}
        timed(times, "mark saved", client, "/api/mark", body)


def press_keys(address: str, question: str) -> list[float]:
    """Return the milliseconds from each key to the next answer, in Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.test_reports_browser import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(address)
        page.wait_for_url(f"{address.partition('?')[0]}")
        page.goto(f"{address.partition('?')[0]}question/{question}")
        page.wait_for_selector("#answer .tabs")
        page.evaluate(WATCH)
        for _ in range(PRESSES):
            page.keyboard.press("j")
            page.wait_for_timeout(700)  # nobody reads an answer faster
        times: list[float] = page.evaluate("window.times")
        browser.close()
    return times


def main() -> None:
    """Make a course, mark all of it, and print a table."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    times: Times = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        out = a_course(Path(folder), size, only="report")
        desk = Process(out)
        start = time.perf_counter()
        while True:
            done, whole = desk.client.get("/api/progress")["read"]
            if done == whole:
                break
            time.sleep(0.2)
        ahead = time.perf_counter() - start
        begun = memory_of(desk.process.pid)
        for question in QUESTIONS:
            mark_question(desk.client, question, times)
        memory = memory_of(desk.process.pid)
        times["key to next answer"] = press_keys(desk.client.address, QUESTIONS[0])
        desk.close()
    print(f"{size} students, {len(QUESTIONS)} questions; all documents read in {ahead:.0f} s")
    print(f"{'request':<20} {'number':>7} {'median':>9} {'95 %':>9} {'most':>9}   in ms")
    for name, values in times.items():
        cuts = statistics.quantiles(values, n=20) if len(values) > 1 else values * 20
        row = (len(values), statistics.median(values), cuts[-1], max(values))
        print(f"{name:<20} {row[0]:>7} {row[1]:>9.1f} {row[2]:>9.1f} {row[3]:>9.1f}")
    print(f"memory of the server: {begun:.0f} MiB before, {memory:.0f} MiB after")


if __name__ == "__main__":
    main()
