"""The figures that python -m reference.figures draws, and the written answers beside them."""

import functools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from numpy.testing import assert_allclose

from reference.figures import __main__ as command
from reference.figures import drawing, memory, palindromes, toy
from tests.drawn import labels_of, lines_of, ys

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc, which even root can't write")
TINY = drawing.Effort((2, 3), 2, 5, (3, 4), 2, 2)
TINY_MEMORY = TINY[:3]
Histories = dict[str, dict[str, list[float]]]
NAMES = [
    "000-bptt-rate-5740",
    "000-bptt-rate-10000",
    "000-truncated-power-1",
    "000-restarts-power-1",
    "000-truncated-power-1.5",
    "000-restarts-power-1.5",
    "000-theta",
    "003-vanishing-gradients",
    "003-learning",
    "003-accuracy",
    "004-history-RNN",
    "004-history-LSTM",
    "004-accuracy",
]


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """No palindrome network is trained; everything else is drawn at the effort TINY."""

    def train_all(T: Sequence[int], seeds: int, steps: int) -> tuple[np.ndarray, Histories]:
        history = {"loss": [2.3] * steps, "accuracy": [0.1] * steps}
        accuracies = np.full((len(palindromes.CURVES), len(T), seeds), 0.1)
        return accuracies, dict.fromkeys(palindromes.CURVES, history)

    monkeypatch.setattr(palindromes, "train_all", train_all)
    monkeypatch.setattr(drawing, "QUICK", TINY)
    monkeypatch.setattr(drawing, "FULL", TINY._replace(memory_steps=7))


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("options", [[], ["--quick"]])
def test_every_figure_is_written_and_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, style = Path("new") / "folder", dict(matplotlib.rcParams)
    command.main([*options, "-o", str(folder)])
    assert dict(matplotlib.rcParams) == style
    paths = [folder / f"{name}.png" for name in NAMES]
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.endswith(".png")] == [str(path) for path in paths]
    assert sorted(folder.iterdir()) == sorted(paths)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(("options", "steps"), [([], 7), (["--quick"], 5)])
def test_quick_makes_less_effort_and_figures_is_the_default_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], steps: int
) -> None:
    efforts: list[tuple[object, ...]] = []

    def noted(*effort: object) -> tuple[()]:
        efforts.append(effort)
        return ()

    monkeypatch.setattr(toy, "figures", lambda: iter(()))
    monkeypatch.setattr(memory, "figures", noted)
    monkeypatch.chdir(tmp_path)
    command.main(options)
    assert [effort[-1] for effort in efforts] == [steps]
    assert len(list((tmp_path / "figures").glob("004-*.png"))) == 3


def test_quick_is_less_than_full() -> None:
    for less, more in zip(drawing.QUICK, drawing.FULL, strict=True):
        assert np.sum(np.array(less)) < np.sum(np.array(more))


def test_help_says_how_long_it_takes_and_where_the_files_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    assert "usage: python -m reference.figures" in text
    assert "minutes" in text
    assert "(default: figures)" in text


def test_help_does_not_wait_for_what_draws() -> None:
    code = "import sys, reference.figures; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.usefixtures("untrained")
def test_every_figure_has_a_title_labels_and_a_legend() -> None:
    for name, figure in drawing.every_figure(TINY):
        assert figure.get_suptitle() or figure.axes[0].get_title(), name
        for axes in figure.axes:
            assert axes.get_xlabel(), name
            assert axes.get_ylabel(), name
            assert labels_of(axes), name


@pytest.mark.usefixtures("untrained")
def test_titles_claim_what_was_measured() -> None:
    titles = {name: figure.get_suptitle() for name, figure in drawing.every_figure(TINY)}
    assert titles["000-bptt-rate-5740"].endswith("from k = 2 on")
    assert titles["000-bptt-rate-10000"].endswith("from k = 7 on")
    assert re.search(r"T = 8: \d+ % within 0.1 after 5 steps$", titles["003-learning"])
    assert titles["003-accuracy"].endswith("is none of these")  # five steps teach nothing
    assert "2 training steps on palindromes of T = 3 digits" in titles["004-history-RNN"]


def test_no_bar_is_cut_off() -> None:
    accuracies = np.array([[1] * 6 + [0], [1, 1, 1, 1, 1, 0, 0]])
    top = (accuracies.mean(axis=1) + accuracies.std(axis=1)).max()
    *_, (name, figure) = memory.figures(*TINY_MEMORY)
    assert name == "003-accuracy"
    assert top < figure.axes[0].get_ylim()[1]
    assert max(figure.axes[0].get_yticks()) == 1


def test_the_memory_task_reports_as_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    list(memory.figures(*TINY_MEMORY))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["memory task, T = 2", "memory task, T = 3"]


def test_lines_differ_in_style_and_in_brightness() -> None:
    with matplotlib.rc_context(drawing.STYLE):
        lines = dict(toy.figures())["000-restarts-power-1"].axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == len(lines) == 3
    grey = sorted(np.dot(to_rgb(line.get_color()), [0.3, 0.59, 0.11]) for line in lines)
    assert min(np.diff(grey)) > 0.05


def test_restarts_are_drawn_by_their_size() -> None:
    drawn = dict(toy.figures())
    for power, ends in (1, [0.154769, 0.023954, 0.003707]), (1.5, [0.050178, 0.002518, 0.000126]):
        (axes,) = drawn[f"000-restarts-power-{power}"].axes
        assert axes.get_yscale() == "log"
        assert_allclose([ys(line)[-1] for line in axes.lines], ends, rtol=0, atol=1e-6)


def test_theta_stays_between_the_theoretical_envelopes() -> None:
    (axes,) = dict(toy.figures())["000-theta"].axes
    slow, fast, *bounds = (ys(line) for line in axes.lines)
    for theta, above, below, power in (
        (slow, bounds[0], bounds[1], 1 / 4),
        (fast, bounds[2], bounds[3], 3 / 8),
    ):
        k = np.arange(1, len(theta) + 1)
        assert_allclose(above / above[0], k**-power)
        assert_allclose(below, -above)
        ratio = abs(theta[19:]) / above[19:]
        assert ratio.max() == pytest.approx(1)
        assert ratio[-300:].max() > 0.98  # and touches them again at the end


def test_curves_that_differ_in_length_only_have_markers_of_their_own() -> None:
    _, figure = next(memory.figures(*TINY_MEMORY))
    assert len({line.get_marker() for line in figure.axes[0].lines}) == 4
    handles = [line for line in lines_of(figure.axes[0]) if isinstance(line, Line2D)]
    assert len({handle.get_marker() for handle in handles}) == 4


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("file", "it is no folder"),
        ("file/below", "Not a directory"),
        ("dangling", "it is no folder"),
        pytest.param("/proc/new", "No such file or directory", marks=LINUX),
        pytest.param("/proc", "No such file or directory", marks=LINUX),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_line_before_anything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, reason: str
) -> None:
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "dangling").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawing, "every_figure", lambda _: pytest.fail("too late"))
    with pytest.raises(SystemExit) as caught:
        command.main(["-o", folder])
    message = f"error: can't write {folder}: {reason}; choose another folder with -o"
    assert caught.value.code == message


@pytest.mark.usefixtures("untrained")
def test_a_figure_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / f"{NAMES[1]}.png"
    path.mkdir()
    with pytest.raises(SystemExit) as caught:
        command.main(["-o", str(tmp_path)])
    assert str(caught.value.code).startswith(f"error: can't write {path}: Is a directory;")
    assert (tmp_path / f"{NAMES[0]}.png").read_bytes().endswith(b"IEND\xaeB`\x82")


PROGRAM = "reference.figures"
# The same program, but the networks of sheet 003 take few steps.
PALINDROMES_SOON = f"""
from {PROGRAM} import __main__, drawing
drawing.QUICK = drawing.Effort(*{TINY_MEMORY}, *drawing.QUICK[3:])
__main__.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes")
@pytest.mark.parametrize(
    ("line", "pause"),
    [("", 0.5), (f"{NAMES[0]}.png", 0.1), ("palindromes:", 0), ("palindromes:", 3)],
    ids=["while it imports", "while it draws", "while workers import", "while workers train"],
)
def test_ctrl_c_ends_everything_at_once_with_one_line(
    tmp_path: Path, line: str, pause: float
) -> None:
    # A test run in the background of a shell script inherits a SIGINT that is ignored.
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    started = ["-c", PALINDROMES_SOON] if line.startswith("palindromes") else ["-m", PROGRAM]
    command = [sys.executable, *started, "--quick", "-o", str(tmp_path)]
    # As a terminal does: a group of its own, all of which gets the signal.
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        command, cwd=ROOT, preexec_fn=heed, start_new_session=True, **pipes
    ) as run:
        printed: list[str] = []
        assert run.stdout
        assert run.stderr
        while line and not (printed and line in printed[-1]):
            printed.append(run.stdout.readline())
            assert printed[-1], run.stderr.read()
        time.sleep(pause)
        os.killpg(run.pid, signal.SIGINT)
        begin = time.monotonic()
        output, errors = run.communicate()
    assert run.returncode == 130
    assert errors == "interrupted; the figures drawn so far are kept\n"
    while alive(run.pid):
        assert time.monotonic() < begin + 20
        time.sleep(0.05)
    promised = [text for text in "".join([*printed, output]).splitlines() if text.endswith(".png")]
    assert all(Path(path).read_bytes().endswith(b"IEND\xaeB`\x82") for path in promised)


def alive(group: int) -> bool:
    """Return whether a process of the group runs; one that has ended and waits does not."""
    command = ["ps", "-e", "-o", "pgid=,stat="]
    rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return any(row.split()[0] == str(group) and "Z" not in row.split()[1] for row in rows)


def test_bars_reach_from_the_worst_to_the_best_seed() -> None:
    values = np.full((3, 2, 3), 0.1)  # their mean is 0.10000000000000002: no bar of length −1e-17
    values[1, 0] = [0.2, 0.3, 1.0]
    (axes,) = palindromes.plot_accuracies((5, 10), values).axes
    lstm = axes.containers[1]
    assert isinstance(lstm, ErrorbarContainer)
    line, _, (bars,) = lstm.lines
    assert isinstance(line, Line2D)
    assert_allclose(bars.get_segments()[0], [[5, 0.2], [5, 1.0]])
    assert_allclose(ys(line), np.array([0.5, 0.1]))
    assert axes.get_ylim()[0] == 0
