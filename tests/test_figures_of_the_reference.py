"""The figures that python -m reference.figures draws, and the written answers beside them."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose

from reference import figures
from reference.palindrome import lengths
from reference.palindrome.lstm import LSTM

ROOT = Path(__file__).parents[1]
TINY = figures.Effort((2, 3), 2, 5, (3, 4), 2, 2)
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
def untrained(monkeypatch):
    """No palindrome network is trained; everything else is drawn at the effort TINY."""

    def train_all(T, seeds, steps):
        history = {"loss": [2.3] * steps, "accuracy": [0.1] * steps}
        accuracies = np.full((len(lengths.CURVES), len(T), seeds), 0.1)
        return accuracies, dict.fromkeys(lengths.CURVES, history)

    monkeypatch.setattr(figures, "train_all", train_all)
    monkeypatch.setattr(figures, "QUICK", TINY)
    monkeypatch.setattr(figures, "FULL", TINY._replace(memory_steps=7))


@pytest.mark.usefixtures("untrained")
def test_every_figure_is_written_and_named(tmp_path, capsys):
    folder, style = tmp_path / "new" / "folder", dict(matplotlib.rcParams)
    figures.main(["--quick", "-o", str(folder)])
    assert dict(matplotlib.rcParams) == style
    paths = [folder / f"{name}.png" for name in NAMES]
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.endswith(".png")] == [str(path) for path in paths]
    assert sorted(folder.iterdir()) == sorted(paths)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(("options", "steps"), [([], 7), (["--quick"], 5)])
def test_quick_makes_less_effort_and_figures_is_the_default_folder(
    tmp_path, monkeypatch, options, steps
):
    efforts = []
    monkeypatch.setattr(figures, "toy_figures", lambda: iter(()))
    monkeypatch.setattr(figures, "memory_figures", lambda effort: efforts.append(effort) or ())
    monkeypatch.chdir(tmp_path)
    figures.main(options)
    assert [effort.memory_steps for effort in efforts] == [steps]
    assert len(list((tmp_path / "figures").glob("004-*.png"))) == 3


@pytest.mark.usefixtures("untrained")
def test_every_figure_has_a_title_labels_and_a_legend():
    drawn = chain(
        figures.toy_figures(), figures.memory_figures(TINY), figures.palindrome_figures(TINY)
    )
    for name, figure in drawn:
        assert figure.get_suptitle() or figure.axes[0].get_title(), name
        for axes in figure.axes:
            assert axes.get_xlabel(), name
            assert axes.get_ylabel(), name
            assert axes.get_legend().texts, name


def test_lines_differ_in_style_and_in_brightness():
    with matplotlib.rc_context(figures.STYLE):
        lines = dict(figures.toy_figures())["000-restarts-power-1"].axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == len(lines) == 3
    grey = sorted(np.dot(to_rgb(line.get_color()), [0.3, 0.59, 0.11]) for line in lines)
    assert min(np.diff(grey)) > 0.05


def test_restarts_are_drawn_by_their_size():
    drawn = dict(figures.toy_figures())
    for power, ends in (1, [0.154769, 0.023954, 0.003707]), (1.5, [0.050178, 0.002518, 0.000126]):
        (axes,) = drawn[f"000-restarts-power-{power}"].axes
        assert axes.get_yscale() == "log"
        assert_allclose([line.get_ydata()[-1] for line in axes.lines], ends, rtol=0, atol=1e-6)


def test_theta_stays_between_the_theoretical_envelopes():
    (axes,) = dict(figures.toy_figures())["000-theta"].axes
    slow, fast, *envelopes = (line.get_ydata() for line in axes.lines)
    for theta, above, below, power in (slow, *envelopes[:2], 1 / 4), (fast, *envelopes[2:], 3 / 8):
        k = np.arange(1, len(theta) + 1)
        assert_allclose(above / above[0], k**-power)
        assert_allclose(below, -above)
        ratio = abs(theta[19:]) / above[19:]
        assert ratio.max() == pytest.approx(1)
        assert ratio[-300:].max() > 0.98  # and touches them again at the end


@pytest.mark.parametrize("file", ["a", "a/b"])
def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path, file):
    (tmp_path / "a").write_text("not a folder")
    with pytest.raises(SystemExit) as caught:
        figures.main(["-o", str(tmp_path / file)])
    assert re.fullmatch(
        r"error: can't write .*\.png: .*; choose a folder with -o", caught.value.code
    )


def test_bars_reach_from_the_worst_to_the_best_seed():
    values = np.full((3, 2, 3), 0.1)  # their mean is 0.10000000000000002: no bar of length −1e-17
    values[1, 0] = [0.2, 0.3, 1.0]
    (axes,) = lengths.plot_accuracies((5, 10), values).axes
    bars = [container.lines[2][0].get_segments() for container in axes.containers]
    assert_allclose(bars[1][0], [[5, 0.2], [5, 1.0]])
    assert_allclose(axes.containers[1].lines[0].get_ydata(), [0.5, 0.1])
    assert axes.get_ylim()[0] == 0


def test_networks_are_trained_for_each_length_and_seed(capsys):
    accuracies, histories = lengths.train_all((2, 3), seeds=2, steps=3)
    assert accuracies.shape == (3, 2, 2)
    assert "palindromes" in capsys.readouterr().out
    with torch.random.fork_rng():
        for i, model in enumerate(lengths.CURVES):
            accuracy, history = lengths.train_and_test((model, 2, 0, 3))
            assert accuracies[i, 0, 0] == pytest.approx(accuracy, abs=2e-3)
            assert histories[model]["loss"] == pytest.approx(history["loss"], rel=1e-3)
        accuracy, _ = lengths.train_and_test(("LSTM", 3, 1, 3))
        assert accuracies[1, 1, 1] == pytest.approx(accuracy, abs=2e-3)


def test_the_open_lstm_differs_in_its_start_only():
    options = {"seq_length": 4, "input_dim": 1, "num_hidden": 3, "num_classes": 10, "batch_size": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        closed = LSTM(**options).state_dict()
        torch.manual_seed(0)
        opened = lengths.OpenLSTM(**options).state_dict()
    assert opened.pop("b_f").tolist() == [1, 1, 1]
    closed.pop("b_f")
    assert opened.keys() == closed.keys()
    assert all(torch.equal(opened[name], closed[name]) for name in opened)


def test_every_question_for_a_person_has_an_answer_and_marking():
    rubric = tomllib.loads((ROOT / "grader/exercises/rubric.toml").read_text(encoding="utf-8"))
    wanted = {row["id"]: row["points"] for row in rubric["question"] if row["by"] == "person"}
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
