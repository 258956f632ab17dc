"""Write docs/map.md's map of all modules: ``python -m tests.module_map``, or ``make map``.

Each line is the first line of a docstring: that of a room's ``__init__.py``, or of a module.
"""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conftest import ROOT

KIT = ROOT / "grader"
MAP = ROOT / "docs" / "map.md"
START, END = "```text\n", "```\n"
# The way of a submission; a room that is not listed comes after these.
ORDER = ("core", "submission", "bans", "checks", "sandbox", "worker", "reports", "batch")
BEFORE = """\
reference/             full solutions and written answers; figures/ draws the sheets' figures
student_template/      skeletons for students; generated from reference/
docs/                  guides
grader/
"""
EXERCISES = """\
  exercises/NAME/      one folder for each exercise; it needs only rubric.toml, probes.py, test_*.py
    rubric.toml          Questions and their points; who gives them, tests or a person
    handin.toml          Files that students hand in, and the rules for them
    test_*.py            The checks: test_lstm.py, test_train.py (accuracy at T=5), …
    oracle.py            Right answers: closed forms, in NumPy or float64
    probes*.py           Functions that run in the worker on a student's file, for a test
    mistakes*.py         Wrong formulas that students write, each with its id and its hint
    bans.py              What this exercise forbids
    given/               Files that the sheet hands out
  exercises/palindrome/   has more than others, among them:
    parameters/          Which parameter of a student's network is which matrix (`W_hh`, …)
    training.py          Run a training script and judge it (in the judge)
    training_trace.py    Notice zero_grad, backward, clipping and step, in their order
  exercises/given_rnn/    sheet 003's RNN and its oracle, which two exercises share
"""
AFTER = """\
tests/                 the kit's own: a file for each room or module
  faults/EXERCISE/     one mistake of a student per file, and the points that it must cost
  hostile/             one attack on the sandbox per file; hostile_course.py attacks a batch
  benchmarks/          measurements: speed in pairs, mutants, all fixtures graded at once
"""


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise SystemExit(f"{path}: a docstring should say what this module does")
    return docstring.partition("\n")[0].removesuffix(".")


def module_lines(folder: Path, indent: int) -> str:
    """Return a line for each module of a folder."""
    modules = [p for p in sorted(folder.glob("*.py")) if p.stem not in ("__init__", "conftest")]
    own = "".join(f"{' ' * indent}{p.name:<{25 - indent}}{first_line(p)}\n" for p in modules)
    inner = sorted(path.parent for path in folder.glob("*/__init__.py")) if folder != KIT else []
    return own + "".join(
        f"{' ' * indent}{f'{room.name}/':<{25 - indent}}{first_line(room / '__init__.py')}\n"
        + module_lines(room, indent + 2)
        for room in inner
    )


def module_map() -> str:
    """Return the map of the kit's folders, rooms and modules."""
    names = {path.parent.name for path in KIT.glob("*/__init__.py")} - {"exercises"}
    order = [room for room in ORDER if room in names] + sorted(names - set(ORDER))
    rooms = [
        f"  {f'{room}/':<21}{first_line(KIT / room / '__init__.py')}\n"
        + module_lines(KIT / room, indent=4)
        for room in order
    ]
    return BEFORE + "".join(rooms) + EXERCISES + module_lines(KIT, indent=2) + AFTER


def with_map(text: str) -> str:
    """Return the text of docs/map.md with its map made anew."""
    before, _, rest = text.partition(START)
    return before + START + module_map() + END + rest.partition(END)[2]


if __name__ == "__main__":
    MAP.write_text(with_map(MAP.read_text(encoding="utf-8")), encoding="utf-8")
