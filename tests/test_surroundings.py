"""Test what a worker gives to student code: devices, compilers, backends, folders of its own."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.core.failures import Failure
from grader.exercises.palindrome import probes_handout
from grader.plugin import probe_modules
from grader.sandbox import isolation, processes
from grader.sandbox.isolation import Lock
from grader.sandbox.processes import Launcher, launcher
from grader.sandbox.student import Student
from grader.submission.snapshot import open_submission

pytestmark = pytest.mark.sandbox

HONEST = "\ndef lstm_parameter_count(n):\n    return n\n"
GPU = """
    import torch
    from torch import nn, zeros, randn_like

    cuda = torch.device("cuda:0")
    network = nn.Linear(2, 2).to("cuda").cuda()
    x = torch.zeros(2, device="mps") + zeros(2, device=cuda).to(cuda, torch.float32) + x_like \\
        if (x_like := randn_like(torch.ones(2), device="cuda")) is not None else None
    y = network(x.cuda(0)).type(torch.cuda.FloatTensor) + torch.cuda.FloatTensor([1, 2])
    y = nn.Linear(2, 2).to(0)(torch.zeros(2, device=0).to(0, torch.float32)).to(device=0)
    with cuda:
        assert torch.zeros(1).device.type == "cpu"
    torch.set_default_device("cuda")
    torch.set_default_tensor_type("torch.cuda.FloatTensor")
    torch.cuda.set_device(0)
    torch.cuda.synchronize()
    torch.cuda.manual_seed_all(1)
    draw = torch.rand(2, generator=torch.Generator(device="cuda").manual_seed(1), device="cuda")
    assert isinstance(torch.default_generator, torch.Generator)
    torch.save(network.state_dict(), "weights.pt")
    network.load_state_dict(torch.load("weights.pt", map_location="cuda:0"))
    assert not torch.cuda.is_available()
    assert y.device == torch.device("cpu") and not y.is_cuda
"""
SLOW = """
    import time
    from pathlib import Path

    time.sleep(1.5)
    assert not (Path(__file__).parents[2] / "stack.txt").read_text()
"""
COMPILED = """
    import torch
    from torch import nn

    @torch.compile
    def one(x): return x + 1

    @torch.compile(mode="reduce-overhead", fullgraph=True)
    def two(x): return x + 2

    @torch.jit.script
    def three(x):
        return x + torch.zeros(1) + 3

    network = nn.Linear(1, 1)
    assert torch.compile(network) is network
    network.compile(dynamic=True)
    assert one(torch.ones(1)) == 2 and two(torch.ones(1)) == 3 and three(torch.ones(1)) == 4
"""
STEPS = """
    import sys, torch

    for make in torch.optim.SGD, torch.optim.Adam, torch.optim.RMSprop, torch.optim.Adagrad:
        w = torch.ones(2, requires_grad=True)
        optimizer = make([w], lr=0.1)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
        (w * w).sum().backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        assert w[0] < 1
    w = torch.ones(2, requires_grad=True)
    (2 * w).backward(torch.ones(2))
    try:
        (2 * w).backward(torch.ones(3))
    except RuntimeError as error:
        assert "Mismatch in shape" in str(error)
    else:
        raise AssertionError("a gradient of another shape was taken")
    assert not {"torch._dynamo.utils", "sympy"} & {*sys.modules}
"""
ASKED = """
    import torch

    from torch.fx.experimental.symbolic_shapes import ShapeEnv, sym_eq

    assert ShapeEnv and sym_eq((2, 3), (2, 3))
    assert torch._dynamo.config.suppress_errors in (True, False)
    import torch._dynamo
    import torch._dynamo.utils
    assert torch._dynamo.is_compiling() is False
    w = torch.ones(2, requires_grad=True)
    (w * w).sum().backward()
    torch.optim.SGD([w], lr=0.1).step()
    assert w[0] < 1
"""
DRAWN = """
    import matplotlib
    matplotlib.use("TkAgg")
    import matplotlib.pyplot as plt
    plt.switch_backend("QtAgg")
    plt.plot([1, 2])
    plt.savefig("drawn.png")
    assert matplotlib.get_backend().lower() == "agg"
"""
FOLDERS = """
    import os, pathlib

    here = pathlib.Path(__file__).parent
    assert here == pathlib.Path.cwd() and pathlib.Path("data.txt").read_text() == "1 2 3"
    for plots in (here / "plots", here.parent / "results"):
        plots.mkdir(exist_ok=True)
        (plots / "a.txt").write_text("x")
    os.makedirs("runs/1")
    (here / "other.py").write_text("raise SystemExit('changed by another file')")
    (here / "data.txt").write_text("changed")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    server = launcher(probe_modules())
    yield server
    server.close()


@pytest.fixture
def run(server: Launcher, tmp_path: Path) -> Iterator[Callable[[str], Student]]:
    """``run(source)`` imports it in a worker as part1/one.py, and returns the handle."""
    opened: list[Any] = []

    def run(source: str) -> Student:
        folder = tmp_path / "submission" / "part1"
        folder.mkdir(parents=True)
        (folder / "one.py").write_text(textwrap.dedent(source) + HONEST)
        (folder / "other.py").write_text(HONEST)
        (folder / "data.txt").write_text("1 2 3")
        submission = open_submission(folder.parent)
        lock = Lock(isolation.available())
        handle = Student(submission, lambda root: server.start(root, lock))
        opened.extend((handle, submission))
        assert ask(handle) == [3]
        return handle

    yield run
    for each in opened:
        each.close()


def ask(handle: Student, file: str = "one.py") -> Any:
    return handle.run(probes_handout.parameter_count, file, cases=[{"n": 3}])["counts"]


def test_absent_devices_are_the_cpu(run: Callable[[str], Student]) -> None:
    handle = run(GPU)
    assert any("should choose the device where it runs" in note for note in handle.notes)
    assert all(note.startswith("part1/one.py: ") for note in handle.notes)


def test_code_that_asks_for_a_gpu_first_is_left_alone(run: Callable[[str], Student]) -> None:
    handle = run("import torch\nd = torch.device('cuda' if torch.cuda.is_available() else 'cpu')")
    assert not handle.notes


def test_compilers_give_back_what_they_are_given(run: Callable[[str], Student]) -> None:
    run(COMPILED)


@pytest.mark.parametrize("source", [STEPS, ASKED], ids=["optimizers", "asked for"])
def test_the_compiler_is_imported_only_where_it_is_asked_for(
    run: Callable[[str], Student], source: str
) -> None:
    """It takes as long to import as torch, and every optimizer would."""
    run(source)


def test_figures_are_drawn_without_windows(run: Callable[[str], Student]) -> None:
    run(DRAWN)


def test_folders_beside_a_file_may_be_written_to(run: Callable[[str], Student]) -> None:
    handle = run(FOLDERS)
    assert ask(handle, "other.py") == [3], "another file's worker has sources of its own"
    names = {path.name for path in Path(handle.submission.root).rglob("*")}
    assert names <= {"part1", "one.py", "other.py", "data.txt"}, "the snapshot is as it was"


@pytest.mark.parametrize(
    ("source", "said"), [("breakpoint()", "--in-process"), ("input('n? ')", "nobody types")]
)
def test_code_that_asks_somebody_is_told_where_it_can(
    run: Callable[[str], Student], source: str, said: str
) -> None:
    with pytest.raises(Failure) as raised:
        run(source)
    assert said in str(raised.value)
    assert raised.value.where.startswith("part1/one.py, line ")
    assert "rnn-autograder" not in raised.value.output, "paths are the student's"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("def wait():\n    while True: pass\nwait()\n", 2),
        ("import time\n\ntime.sleep(99)\n", 3),
        ("x = (9 ** (9 ** 8)) % 7\n", 1),  # hangs in C and keeps the interpreter to itself
        ("import torch\nx = torch.ones(300, 300)\nwhile True:\n    x @ x\n", 4),
    ],
)
def test_a_timeout_names_the_line(
    run: Callable[[str], Student], monkeypatch: pytest.MonkeyPatch, body: str, line: int
) -> None:
    monkeypatch.setattr("grader.sandbox.student.IMPORT_SECONDS", 1.5)
    with pytest.raises(Failure) as raised:
        run(body)
    assert (raised.value.status, raised.value.where) == ("timeout", f"part1/one.py, line {line}")


def test_the_stack_is_looked_at_only_when_the_time_is_up(
    run: Callable[[str], Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at the stack of code that runs ends its process now and then."""
    monkeypatch.setattr("grader.sandbox.student.IMPORT_SECONDS", 2.0)
    run(SLOW)


@pytest.mark.parametrize(
    "source",
    ["def f()\n    pass\n", "compile('def f()', __file__, 'exec')\n"],
    ids=["it", "another"],
)
def test_a_file_that_does_not_parse_is_named_by_whoever_imports_it(
    run: Callable[[str], Student], source: str
) -> None:
    with pytest.raises(Failure) as raised:
        run(source)
    assert raised.value.what == "part1/one.py should be valid Python."
    assert raised.value.got == "SyntaxError: expected ':'"
    assert raised.value.where == "part1/one.py, line 1"


ANACONDA = """
    import IPython.display, PIL.Image, pandas as pd, scipy.stats, seaborn, sklearn.linear_model
    from torch.utils.tensorboard import SummaryWriter
    from tqdm import tqdm

    frame = pd.DataFrame({"step": [1, 2, 3], "loss": [3.0, 2.0, 1.0]})
    frame.to_csv("results.csv")
    assert len(pd.read_csv("results.csv")) == 3
    seaborn.lineplot(data=frame, x="step", y="loss").figure.savefig("loss.png")
    assert PIL.Image.open("loss.png").size[0] > 100
    sklearn.linear_model.LogisticRegression().fit(frame[["step"]], [0, 0, 1])
    assert scipy.stats.linregress(frame.step, frame.loss).slope == -1.0
    with SummaryWriter() as writer:
        for step in tqdm(range(3)):
            writer.add_scalar("loss", 1.0, step)
    IPython.display.clear_output(wait=True)
    IPython.display.display(frame)
"""


def test_what_anaconda_brings_works_in_a_locked_worker(run: Callable[[str], Student]) -> None:
    pytest.importorskip("sklearn", reason="the extra anaconda is not installed")
    run(ANACONDA)


def test_a_server_keeps_folders_of_its_starter_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else matplotlib looks for a home folder that an account of a service may lack."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    started: dict[str, Any] = {}
    monkeypatch.setattr(subprocess, "Popen", lambda _, **options: started.update(options))
    processes._popen(["fork"])
    assert started["env"]["HOME"] == str(tmp_path)
    assert "SECRET_TOKEN" not in started["env"]
