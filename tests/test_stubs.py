"""Libraries that a submission may import although they are not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest

from grader.core.spelling import STUBBED
from grader.worker import notes
from grader.worker.importing import StudentCode

SOURCE = """
import tqdm
import wandb
from torch.utils.tensorboard import SummaryWriter
from tqdm.auto import tqdm as bar, trange

writer = SummaryWriter("runs")
wandb.init(project="palindromes").config.update({"lr": 1})
seen = []
with bar(total=3) as total, writer:
    for i in bar(range(3), desc="training"):
        seen.append(i)
        total.update(1)
        total.set_postfix(loss=0.5)
        writer.add_scalar("loss", 0.5, i)
seen += [*trange(3, 5), *tqdm.tqdm([5])]
length = len(bar([1, 2]))
tqdm.tqdm.write("done")

steps = bar(total=7, desc="steps")
while steps.n < 4:
    steps.update(2)
counted = [steps.n, bar(range(4)).total]
counted.append(steps.total)
steps.update(5)
counted.append(steps.format_dict["n"])
assert writer.log_dir == "runs" and len(steps) == 7 and steps
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide all stubbed packages, as if none of them were installed."""
    real = PathFinder.find_spec

    def find_spec(name: str, *more: Any) -> object:
        return None if name in STUBBED and not more else real(name, *more)

    monkeypatch.setattr(PathFinder, "find_spec", find_spec)
    kept = {name: m for name, m in sys.modules.items() if name.partition(".")[0] in STUBBED}
    for name in kept:
        del sys.modules[name]
    yield
    sys.modules.update(kept)


@pytest.mark.usefixtures("bare")
def test_progress_and_logs_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SOURCE)
    notes.take()
    code = StudentCode(tmp_path)
    try:
        module = code.module("train.py")
    finally:
        code.close()
    assert module.seen == [0, 1, 2, 3, 4, 5]
    assert module.length == 2
    assert module.counted == [4, 4, 7, 9]
    assert any("wandb is not installed here" in note for note in notes.take())
    assert "wandb" not in sys.modules


@pytest.mark.usefixtures("bare")
def test_a_file_of_the_students_with_such_a_name_goes_first(tmp_path: Path) -> None:
    (tmp_path / "wandb.py").write_text("mine = True\n")
    (tmp_path / "train.py").write_text("import wandb\n")
    code = StudentCode(tmp_path)
    try:
        assert code.module("train.py").wandb.mine
    finally:
        code.close()


@pytest.mark.usefixtures("bare")
def test_other_libraries_are_missing_as_ever(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import laboratory\n")
    code = StudentCode(tmp_path)
    try:
        with pytest.raises(ModuleNotFoundError):
            code.module("train.py")
    finally:
        code.close()
