"""Draw the pictures of README.md: ``python -m tests.pictures``, or ``make pictures``.

Both show real gradings: a student's terminal, and the page on a small course.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.release.faults import read_faults
from tests.conftest import ROOT

PICTURES = ROOT / "docs" / "pictures"
EXERCISE = "toy_bptt"
SHOWN = "sums_over_the_batch"  # the fault of the student at the terminal
SELECT = "full_bptt"
COLUMNS = 84
NAMES = (
    "Ada Brandt",
    "Bao Lin",
    "Cem Öz",
    "Dana Wolf",
    "Eli Roth",
    "Fatma Kaya",
    "Gil Sand",
    "Hana Ito",
)


def main() -> None:
    """Draw both."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        terminal(folder)
        course_page(folder)


def terminal(folder: Path) -> None:
    """Draw what a student with one mistake sees."""
    (fault,) = (each for each in read_faults(ROOT / "tests" / "faults") if each.name == SHOWN)
    fault.build(ROOT, folder / "student_template")
    arguments = ["check", "student_template", "-k", SELECT, "--exercise", EXERCISE]
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments, "--color=yes", "--seed=7", "-q"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": str(COLUMNS), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ rnn-autograder check student_template -k {SELECT}"))
    console.print(Text.from_ansi(done.stdout.rstrip()))
    svg = console.export_svg(title="rnn-autograder")
    (PICTURES / "terminal.svg").write_text(svg, encoding="utf-8")


def course_page(folder: Path) -> None:
    """Draw the top of the page on a course of eight."""
    hand_ins = folder / "hand_ins"
    hand_ins.mkdir()
    faults = [each for each in read_faults(ROOT / "tests" / "faults") if each.exercise == EXERCISE]
    for number, student in enumerate(NAMES):
        fault = faults[7 * number % len(faults)]
        fault.build(ROOT, folder / student)
        with zipfile.ZipFile(hand_ins / f"{student}-{4000 + number}.zip", "w") as archive:
            archive.write(folder / student / f"{EXERCISE}.py", f"{EXERCISE}.py")
    arguments = ["batch", str(hand_ins), "-o", str(folder / "out"), "--exercise", EXERCISE]
    subprocess.run([sys.executable, "-m", "grader", *arguments], cwd=ROOT, check=True)
    screenshot(folder / "out" / "report.html", PICTURES / "course.png")


def screenshot(page: Path, target: Path) -> None:
    """Save what a browser shows of a page, in few colours."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from tests.test_reports_browser import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1000, "height": 760})
        tab.goto(page.as_uri())
        data = tab.screenshot()
        browser.close()
    Image.open(io.BytesIO(data)).convert("P", palette=Image.Palette.ADAPTIVE, colors=48).save(
        target, optimize=True
    )


if __name__ == "__main__":
    main()
