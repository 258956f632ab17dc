"""Make a course in which hostile hand-ins of every kind stand beside honest ones.

    python -m tests.hostile_course FOLDER [HONEST [HOSTILE]]

The hostile ones want to end the batch, to be somebody else, to be taken for a formula, or to hold
up the others. They are meant to be graded with `OPTIONS`: a quick test of one question.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.synthetic import ROOT

OPTIONS = ["--exercise", "bptt_gradients", "-k", "test_linear and W_qh", "--time-scale", "0.1"]
FILE = "bptt_gradients.py"
ESCAPES = "\x1b]0;PWNED\x07\x1b[2J\x1b[31m"

Make = Callable[[Path], None]


def solution(number: int) -> str:
    """Return the right code of one student: no two are equal."""
    code = (ROOT / "reference" / FILE).read_text(encoding="utf-8")
    return f"{code}\n# submission {number}\n"


def packed(code: str, name: str = FILE) -> bytes:
    """Return a ZIP with one module."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), code)
    return data.getvalue()


def zipped(name: str | bytes, code: str = "x = 1\n") -> Make:
    """Return what makes a ZIP of this name, which may be no UTF-8."""
    return lambda folder: _write(folder, name, packed(code))


def raw(name: str | bytes, data: bytes) -> Make:
    return lambda folder: _write(folder, name, data)


def _write(folder: Path, name: str | bytes, data: bytes) -> None:
    Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(name)))).write_bytes(data)


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "Pipe-200001.zip")


def _sparse(folder: Path) -> None:
    _write(folder, "Sparse-200002.zip", b"PK\x03\x04")
    os.truncate(folder / "Sparse-200002.zip", 2**40)


def _closed(folder: Path) -> None:
    inner = folder / "Closed-200003" / "inner"
    inner.mkdir(parents=True)
    (inner.parent / FILE).write_text("x = 1\n")
    inner.chmod(0)


def _many(folder: Path) -> None:
    (folder / "Many-200004").mkdir()
    for number in range(20_001):
        (folder / "Many-200004" / f"{number}.py").touch()


def _deep(folder: Path) -> None:
    place = folder / "Deep-200005"
    for _ in range(60):
        place /= "d" * 50
    place.mkdir(parents=True)
    (place / FILE).write_text("x = 1\n")


def _loose(folder: Path) -> None:
    place = folder / f"Loose-200006{ESCAPES}"
    place.mkdir()
    for name in (f"a{ESCAPES}.zip", f"note{ESCAPES}.txt", "b.zip"):
        (place / name).write_bytes(packed("x = 1\n"))


def _dated(folder: Path) -> None:
    _write(folder, "Dated-200007.zip", packed("x = 1\n"))
    os.utime(folder / "Dated-200007.zip", (-(2**31), 2**33))


def _bomb(folder: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE, "x = 1\n")
        archive.writestr("zeros.npy", bytes(9 * 2**20))
    _write(folder, "Bomb-200008.zip", data.getvalue())


def _entries(folder: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number in range(40):
            info = zipfile.ZipInfo("x")
            info.filename = "\u0316\u0301" * 8_000 + f"{number}.py"
            archive.writestr(info, "x = 1\n")
    _write(folder, "Marks-200009.zip", data.getvalue())


def notebook(*cells: str) -> str:
    """Return the JSON of a notebook."""
    code = [{"cell_type": "code", "metadata": {}, "source": cell} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": code})


def _data(folder: Path) -> None:
    place = folder / "Data-200021"
    place.mkdir()
    (place / FILE).write_text("x = 1\n")
    (place / "data.txt").write_text("a," * 5 * 2**20)


NESTED = (
    "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(90)) + " " * 90 + "a;" * 50_000
)
CALLS = "".join(f"def f{i}():\n f{(i + 1) % 390}();{'f0();' * 60}\n" for i in range(390))

HOSTILE: list[Make] = [
    zipped("Lines-200020.zip", "x = '''" + "\n" * 2000 + " " * 6000 + "'''\n"),
    _data,
    raw("Nested-200022.zip", packed(notebook(NESTED), "a.ipynb")),
    raw("Calls-200023.zip", packed(notebook(CALLS, "f0()\n" * 4500), "a.ipynb")),
    raw("Slashes-200024.zip", packed(notebook("%run " + "-a " * 50_000 + "/" * 50_000), "a.ipynb")),
    zipped("Parts-200025.zip", "import " + "a." * 100_000 + "a\n"),
    zipped(b"J\xfcrgen M\xfcller.zip"),
    zipped(f"Terminal{ESCAPES}.zip"),
    zipped("x;=cmd|' calc'!A0;y.zip"),
    zipped("Anna D_Amico-2.zip"),
    zipped("Anna D_Amico.zip"),
    zipped("Honest-100001x Mallory.zip"),
    zipped("Honest-100001_5_assignsubmission_file_x.zip"),
    zipped("\u202egpj.exe" + "9" * 200 + ".zip"),
    zipped(" .zip"),
    zipped("<script>alert(1)<,script>.zip"),
    raw("Cut-200010.zip", packed(solution(0))[:300]),
    raw("Rar-200011.rar", b"Rar!"),
    _fifo,
    _sparse,
    _closed,
    _many,
    _deep,
    _loose,
    _dated,
    _bomb,
    _entries,
    zipped("Exits-200012.zip", "import os\nos._exit(0)\n"),
    zipped("Hangs-200013.zip", "while True:\n    pass\n"),
    zipped("Raises-200014.zip", f"raise BaseException({ESCAPES!r} + '=1+1')\n"),
    zipped("Kills-200015.zip", "import os\nos.kill(os.getppid(), 9)\n"),
    zipped("Memory-200016.zip", "x = bytearray(2**36)\n"),
    zipped("Prints-200017.zip", "while True:\n    print('x' * 10**6)\n"),
    zipped(
        "Disk-200018.zip",
        "import itertools, tempfile\n"
        "for i in itertools.count():\n"
        "    open(f'{tempfile.gettempdir()}/{i}', 'wb').write(bytes(10**7))\n",
    ),
    zipped(
        "Files-200019.zip",
        "import tempfile\nheld = []\nwhile True:\n    held.append(tempfile.TemporaryFile())\n",
    ),
]  # fmt: skip


def honest(folder: Path, count: int) -> list[str]:
    """Write right hand-ins, one under a name that a file can't bear; return the names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["Anna D’Amico", *(f"Honest-{100000 + number}" for number in range(1, count))]
    for number, name in enumerate(names[:count]):
        (folder / f"{name}.zip").write_bytes(packed(solution(number)))
    return names[:count]


def hostile(folder: Path, makes: Sequence[Make] = HOSTILE) -> None:
    """Add hostile hand-ins."""
    for make in makes:
        make(folder)


if __name__ == "__main__":
    place = Path(sys.argv[1])
    counts = [int(text) for text in sys.argv[2:]]
    honest(place, *(counts[:1] or [40]))
    hostile(place, HOSTILE[: counts[1]] if counts[1:] else HOSTILE)
