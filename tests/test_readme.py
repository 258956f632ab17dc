"""Everything that README.md and docs/ tell people to type exists."""

from __future__ import annotations

import re
import shlex

import pytest

from grader.__main__ import PROGRAM, parse, parser
from grader.core.paths import KIT
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

GUIDES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("examples/*/README.md")),
]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in GUIDES)
LINES = [
    line.split("  #")[0].split(" # ")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
INLINE = [
    code
    for code in re.findall(r"`([^`\n]+)`", TEXT)
    if code.startswith(("pytest", "python", "rnn-autograder"))
]


def commands(start: str) -> list[str]:
    return sorted({line for line in LINES + INLINE if line.startswith(start)})


@pytest.mark.parametrize("command", commands("pytest grader"))
def test_pytest_commands(command: str) -> None:
    words = shlex.split(command)[2:]
    options = [str(KIT), *words, "--collect-only", "-q"]
    assert pytest.main(options) == 0


@pytest.mark.parametrize("command", commands("python -m grader ") + commands("rnn-autograder "))
def test_grader_commands(command: str) -> None:
    name, *words = shlex.split(command.removeprefix("python -m grader").removeprefix(PROGRAM))
    assert name in parser().format_help()
    if words and "--help" not in words:
        assert parse([name, *words]).command == name


@pytest.mark.parametrize("command", commands("make "))
def test_make_targets(command: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{shlex.split(command)[1]}:", makefile, re.MULTILINE)


def test_continuous_integration_runs_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    ran = [
        line for line in script.splitlines() if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert ran
    assert set(ran) <= set(commands("make "))


def test_links_of_the_guides() -> None:
    for guide in GUIDES:
        for target in re.findall(
            r"\]\(([^)#:]+?)(?:#[\w-]*)?\)", guide.read_text(encoding="utf-8")
        ):
            assert (guide.parent / target).exists(), f"{guide.name}: {target}"


def test_shape_of_the_report() -> None:
    assert (
        "`{earned, possible, pending, questions: [{id, title, earned, possible, status}]}`" in TEXT
    )
