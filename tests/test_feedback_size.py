"""Feedback is small: each picture once, long texts in brief, ZIPs in parts."""

from __future__ import annotations

import base64
import io
import os
import zipfile
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from grader.__main__ import main
from grader.command_options import size
from grader.reports.feedback import feedback_zips
from grader.reports.pages import feedback_html
from grader.reports.pictures import PNG
from tests.results import PIXEL, a_result, rows_of
from tests.stub_judges import Judges, batch
from tests.test_batch_marks import moodle_course

MOST = 150 * 2**10  # bytes of a student's page


def png(kib: int) -> str:
    return base64.b64encode(PNG + os.urandom(kib * 2**10)).decode()


def page_of(*pictures: str, **metadata: str) -> str:
    figures = [{"title": f"Figure {i}", "png": data} for i, data in enumerate(pictures)]
    result = a_result(figures=figures)
    test = result["tests"][0]["metadata"]
    for name, value in metadata.items():
        test["failure"][name] = value
    result["tests"] = [{"metadata": test | {"title": f"Test {i}"}} for i in range(30)]
    (row,) = rows_of({"Kim": result})
    return feedback_html(row, result)


def test_a_picture_is_shown_once() -> None:
    page = page_of(PIXEL)
    assert page.count("<img") == 1
    assert page.count("Test 29") == 1


def test_pictures_beyond_the_page_s_size_are_said() -> None:
    page = page_of(png(50), png(300), png(20), png(20))
    assert page.count("<img") == 3
    assert "A picture of 301 KiB is left out" in page
    assert len(page.encode()) <= MOST


@pytest.mark.parametrize(("texts", "shown"), [(1, 4), (20, 3), (80, 0)])
def test_a_page_of_long_texts_has_room_for_fewer_pictures(texts: int, shown: int) -> None:
    result = a_result(figures=[{"title": f"Figure {i}", "png": png(20)} for i in range(4)])
    test = result["tests"][0]["metadata"]
    result["tests"] = [
        {"metadata": test | {"failure": test["failure"] | {"what": f"{i}", "output": "x" * 8000}}}
        for i in range(texts)
    ]
    (row,) = rows_of({"Kim": result})
    page = feedback_html(row, result)
    assert page.count("<img") == shown
    assert page.count("is left out, because this page would be too large") == 4 - shown
    assert len(page.encode()) <= MOST or not shown


def test_long_texts_are_shown_in_brief() -> None:
    result = a_result()
    test = result["tests"][0]["metadata"]
    result["tests"] = [
        {
            "metadata": test
            | {
                "title": f"Test {i}",
                "failure": test["failure"]
                | {
                    "what": f"What {i}",
                    "output": "x" * 8000,
                    "traceback": f"first{'y' * 9000}last",
                },
            }
        }
        for i in range(20)
    ]
    (row,) = rows_of({"Kim": result})
    page = feedback_html(row, result)
    assert len(page.encode()) <= MOST
    assert "[... 7,009 characters ...]" in page
    assert "last" in page


def test_parts_hold_each_page_once_and_no_more_than_the_limit(tmp_path: Path) -> None:
    pages = {}
    for number in range(12):
        page = tmp_path / f"{number}.html"
        page.write_bytes(os.urandom(30_000))
        pages[f"Zoë {number}/feedback.html"] = page
    (whole,) = feedback_zips(pages)
    parts = feedback_zips(pages, 100_000)
    assert len(parts) == 4
    assert max(map(len, parts)) <= 100_000
    names = [zipfile.ZipFile(io.BytesIO(part)).namelist() for part in parts]
    assert sum(names, []) == zipfile.ZipFile(io.BytesIO(whole)).namelist()  # noqa: RUF017 (short)
    assert len(feedback_zips(pages, 10_000)) == 12  # each is too large by itself
    assert feedback_zips({}, 100_000) == []


def test_parts_of_a_batch_and_the_whole_again(
    tmp_path: Path, judges: Judges, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = moodle_course(tmp_path), tmp_path / "out"
    monkeypatch.setattr("grader.command_options.size", int)
    assert batch(source, out, "--part-size", "5000") == 0
    assert sorted(path.name for path in out.glob("feedback*.zip")) == [
        "feedback-1.zip",
        "feedback-2.zip",
    ]
    assert main(["marks", str(out)]) == 0
    assert [path.name for path in out.glob("feedback*.zip")] == ["feedback.zip"]
    assert len(judges.graded) == 2


@pytest.mark.parametrize(
    ("text", "expected"), [("50MB", 50_000_000), ("0.5gb", 500_000_000), ("1MB", 1_000_000)]
)
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["50", "MB", "-1MB", "0.1MB", "nanMB", "1e999MB", "5KB"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        size(text)


@pytest.mark.slow
def test_a_drawn_figure_is_small_and_its_paper_white() -> None:
    import numpy as np
    from matplotlib.figure import Figure
    from PIL import Image

    from grader.core.figure_data import is_bearable
    from grader.worker.figure_capture import describe

    figure = Figure(facecolor="none")
    axes = figure.subplots()
    for i in range(6):
        axes.plot(np.sin(np.linspace(0, 9, 200) + i), label=f"T = {i}")
    axes.legend()
    before = io.BytesIO()
    figure.savefig(before, dpi=100)
    described = describe(figure)
    assert is_bearable(described)
    assert described["png"].size < len(before.getvalue()) / 2
    picture = Image.open(io.BytesIO(described["png"].tobytes()))
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
