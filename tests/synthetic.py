"""Makes a course of synthetic submissions, each with the result that it must have.

    python -m tests.synthetic FOLDER [COUNT]      writes the ZIPs, prints what they must get

They are meant to be graded with ``-k SELECT``: two tests of question 1.6 that need no training.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SELECT = "test_lstm and test_equations"
FULL = 1.5  # points of these tests
LSTM = "palindrome/lstm.py"
Files = dict[str, str]


class Expected(NamedTuple):
    """The result that grading must give; ``incident`` is a status that some test must have."""

    status: str
    points: float = 0.0
    incident: str = ""


def sources(folder: str) -> Files:
    """Return the modules of the palindrome assignment in a folder of this repository."""
    found = sorted((ROOT / folder / "palindrome").glob("*.py"))
    return {f"palindrome/{path.name}": path.read_text(encoding="utf-8") for path in found}


def edited(old: str, new: str) -> Files:
    files = sources("reference")
    assert files[LSTM].count(old) == 1
    return files | {LSTM: files[LSTM].replace(old, new)}


def attacked(code: str) -> Files:
    return sources("reference") | {LSTM: code}


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("main.py", "")
        archive.writestr("zeros.npy", bytes(9 * 2**20))
    return data.getvalue()


def packed(files: Files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


# Each kind: its files or bytes, and what it must get.
KINDS: dict[str, tuple[Callable[[], Files | bytes], Expected]] = {
    "Reference": (lambda: sources("reference"), Expected("graded", FULL)),
    "Template": (lambda: sources("student_template"), Expected("graded")),
    "Sigmoid": (
        lambda: edited("g = torch.tanh(", "g = torch.sigmoid("),
        Expected("graded", 0.5),  # at the second sizes it is carried: counted once
    ),
    "Exits": (lambda: attacked("import os\nos._exit(0)\n"), Expected("graded", 0, "crashed")),
    "Cut": (lambda: packed(sources("reference"))[:3000], Expected("refused")),
    "Raises": (lambda: attacked("raise BaseException('<b>no</b>')\n"), Expected("graded")),
    "Patches": (
        lambda: (
            sources("student_template")
            | {
                LSTM: "import numpy\nnumpy.abs = lambda x: 0 * x\n"
                + sources("student_template")[LSTM]
            }
        ),
        Expected("graded"),
    ),
    "Outside": (lambda: {"../lstm.py": "", **sources("reference")}, Expected("refused")),
    "Text": (lambda: {"essay.txt": "words"}, Expected("refused")),
    "Part": (
        lambda: {f"part1/{name[11:]}": text for name, text in sources("reference").items()},
        Expected("graded", FULL),
    ),
    "Bomb": (bomb, Expected("refused")),
    "<script>alert(1)<,script>": (lambda: {"a.py": "x = 1\n"}, Expected("graded")),
    "=HYPERLINK": (lambda: b"not a ZIP", Expected("refused")),
}
SLOW: dict[str, tuple[Callable[[], Files | bytes], Expected]] = {
    "Hangs": (lambda: attacked("while True:\n    pass\n"), Expected("graded", 0, "timeout")),
}


def make(folder: Path, count: int, hanging: int = 0) -> dict[str, Expected]:
    """Write ``count`` ZIPs, the last ``hanging`` of which never end; what each must get.

    No two are equal: each has a comment of its own where it can.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [list(KINDS.items())[i % len(KINDS)] for i in range(count - hanging)]
    expected = {}
    for number, (kind, (content, result)) in enumerate(kinds + list(SLOW.items()) * hanging):
        made = content()
        if isinstance(made, dict):
            made = packed({n: f"{t}# submission {number}\n" for n, t in made.items()})
        student = f"{kind}-{100000 + number}"
        (folder / f"{student}.zip").write_bytes(made)
        expected[student] = result
    return expected


if __name__ == "__main__":
    for student, result in make(Path(sys.argv[1]), int((sys.argv[2:] or ["200"])[0])).items():
        print(student, *result)
