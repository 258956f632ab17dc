"""Networks for the figures of the reference are trained by workers, alike on any machine."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Generator, Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from reference.figures import interrupts, palindromes, parallel
from reference.palindrome.lstm import LSTM

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_networks_are_trained_alike_on_any_number_of_cores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = {
        (model, T, seed): palindromes.train_and_test((model, T, seed, 3))
        for model, T, seed in product(palindromes.CURVES, (2, 3), (0, 1))
    }
    for cores in 1, 3:
        monkeypatch.setattr(parallel, "cpu_count", lambda cores=cores: cores)
        accuracies, histories = palindromes.train_all((2, 3), seeds=2, steps=3)
        assert accuracies.shape == (3, 2, 2)
        for (i, model), (j, T), seed in product(
            enumerate(palindromes.CURVES), enumerate((2, 3)), (0, 1)
        ):
            accuracy, history = alone[model, T, seed]
            assert accuracies[i, j, seed] == accuracy
            assert (histories[model] == history) == (j == seed == 0)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "palindromes: training 12 networks, the longest first"
    assert len(lines) == 26
    assert re.fullmatch(r"12/12 .*, T = \d: accuracy 0\.\d{3} after 3 steps", lines[-1])


@pytest.mark.skipif(os.name == "nt", reason="no masks of signals")
def test_an_interrupt_waits_until_the_workers_have_started() -> None:
    caught: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    with interrupts.interrupts_deferred():
        os.kill(os.getpid(), signal.SIGINT)  # any thread may get it
        code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, []))"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert child.stdout == "True\n"
        assert not caught
    assert caught == [signal.SIGINT]
    signal.signal(signal.SIGINT, handler)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_end_when_nobody_waits_for_their_results() -> None:
    results = parallel.in_parallel(time.sleep, [0.0, 600.0])
    assert next(results) == (0.0, None)
    cast(Generator[object], results).close()
    assert multiprocessing.active_children() == []


def test_the_open_lstm_differs_in_its_start_only() -> None:
    options: dict[str, Any] = {
        "seq_length": 4,
        "input_dim": 1,
        "num_hidden": 3,
        "num_classes": 10,
        "batch_size": 2,
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        closed = LSTM(**options).state_dict()
        torch.manual_seed(0)
        opened = palindromes.OpenLSTM(**options).state_dict()
    assert opened.pop("b_f").tolist() == [1, 1, 1]
    closed.pop("b_f")
    assert opened.keys() == closed.keys()
    assert all(torch.equal(opened[name], closed[name]) for name in opened)


def test_every_question_for_a_person_has_an_answer_and_marking() -> None:
    rubrics = (ROOT / "grader/exercises").glob("*/rubric.toml")
    questions = [
        question
        for path in rubrics
        for question in tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    ]
    wanted = {row["id"]: row["points"] for row in questions if row["by"] == "person"}
    text = (ROOT / "reference" / "answers.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    answered = {}
    for section in sections:
        head = re.match(r"(\S+) .* \(([\d.]+) points?\)$", section, re.MULTILINE)
        assert head, section.splitlines()[0]
        answered[head[1]] = float(head[2])
        marks = section.split("**Marking**")[1]
        shares = [float(share) for share in re.findall(r"^- ([\d.]+): ", marks, re.MULTILINE)]
        assert sum(shares) == pytest.approx(float(head[2])), head[0]
    answered.pop("1.5b")  # tests give its points; the derivation stands here for the feedback
    assert answered == wanted
