"""Time the same small assignment in plain pytest, in other graders, and in this kit.

    make bench          or: python -m tests.benchmarks.peers [ROUNDS]

The assignment is a step of an RNN with its gradient, in NumPy, with five checks. Each grader gets
an environment in .venv/peers, with the versions of constraints.txt. In every round each grades one
submission and then ten, so that a slow moment of the machine strikes all alike. Printed are
medians, least and most, as a Markdown table. A grader that can't be installed, or doesn't tell
right from wrong, says so in its row.
"""

from __future__ import annotations

import datetime
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PINS = HERE / "constraints.txt"
MANY = 10
RIGHT = (HERE / "rnn.py").read_text(encoding="utf-8")
WRONG = RIGHT.replace("delta * (1 - step(W, b, x, h) ** 2)", "delta")  # tanh' is forgotten


class Failed(Exception):
    """A grader can't be installed, or doesn't grade."""


class Peer(NamedTuple):
    """A grader.

    Attributes:
        package: To install; the kit itself is there.
        folder: Of its tests, in this folder.
        place: Where student code runs.
        command: Grades the submission in the current folder; the tests are in ``{work}``.
        full: A pattern that stands in its output once for each submission with all points.
        prepare: Runs once, before.
        many: Grades all ten; without it, ``command`` runs ten times.
    """

    package: str
    folder: str
    place: str
    command: str
    full: str
    prepare: str = ""
    many: str = ""


JUDGES = "the judge's process"
KIT = "rnn-autograder"
BATCH = "-m grader batch {work}/submissions -o {work}/results -j 1 --course {work}"
PEERS = (
    Peer("pytest", "plain", JUDGES, "-m pytest -q {work}/step_checks.py", "5 passed"),
    Peer("gradescope-utils", "gradescope", JUDGES, "{work}/run_tests.py", r'(?m)^    "score": 5'),
    Peer("unitgrade", "unitgrade", JUDGES, "{work}/report.py", r"(?m)^Total +5/5$"),
    Peer(
        "otter-grader[grading]",
        "otter",
        "a Jupyter kernel, with the tests",
        "-m otter run --no-logo -a {work}/autograder.zip rnn.py",
        "Total Score: 5",
        prepare="-m otter generate -t tests",
    ),
    Peer(
        KIT,
        "kit",
        "a locked process of its own",
        "-m grader check . --course {work}",
        r'5 of 5 automatic points|"graded","5","5",',
        many=BATCH,
    ),
)


class Bench:
    """A grader with its environment and its tests, ready to grade."""

    def __init__(self, peer: Peer, work: Path) -> None:
        self.peer, self.work = peer, work
        self.python, place = sys.executable, work / "exercises" / "rnn_step"
        if peer.package != KIT:
            self.python, place = environment(peer), work
        shutil.copytree(HERE / peer.folder, work)
        shutil.copytree(HERE / "shared", place, dirs_exist_ok=True)
        self.folders = [work / "submissions" / f"student-{i}" for i in range(MANY)]
        if peer.prepare:
            self.run(peer.prepare, work)
        for solution, count in ((WRONG, 0), (RIGHT, 1)):
            for folder in self.folders:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "rnn.py").write_text(f"{solution}# {folder.name}\n", encoding="utf-8")
            self.timed(self.folders[:1], peer.command, count)
        self.one: list[tuple[float, float]] = []
        self.ten: list[tuple[float, float]] = []

    def measure(self) -> None:
        """Grade one submission, and then ten."""
        many, folders = self.peer.many, self.folders
        self.one.append(self.timed(folders[:1], self.peer.command, 1))
        self.ten.append(self.timed([self.work] if many else folders, many or self.peer.command))
        shutil.rmtree(self.work / "results", ignore_errors=True)

    def timed(self, folders: list[Path], command: str, full: int = MANY) -> tuple[float, float]:
        """Return seconds, wall and processor, of a command in these folders, one after another."""
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        said = "".join(self.run(command, folder) for folder in folders)
        wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        said += "".join(table.read_text() for table in self.work.glob("results/grades.csv"))
        if len(re.findall(self.peer.full, said)) != full:
            raise Failed(f"full points should go to {full} of {len(folders)}: {said[-80:]!r}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def run(self, command: str, folder: Path) -> str:
        """Return what a command prints in a folder."""
        path = [ROOT] if self.peer.package == KIT else [self.work, folder]
        own = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # users don't set it
        arguments = command.format(work=self.work).split()
        return output([self.python, *arguments], cwd=folder, env=own)


def environment(peer: Peer) -> str:
    """Return the Python of a grader's environment, which is made if need be."""
    home, pins = ROOT / ".venv" / "peers" / peer.folder, PINS.read_text(encoding="utf-8")
    python, stamp = str(home / "bin" / "python"), home / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != pins:
        output([sys.executable, "-m", "venv", "--clear", str(home)])
        output([python, "-m", "pip", "install", "-q", "-c", str(PINS), peer.package, "numpy"])
        stamp.write_text(pins, encoding="utf-8")
    return python


def output(command: list[str], **options: Any) -> str:
    """Return what a command prints; 1 is the exit status of some graders for lost points."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode not in (0, 1) or (done.returncode and "install" in command):
        raise Failed(((done.stderr or done.stdout).strip().splitlines() or ["no output"])[-1])
    return done.stdout


def row(peer: Peer, found: Bench | Failed) -> str:
    """Return a grader's row of the table."""
    name = peer.package.partition("[")[0]
    if isinstance(found, Failed):
        return f"| {name} | not measured: {found} ||||||"
    version = f"from importlib.metadata import version; print(version({name!r}), end='')"
    columns: list[Sequence[float]] = [*zip(*found.one, strict=True), *zip(*found.ten, strict=True)]
    columns.append(
        [(ten - one) / (MANY - 1) for one, ten in zip(columns[0], columns[2], strict=True)]
    )
    cells = " | ".join(map(cell, columns))
    return f"| {name} {output([found.python, '-c', version])} | {cells} | {peer.place} |"


def cell(values: Sequence[float]) -> str:
    """Return the median, with the least and the most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    found: dict[Peer, Bench | Failed] = {}
    with tempfile.TemporaryDirectory() as folder:
        for peer in PEERS:
            try:
                found[peer] = Bench(peer, Path(folder, peer.folder))
            except Failed as failed:
                found[peer] = failed
        for _ in range(rounds):
            for peer, bench in found.items():
                try:
                    if isinstance(bench, Bench):
                        bench.measure()
                except Failed as failed:
                    found[peer] = failed
    print(
        f"{datetime.date.today()}, {platform.platform()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f}; medians of {rounds} rounds "
        "(least to most), seconds.\n\n"
        "| grader | one: wall | CPU | ten: wall | CPU | each further one | student code runs in |\n"
        "|---|---|---|---|---|---|---|"
    )
    print(*(row(*pair) for pair in found.items()), sep="\n")


if __name__ == "__main__":
    main()
