"""Set up a grading run: open the submission, start the sandbox, order the tests.

Loaded by ``grader/conftest.py``, so ``pytest grader`` is all that anybody needs to type.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest

from grader.core.course import course
from grader.core.errors import UserError
from grader.core.reading_limit import limited
from grader.core.rubric import read_rubric
from grader.github_actions import GitHubActions
from grader.in_process import InProcess
from grader.junit import JUnit
from grader.options import submission_of
from grader.sandbox.isolation import chosen_lock
from grader.sandbox.limits import Account
from grader.sandbox.processes import Launcher, launcher
from grader.session import Grading
from grader.submission.snapshot import open_submission
from grader.timing import follow

# Whoever grades many submissions hands in one launcher for all of them: see api.py.
SHARED_LAUNCHER: list[Launcher] = []


def probe_modules() -> list[str]:
    """Return the modules that workers run: ``probes*.py`` of every exercise."""
    files = sorted(course().exercises.glob("*/probes*.py"))
    return [f"grader.exercises.{path.parent.name}.{path.stem}" for path in files]


def pytest_configure(config: pytest.Config) -> None:
    """Register our marker and start a grading session."""
    config.addinivalue_line(
        "markers",
        "question(id, share='0', required=False): the question that a test belongs to, the "
        "share of its points that it earns, and whether failing it takes the whole question",
    )
    if config.option.help or config.option.collectonly:
        return
    if getattr(config.option, "dist", "no") != "no":  # pytest-xdist's; no process would see all
        raise pytest.UsageError(
            "a submission is graded by one process: leave -n out "
            "(for many submissions at a time there is: python -m grader batch)"
        )
    try:
        lock = chosen_lock(config.getoption("isolation"), config.getoption("limit"))
        with limited():
            submission = open_submission(
                submission_of(config), snapshot=not config.getoption("in_process")
            )
    except UserError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(submission.close)
    if config.getoption("in_process"):
        grading = Grading(config, submission, InProcess, "none (--in-process)")
    else:
        start = partial(_launcher(config).start, lock=lock, account=Account(lock.limits))
        grading = Grading(config, submission, start, lock.level, for_others=bool(SHARED_LAUNCHER))
    import torch  # not above: see freeze_torch

    torch.set_num_threads(1)  # the oracles' arrays are small, and sums keep their order
    config.add_cleanup(grading.student_handle.close)
    config.pluginmanager.register(grading, "rnn-autograder")
    follow(config, lambda: grading.student_handle.spent)
    config.pluginmanager.register(JUnit(config, grading.results, grading.grade))
    if os.environ.get("GITHUB_ACTIONS") == "true" and not SHARED_LAUNCHER:
        folder = submission.source if submission.source.is_dir() else submission.source.parent
        config.pluginmanager.register(GitHubActions(grading.results, grading.grade, folder))


def _launcher(config: pytest.Config) -> Launcher:
    """Return the launcher that all runs share, or else one that ends with this run."""
    if SHARED_LAUNCHER:
        return SHARED_LAUNCHER[-1]
    start = launcher(probe_modules())
    config.add_cleanup(start.close)
    freeze_torch()
    return start


def freeze_torch() -> None:
    """Import torch now, while the warm server that was just started does so, too.

    Its heap is large, and collecting garbage goes through it again and again, while it is built as
    at pytest's end.
    """
    gc.disable()
    importlib.import_module("torch")
    gc.freeze()
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders of exercises that were not asked for."""
    chosen = config.getoption("exercise")
    if chosen and collection_path.parent == course().exercises and collection_path.is_dir():
        return collection_path.name not in chosen or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Check the tests of exercises against the rubric, and run them in its order."""
    if session.testsfailed:
        return  # a file could not be read: pytest says so, and runs nothing
    known = [question.id for question in read_rubric() if question.by == "tests"]
    places = {}
    shares: dict[str, Fraction] = {}
    for item in items:
        marker = item.get_closest_marker("question")
        if not item.path.is_relative_to(course().exercises):
            continue
        if marker is None or marker.kwargs.get("id") not in known:
            raise pytest.UsageError(
                f"{item.nodeid}: mark it with @pytest.mark.question(id=…, share=…), "
                "with an id that stands in its exercise's rubric.toml as one for tests"
            )
        question = marker.kwargs["id"]
        places[item] = known.index(question)
        shares[question] = shares.get(question, Fraction(0)) + Fraction(
            marker.kwargs.get("share", "0")
        )
    check_shares(shares, is_whole=all("::" not in argument for argument in config.args))
    places_given = [(config.invocation_params.dir / each).resolve() for each in config.args]
    if all(course().exercises.is_relative_to(place) for place in places_given):
        check_tested({*shares}, config.getoption("exercise"))
    items.sort(key=lambda item: places.get(item, -1))


def check_tested(tested: Collection[str], exercises: Collection[str]) -> None:
    """Raise UsageError if a question of these exercises (all, if none is named) has no test."""
    for question in read_rubric():
        is_asked = not exercises or question.exercise in exercises
        if is_asked and question.by == "tests" and question.id not in tested:
            raise pytest.UsageError(
                f"question {question.id} of {question.exercise} has no test: write one, or let a "
                'person give its points (by = "person" in rubric.toml)'
            )


def check_shares(shares: Mapping[str, Fraction], *, is_whole: bool) -> None:
    """Raise UsageError unless the shares of each question's tests sum to one.

    Args:
        shares: The sum of all collected tests, by question.
        is_whole: Whether all tests of these questions were collected; else less than one is fine.
    """
    for question, total in shares.items():
        if total > 1 or (is_whole and total < 1):
            raise pytest.UsageError(
                f"the tests of question {question} share {total} of its points: it should be 1"
            )
