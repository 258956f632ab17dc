"""The kit's own tests: warnings are errors, and one warm server serves all gradings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # reference/ is not installed

from grader.run import Run, run, warm  # noqa: E402 (after the path)

Grade = Callable[..., Run]


def pytest_configure(config: pytest.Config) -> None:
    # Here, not in pyproject.toml: a student's pytest shall not fail because a library warns.
    config.addinivalue_line("filterwarnings", "error")


@pytest.fixture(scope="session")
def grade() -> Iterator[Grade]:
    """``grade(path, *pytest_arguments, seed=1)`` grades a submission in this process."""

    def grade(path: Path, *arguments: str, seed: int = 1) -> Run:
        return run(path, seed=seed, arguments=arguments)

    with warm():
        yield grade
