"""Grade a folder again whenever a file in it is saved: `python -m grader watch FOLDER`.

A warm judge waits. On saving, it grades the questions whose checks looked at that file, or at one
that imports it, in their last run. A newer save ends a round that is still running.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rich.console import Console, RenderableType
from rich.live import Live

from grader.batch.judge import warm_up
from grader.core.errors import UserError
from grader.core.report import QuestionReport
from grader.watch.rounds import SLOW, Check, Round, begin
from grader.watch.screen import GOOD, screen

LOOK = 50  # milliseconds between two looks for results and saves
CODE = (".py", ".ipynb")
SETTLED = 30  # milliseconds without a change, after which a save is complete


@dataclass
class Watched:
    """A folder, and what is known of it."""

    folder: Path
    seed: int
    arguments: list[str]
    questions: dict[str, QuestionReport] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)  # by node id
    slow: set[str] = field(default_factory=set)  # checks that once took long: see SLOW
    earlier: dict[str, float] = field(default_factory=dict)  # points before the last save
    waiting: set[str] | None = None  # files that no round has graded yet; None: all
    round: Round | None = None
    running: set[str] = field(default_factory=set)
    problem: str = ""

    def start(self) -> None:
        """Begin a round on all that was saved since the last one that came to its end."""
        if self.round:
            self.round.stop()
        tests = [] if self.waiting is None else self.concerned(self.waiting)
        self.running = {self.checks[test].question for test in tests} or {*self.questions}
        self.earlier = {id: each["earned"] for id, each in self.questions.items()}
        self.round = begin(self.folder, self.seed, self.arguments, tests, self.ranks())

    def ranks(self) -> dict[str, tuple[bool, bool, float]]:
        """Return a rank for each check: the lowest run first.

        Slow checks come last. Of the others, those of a question that lost points come first, for
        it is the one that is being mended; then those that depend on few files.
        """
        lost = {each.question for each in self.checks.values() if each.status not in GOOD}
        return {
            name: (name in self.slow, each.question not in lost, len(each.files) or math.inf)
            for name, each in self.checks.items()
        }

    def concerned(self, files: Iterable[str]) -> list[str]:
        """Return the checks of all questions that depend on one of these files.

        A check may use what an earlier one has measured, so the files are those of the question.
        """
        names = {PurePosixPath(file).name for file in files}
        used: dict[str, set[str]] = {}
        for check in self.checks.values():
            own = used.setdefault(check.question, set())
            own |= {PurePosixPath(file).name for file in check.files}
        found = {question for question, own in used.items() if not own or own & names}
        return [test for test, check in self.checks.items() if check.question in found]

    def save(self, files: set[str]) -> None:
        """Note that files were saved."""
        if self.waiting is not None:
            if not self.concerned(files):
                return
            self.waiting |= files
        self.start()

    def look(self) -> None:
        """Take in the results that are there."""
        while self.round and self.round.results.poll():
            try:
                message = self.round.results.recv()
            except EOFError:
                message = {"grade": None, "text": "The grader ended without a result."}
            if isinstance(message, dict):
                self.finish(message)
            else:
                test, check = message
                self.checks[test] = check
                if check.seconds > SLOW:  # of those that share a training, the first waits for it
                    self.slow.add(test)

    def finish(self, message: dict[str, object]) -> None:
        """Take in the grade at the end of a round."""
        grade = message["grade"]
        self.problem = "" if isinstance(grade, dict) else str(message["text"]).strip()[-500:]
        if isinstance(grade, dict):
            self.questions |= {each["id"]: each for each in grade["questions"]}
            order = list(self.questions)
            self.checks = dict(
                sorted(self.checks.items(), key=lambda item: order.index(item[1].question))
            )
            self.waiting = set()
        self.running = set()
        if self.round:
            self.round.stop()
            self.round = None

    def footer(self) -> str:
        """Return a line on what is going on."""
        if self.problem:
            return self.problem
        earned = sum(each["earned"] for each in self.questions.values())
        possible = sum(each["possible"] for each in self.questions.values())
        doing = "grading …" if self.round else "waiting for a save"
        return f"{earned:g} of {possible:g} points; {doing} (Ctrl-C ends)"


def run_watch(args: argparse.Namespace) -> int:
    """Grade again at each save, until Ctrl-C."""
    folder = args.path.resolve()
    if not folder.is_dir():
        raise UserError(f"{args.path} is no folder: name the one that you work in")
    arguments = [f"--exercise={name}" for name in args.exercise]
    arguments.append(f"--time-scale={args.time_scale}")
    console = Console()
    console.print(f"Starting to watch {args.path} …")
    with warm_up(), Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        watched = Watched(folder, args.seed, arguments)
        watched.start()
        try:
            for files in saves(folder):
                if files:
                    watched.save(files)
                watched.look()
                live.update(shown(watched), refresh=True)
        except KeyboardInterrupt:
            return 0
        finally:
            if watched.round:
                watched.round.stop()
    return 0


def shown(watched: Watched) -> RenderableType:
    """Return the screen."""
    questions = watched.questions.values()
    return screen(questions, watched.earlier, watched.checks, watched.running, watched.footer())


def saves(folder: Path) -> Iterator[set[str]]:
    """Yield the names of files that were saved, or an empty set after a moment without any.

    Raises:
        UserError: watchfiles is missing.
    """
    try:
        import watchfiles  # an extra
    except ImportError:
        raise UserError("watch needs an extra: pip install 'rnn-autograder[watch]'") from None
    for changes in watchfiles.watch(
        folder, debounce=SETTLED, step=SETTLED // 2,
        rust_timeout=LOOK, yield_on_timeout=True, raise_interrupt=True,
    ):  # fmt: skip
        yield {Path(path).name for _, path in changes if path.endswith(CODE)}
