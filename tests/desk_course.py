"""Make a small course for the desk: students with PDFs of all kinds, notebooks, texts, nothing."""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pypdf
from PIL import Image, ImageDraw

from grader.batch.intake import hand_ins
from grader.batch.store import Store
from grader.core.rubric import read_rubric

NAMES = ["Anna-Müller", "Ben-Lee", "Cem-Öz", "Dao-Mai", "Eva-Heydt", "Fu-Bo", "Gil-Sá", "Hye-Kim"]
PERSON = [question for question in read_rubric() if question.exercise == "palindrome"]
SENTENCES = [
    "Momentum averages past gradients, so that steps along a valley add up.",
    "An adaptive rate divides by the root of the mean square of the gradient.",
    "Adam does both, and corrects the bias of its averages.",
    "Plain descent has one rate for all parameters and oscillates.",
    "The forget gate keeps the cell where it is near one.",
    "Gradients vanish as the product of the Jacobians shrinks.",
    "The figure shows accuracy against length for three seeds.",
    "A sigmoid is a soft switch between zero and one.",
]
# What students hand in, in turn.
KINDS = (
    "text", "scan", "60 pages", "broken", "JavaScript", "large", "password", "notebook", "code",
    "Markdown", "picture", "nothing",
)  # fmt: skip
SOURCE = "import torch\n\n\ndef train(steps: int) -> float:\n    return steps * 0.5\n"
SAME = "".join(f"# {question.id}\n\n{SENTENCES[0]}\n\n" for question in PERSON)
EVIL = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"


def pdf(
    pages: Sequence[Sequence[str]], padding: int = 0, password: str = "", js: str = ""
) -> bytes:
    """Return a PDF with lines of text on A4 pages.

    Args:
        pages: The lines of each page.
        padding: Bytes of a stream that nothing refers to.
        password: What opens it; empty for none.
        js: JavaScript to run when it is opened.
    """
    action = f"/OpenAction << /S /JavaScript /JS ({_escaped(js)}) >>" if js else ""
    objects = [f"<< /Type /Catalog /Pages 2 0 R {action} >>", ""]
    kids = []
    for lines in pages:
        said = "".join(f"({_escaped(line)}) Tj 0 -18 Td " for line in lines)
        stream = f"BT /F1 11 Tf 60 780 Td {said}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
            f"/Resources << /Font {font} >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    writer = pypdf.PdfWriter(io.BytesIO(_written(objects)))
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    if padding:
        stream_object = pypdf.generic.DecodedStreamObject()
        stream_object.set_data(random.Random(1).randbytes(1 << 16) * (padding >> 16))
        writer._add_object(stream_object)
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _written(objects: Sequence[str]) -> bytes:
    text, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer\n<< /Root 1 0 R /Size {len(objects) + 1} >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode("latin-1")


def answer_lines(seed: int, question: str, title: str) -> list[str]:
    """Return a heading and an answer of a few sentences."""
    chosen = random.Random(f"{seed} {question}").sample(SENTENCES, 4)
    return [f"{question} {title}", "", *chosen, ""]


def report(seed: int, *, pages: int = 3, **options: Any) -> bytes:
    """Return a report that answers all written questions of the exercise, on some pages."""
    sheets: list[list[str]] = [[f"Report {seed}", "", "Contents"]]
    for question in PERSON:
        sheets[0].append(f"{question.id.partition('-')[0]} {question.title} ........ 2")
    while len(sheets) < pages - 1:
        sheets.append(["More about the derivation."] * 20)
    body = [
        line
        for question in PERSON
        for line in answer_lines(seed, question.id.partition("-")[0], question.title)
    ]
    sheets += [body[start : start + 40] for start in range(0, len(body), 40)]
    return pdf(sheets, **options)


def scanned() -> bytes:
    """Return a PDF that is a photograph of a page."""
    image = Image.new("RGB", (1240, 1754), "#f4f0e8")
    pen = ImageDraw.Draw(image)
    for row in range(30):
        pen.line([(120, 150 + 50 * row), (1100, 140 + 50 * row + row % 7)], fill="#334", width=4)
    data = io.BytesIO()
    image.save(data, "PDF", resolution=150)
    return data.getvalue()


def png(colour: str = "teal") -> bytes:
    """Return a small picture."""
    data = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(data, "PNG")
    return data.getvalue()


def notebook(seed: int) -> bytes:
    """Return a notebook with written answers, formulas, code, an output and a hostile cell."""
    picture = base64.b64encode(png()).decode()
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "markdown",
            "metadata": {},
            "source": f"# Report\n\n{EVIL}\n\n[x](javascript:alert(1))",
        }
    ]
    for question in PERSON:
        lines = answer_lines(seed, question.id.partition("-")[0], question.title)
        formula = r"$$\frac{\partial L}{\partial W} = \sum_t \delta_t h_{t-1}^\top$$"
        text = f"## {lines[0]}\n\n{' '.join(lines[2:])}\n\n{formula}"
        cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
    output = {
        "output_type": "display_data",
        "data": {"image/png": picture, "text/html": EVIL},
        "metadata": {},
    }
    cells.append(
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": SOURCE,
            "outputs": [
                output,
                {"output_type": "stream", "name": "stdout", "text": "done\n" + EVIL},
            ],
        }
    )
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def files_of(number: int, *, large: int = 0) -> Mapping[str, bytes]:
    """Return what the student of this number hands in; every kind comes in turn.

    Args:
        number: Whose files.
        large: Bytes of the large PDF.
    """
    if number % len(KINDS) == KINDS.index("nothing"):
        return {}
    name = NAMES[number % len(NAMES)]
    source = {"code/train.py": SOURCE.encode()}
    kinds: list[Callable[[], Mapping[str, bytes]]] = [
        lambda: {f"report-{name}.pdf": report(number)},
        lambda: {f"scan-{name}.pdf": scanned()},
        lambda: {"report.pdf": report(number, pages=60)},
        lambda: {"report.pdf": report(number)[:700]},
        lambda: {"report.pdf": report(number, js="app.alert('hi')")},
        lambda: {"report.pdf": report(number, padding=large if number == 5 else 0)},
        lambda: {"report.pdf": report(number, password="secret")},
        lambda: {"work.ipynb": notebook(number)},
        lambda: {},
        lambda: {"answers.md": SAME.encode()},
        lambda: {"plot.png": png("orange"), "report.pdf": report(3)},  # the same as others
    ]
    return source | dict(kinds[number % len(KINDS)]())


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def a_result(number: int) -> dict[str, Any]:
    """Return a result of tests with points for the automatic questions."""
    questions = [
        {
            "id": question.id,
            "title": question.title,
            "earned": 0.0 if question.by == "person" else question.points / 2,
            "possible": question.points,
            "status": "pending" if question.by == "person" else "partly passed",
        }
        for question in PERSON
    ]
    failure = {
        "what": f"The logits should match the equations. {EVIL}",
        "expected": "[0.1, 0.2]",
        "got": "[0.3, 0.4]",
        "where": "train.py, line 3",
        "hint": "g has a sigmoid; it should have tanh.",
        "mistake": "sigmoid_gate",
        "subject_of": [],
        "status": "failed",
        "traceback": "",
        "kit_traceback": "",
        "output": "",
    }
    figure = {"title": "Loss", "png": base64.b64encode(png()).decode()}
    check = {
        "title": "The logits of the network",
        "question": "1.6",
        "points": 4.0,
        "earned": 2.0,
        "status": "failed" if number % 2 else "passed",
        "hint": "",
        "mistake": "",
        "seed": 1,
        "failure": failure if number % 2 else None,
        "repeat": "",
        "figures": [figure],
    }
    return {
        "seed": 1,
        "duration": 1.0,
        "notices": [],
        "grade": {"earned": 4.0, "possible": 8.5, "pending": 7.5, "questions": questions},
        "tests": [{"nodeid": f"test_{number}", "metadata": check}],
        "batch": {"status": "graded", "message": "", "remarks": []},
    }


def a_course(
    folder: Path, size: int, *, large: int = 0, only: str = "", names: Sequence[str] = NAMES
) -> Path:
    """Write a download, and the results that a batch leaves of it; return the folder of results.

    Args:
        folder: Where to write both.
        size: How many students.
        large: Bytes of the large PDF.
        only: "report" gives everybody a report as a PDF.
        names: What students are called, in turn.
    """
    download = folder / "download"
    download.mkdir(parents=True)
    for number in range(size):
        name = f"{names[number % len(names)]}-{100000 + number}"
        files = {"report.pdf": report(number)} if only else files_of(number, large=large)
        (download / f"{name}.zip").write_bytes(zipped(files))
    store = Store(folder / "out")
    store.create()
    with hand_ins(download) as (found, _):
        for number, participant in enumerate(store.begin(1, found, download)):
            store.save(participant, "", json.dumps(a_result(number)).encode())
    return folder / "out"
