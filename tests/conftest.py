"""The kit's own tests: warnings are errors, and one warm server serves all gradings."""

from __future__ import annotations

import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # reference/ is not installed

from grader.api import Run, run, warm  # noqa: E402
from grader.bans import runtime  # noqa: E402 (after the path)
from tests.downloads import OPEN  # noqa: E402
from tests.stub_judges import Judges, install  # noqa: E402

if TYPE_CHECKING:
    from tests.desk_client import Client

Grade = Callable[..., Run]


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("GITHUB_ACTIONS", None)  # gradings of tests are none of the workflow's
    # Here, not in pyproject.toml: a student's pytest shall not fail because a library warns.
    config.addinivalue_line("filterwarnings", "error")


# Fixtures that tell what a test starts; `make check` leaves those tests out.
MARKS = {"grade": "grading", "judges": "grading", "server": "sandbox"}


# Of these tests a run of the whole folder tries every twelfth case, always the same: together they
# take most of the time. `--all`, a file's name or -k runs all.
SAMPLED = {"test_fault", "test_attack"}
# These build environments of their own, which takes minutes.
LONG = {"test_dist.py"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run every fault and attack")


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by the fixtures that it uses, and take a sample of faults and attacks."""
    is_chosen = config.option.keyword or any(".py" in argument for argument in config.args)
    if not (config.option.all or is_chosen):
        left = [item for item in items if is_left_out(item)]
        items[:] = [item for item in items if not is_left_out(item)]
        config.hook.pytest_deselected(items=left)
    for item in items:
        for fixture in MARKS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARKS[fixture])


def is_left_out(item: pytest.Item) -> bool:
    """Return whether a run of the whole folder leaves this case out."""
    name, _, case = item.name.partition("[")
    is_sampled_out = name in SAMPLED and bool(zlib.crc32(case.encode()) % 12)
    return is_sampled_out or item.path.name in LONG


@pytest.fixture(scope="session")
def grade() -> Iterator[Grade]:
    """``grade(path, *pytest_arguments, seed=1)`` grades a submission in this process."""

    def grade(path: Path, *arguments: str, seed: int = 1) -> Run:
        return run(path, seed=seed, arguments=arguments)

    with warm():
        yield grade


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return the graded course of four students that tests of the desk mark."""
    from tests.desk_course import a_course  # here, because few tests need it

    return a_course(tmp_path, 4)


@pytest.fixture
def ann(out: Path) -> Iterator[Client]:
    """Open the desk on it."""
    from tests.desk_client import desk

    with desk(out) as client:
        yield client


@pytest.fixture
def ben(ann: Client, out: Path) -> Iterator[Client]:
    """Open a second desk on the same folder, for somebody else."""
    from tests.desk_client import desk

    del ann
    with desk(out, person="Ben") as client:
        yield client


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close the downloads that a test has listed."""
    yield
    OPEN.close()


@pytest.fixture(autouse=True)
def torch_defaults() -> Iterator[None]:
    """Undo what a test's code sets for all of torch, such as the default precision."""
    yield
    if "torch" in sys.modules:
        import torch

        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what looks at what runs in this process: threads that other tests left count as ours."""
    monkeypatch.setattr(runtime, "_OWN_THREADS", runtime._live_threads())


# Of tests/hostile: here, because with several processes only this file is read by the first.
ATTACKS: dict[str, bool] = {}  # attack → whether it had any effect


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "test_attack[" in report.nodeid and (report.when == "call" or report.failed):
        name = report.nodeid.split("[", 1)[1].removesuffix("]")
        ATTACKS[name] = ATTACKS.get(name, False) or report.failed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if ATTACKS:
        effective = [name for name, worked in ATTACKS.items() if worked]
        terminalreporter.write_line(
            f"hostile: {len(ATTACKS)} attacks tried, {len(effective)} had any effect"
            + "".join(f"\n  {name}" for name in effective)
        )


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch) -> Judges:
    """Stubs in the place of judge processes."""
    return install(monkeypatch)


@pytest.fixture
def snapshots(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of every snapshot of a test; it is empty when all are closed."""
    folder = tmp_path_factory.mktemp("snapshots")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
