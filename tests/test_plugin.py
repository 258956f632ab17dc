"""The plugin as its users meet it: statuses, points, seeds, options, the JSON report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from grader.core.rubric import read_rubric
from grader.exercises.palindrome import oracle
from tests.conftest import ROOT, Grade

pytestmark = pytest.mark.grading

PALINDROME = ["--exercise", "palindrome"]
FAULTY = ROOT / "tests" / "submissions" / "palindrome" / "legal_columns_and_softmax"


def pytest_grader(*arguments: str, cwd: Path = ROOT, **environment: str) -> Any:
    """``pytest grader …`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", str(ROOT / "grader"), *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_template_earns_nothing_and_says_where_to_start() -> None:
    done = pytest_grader()
    assert done.returncode == 1
    rows = [line for line in done.stdout.splitlines() if line.endswith("  not started")]
    automatic = [question for question in read_rubric() if question.by == "tests"]
    assert len(rows) == len(automatic), done.stdout
    assert max(map(len, rows)) < 80
    assert "First: question 1.2: " in done.stdout
    assert "0 of " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b[" not in done.stdout, "no colours where nobody sees them"


def test_reference_earns_every_point_of_the_palindrome_sheet(grade: Grade) -> None:
    run = grade(ROOT / "reference", *PALINDROME)
    assert run.status == 0, run.text
    assert run.report["grade"]["earned"] == run.report["grade"]["possible"] == 8.5
    assert run.report["grade"]["pending"] == 7.5
    pending = {q["id"] for q in run.report["grade"]["questions"] if q["status"] == "pending"}
    assert pending == {"1.1", "1.3-text", "1.4", "1.5a", "1.6-text"}
    for test in run.report["tests"]:
        assert {"question", "points", "earned", "status", "hint", "seed"} <= set(test["metadata"])
        assert test["metadata"]["earned"] == test["metadata"]["points"]


def test_json_report_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    options = ["--json-report", f"--json-report-file={file}", "-k", "parameter_count"]
    done = pytest_grader(f"--submission={ROOT / 'reference'}", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    report = json.loads(file.read_text(encoding="utf-8"))
    (question,) = (q for q in report["grade"]["questions"] if q["status"] != "pending")
    assert question == {
        "id": "1.5b",
        "title": "Number of parameters of the LSTM",
        "earned": 1.0,
        "possible": 1.0,
        "pending": 0.0,
        "status": "passed",
    }


@pytest.mark.parametrize("order", ["after", "before", "joined"])
def test_a_conftest_of_the_submission_never_runs(order: str, tmp_path: Path) -> None:
    """Pytest must not take the submission for a folder of tests."""
    (tmp_path / "toy_bptt.py").write_text("")
    (tmp_path / "conftest.py").write_text("open(__file__ + '.ran', 'w').close()")
    path = str(tmp_path)
    options = {
        "after": ["grader", "--submission", path],
        "before": ["--submission", path, "grader"],
        "joined": ["grader", f"--submission={path}"],
    }[order]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-q", "-k", "toy_bptt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "should define a function loss" in done.stdout, done.stdout + done.stderr
    assert not (tmp_path / "conftest.py.ran").exists()


def test_several_processes_would_each_see_a_part() -> None:
    done = pytest_grader("-n", "2", "-k", "parameter_count")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "leave -n out" in done.stderr
    assert done.stdout.strip().count("\n") == 0


def faults(run: Any) -> dict[str, Any]:
    return {
        test["nodeid"]: test["metadata"]["failure"]
        for test in run.report["tests"]
        if test["metadata"]["failure"]
    }


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """Return a submission with a wrong equation."""
    source = (ROOT / "reference/palindrome/vanilla_rnn.py").read_text(encoding="utf-8")
    for name in ("dataset.py", "__init__.py"):
        (tmp_path / name).write_bytes((ROOT / "reference/palindrome" / name).read_bytes())
    file = tmp_path / "vanilla_rnn.py"
    file.write_text(source.replace("torch.tanh(", "torch.sigmoid("), encoding="utf-8")
    return tmp_path


def test_a_seed_repeats_a_run_and_another_gives_other_numbers(grade: Grade, wrong: Path) -> None:
    first, again, other = (
        grade(wrong, *PALINDROME, "-k", "vanilla_rnn.py", seed=seed) for seed in (5, 5, 6)
    )
    assert faults(first)
    assert faults(first) == faults(again)
    assert faults(first) != faults(other)


def test_a_test_draws_the_same_numbers_alone_as_among_others(grade: Grade, wrong: Path) -> None:
    whole = faults(grade(wrong, *PALINDROME, "-k", "vanilla_rnn.py"))
    alone = faults(grade(wrong, *PALINDROME, "-k", "vanilla_rnn.py and other_sizes"))
    ((test, failure),) = alone.items()  # among others it may be carried, with another hint
    assert failure["got"] == whole[test]["got"]
    assert failure["expected"] == whole[test]["expected"]


def test_failure_block(grade: Grade, wrong: Path) -> None:
    text = grade(wrong, *PALINDROME, "-k", "vanilla_rnn.py and test_equations").text
    assert "FAILED  1.2  The output is that of the equations, at the sheet's sizes" in text
    for label in ("expected", "got", "where", "hint", "repeat"):
        assert f"\n  {label}" in text, text
    assert "A sigmoid stands where equation (1) has tanh." in text
    assert "Traceback" not in text, "nothing was raised, so there is nothing to trace"
    assert "assert" not in text


def test_prints_and_traceback_are_shown_where_code_raised(grade: Grade, tmp_path: Path) -> None:
    (tmp_path / "lstm.py").write_text(
        "print('hello from the student')\n"
        "def lstm_parameter_count(T, d, n, m):\n    return T / (d - d)\n",
        encoding="utf-8",
    )
    text = grade(tmp_path, *PALINDROME, "-k", "parameter_count").text
    assert "ERROR  1.5b" in text
    assert "> hello from the student" in text
    assert "ZeroDivisionError" in text
    assert 'File "lstm.py", line 3, in lstm_parameter_count' in text
    assert "grader/" not in text.split("Traceback")[1].split("question  title")[0]


def test_a_wrong_answer_shows_what_was_printed_for_it_alone(grade: Grade, wrong: Path) -> None:
    file = wrong / "vanilla_rnn.py"
    text = file.read_text(encoding="utf-8").replace("sigmoid(", "cos(")
    text = text.replace("inputs = features(", "print(len(x), 'rows'); inputs = features(")
    file.write_text(text, encoding="utf-8")
    run = grade(wrong, *PALINDROME, "-k", "vanilla_rnn.py and (shape or equations)")
    printed = {test.partition("::")[2]: f["output"] for test, f in faults(run).items()}
    assert set(printed["test_equations"].split()) == {"128", "rows"}
    assert set(printed["test_equations_at_other_sizes"].split()) == {"3", "rows"}
    assert "  > 128 rows" in run.text


def test_a_mark_expression_selects_a_question(grade: Grade) -> None:
    run = grade(ROOT / "reference", *PALINDROME, "-m", "question(id='1.5b')")
    assert [test["metadata"]["question"] for test in run.report["tests"]] == ["1.5b"]
    assert run.report["grade"]["possible"] == 1.0


def test_only_the_exercise_that_was_asked_for(grade: Grade) -> None:
    run = grade(ROOT / "reference", "--exercise", "toy_bptt", "-k", "nothing_of_this_name")
    assert run.status == 5
    assert "palindrome" not in run.text.split("collected")[1]


def test_in_process_runs_student_code_here(grade: Grade, tmp_path: Path) -> None:
    (tmp_path / "lstm.py").write_text(
        "import os\n"
        "def lstm_parameter_count(T, d, n, m):\n"
        f"    assert os.getpid() == {os.getpid()}\n    return 4 * n * (d + n + 1)\n",
        encoding="utf-8",
    )
    arguments = [*PALINDROME, "-k", "parameter_count"]
    assert grade(tmp_path, *arguments, "--in-process").status == 0
    assert grade(tmp_path, *arguments).status == 1, "a worker is another process"
    left = [m for m in sys.modules.values() if str(tmp_path) in str(getattr(m, "__file__", ""))]
    assert not left, "nothing of the student's is left in the judge"


def test_our_own_fault_is_no_fault_of_theirs(grade: Grade, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the oracle is broken")

    monkeypatch.setattr(oracle, "shapes", broken)
    run = grade(ROOT / "reference", *PALINDROME, "-k", "vanilla_rnn.py and test_parameters")
    (test,) = run.report["tests"]
    assert test["metadata"]["status"] == "internal"
    assert run.status == 1
    assert "please report this. It is not counted against you." in " ".join(run.text.split())
    assert "the oracle is broken" in run.text


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (Path.exists, "There is no file or folder"),
        (Path.mkdir, "holds no .py or .ipynb file"),
        (lambda path: path.write_text("hello"), "ZIP"),
    ],
    ids=["missing", "empty folder", "no ZIP"],
)
def test_bad_paths_are_one_line(grade: Grade, tmp_path: Path, make: Any, says: str) -> None:
    path = tmp_path / "somewhere"
    make(path)
    run = grade(path, *PALINDROME)
    assert run.status == 4
    lines = [line for line in run.text.splitlines() if line.strip()]
    assert len(lines) == 1, run.text
    assert lines[0].startswith("ERROR: ")
    assert says in lines[0]


def test_missing_file_is_named(grade: Grade, wrong: Path) -> None:
    run = grade(wrong, *PALINDROME, "-k", "test_lstm.py and test_equations")
    assert "not started: lstm.py is not in the submission. (1.6)" in run.text


def test_an_environment_of_another_language_and_time_zone_changes_nothing(wrong: Path) -> None:
    options = [f"--submission={wrong}", *PALINDROME, "--seed", "9", "-k", "vanilla and sizes"]
    plain = pytest_grader(*options)
    odd = pytest_grader(
        *options, "-p", "no:cacheprovider", LC_ALL="tr_TR.UTF-8", TZ="Asia/Kathmandu",
        OMP_NUM_THREADS="2", PYTHONHASHSEED="3",
    )  # fmt: skip
    got = [line for line in plain.stdout.splitlines() if line.startswith(("  got", "  expected"))]
    assert got
    assert got == [
        line for line in odd.stdout.splitlines() if line.startswith(("  got", "  expected"))
    ]


def test_a_zip_is_graded_and_reminded_of_the_sheets_rules(grade: Grade, tmp_path: Path) -> None:
    path = tmp_path / "Mustermann-1234567.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(ROOT / "reference/palindrome/lstm.py", "part1/lstm.py")
        archive.write(ROOT / "reference/palindrome/dataset.py", "part1/dataset.py")
    run = grade(path, *PALINDROME, "-k", "parameter_count")
    assert run.status == 0
    assert "note: Add your report as a PDF." in run.text
    assert run.report["notices"] == ["Add your report as a PDF."]


def test_rules_of_one_exercise_are_not_held_against_another(grade: Grade, tmp_path: Path) -> None:
    path = tmp_path / "solution.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(ROOT / "reference/toy_bptt.py", "toy_bptt.py")
    run = grade(path, "-k", "test_full_bptt or parameter_count")
    assert run.report["grade"]["earned"] > 0
    assert run.report["notices"] == []
