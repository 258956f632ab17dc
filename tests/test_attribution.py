"""Nothing that a student's object does is the grader's failure: a sweep over all probes.

The reference is graded once, and what the judge asks of a worker is kept: one request per probe.
Then each name that a solution defines is replaced by each surprise, and the requests are repeated.
A short run with fixed cases by default; ``SWEEP_CASES=500 SWEEP_SCRIPT_CASES=100 SWEEP_SEED=any
pytest tests/test_attribution.py`` tries others.
"""

from __future__ import annotations

import ast
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from grader.in_process import InProcess
from grader.sandbox import wire
from grader.sandbox.isolation import Lock
from grader.worker import answering
from grader.worker.importing import StudentCode
from tests.conftest import ROOT, Grade

SECONDS = 10  # of processor time for one probe; the slowest takes two
CASES = int(os.environ.get("SWEEP_CASES", "20"))  # of an exercise's thousands
SEED = os.environ.get("SWEEP_SEED", "")  # which of them; any text
SELECT = {
    "palindrome": ("vanilla_rnn.py or lstm.py or parameter_count or test_dataset", "palindrome/{}"),
    "numpy_rnn": ("not learn", "{}"),
    "memory_task": ("not train and not learn and not accuracy_of", "{}"),
    "toy_bptt": ("not known_values and not schedules", "{}"),
    "sliding_tbptt": ("not train", "{}"),
    "bptt_gradients": ("", "{}"),
}
SCRIPTS = {  # probes of palindrome/train.py, with what they are given
    "probes_train:observe": {"limit": SECONDS, "width": 0, "rescued": False},
    "probes_results:results": {"limit": SECONDS, "width": 0, "disturbed": False},
}
SCRIPT_CASES = int(os.environ.get("SWEEP_SCRIPT_CASES", "10"))
THEIRS = ("wrong", "banned", "error", "blocked", "not started")

# In a file of the submission, so that what raises there is the student's.
SURPRISES = """
import math

class Loud:
    def __getattribute__(self, name): raise RuntimeError("loud")
    def __repr__(self): raise RuntimeError("loud")
    __len__ = __iter__ = __bool__ = __eq__ = __array__ = __str__ = __float__ = __repr__

class Raising:
    def __get__(self, owner, kind=None): raise KeyError("descriptor")

class Meta(type):
    def __call__(cls, *a, **k): raise OSError("metaclass")
    def __getattr__(cls, name): raise ValueError(name)
    def __instancecheck__(cls, other): raise ValueError("isinstance")

class Odd(metaclass=Meta): pass

class Mute(Exception):
    def __str__(self): raise SystemExit(3)

def raises(*a, **k): raise Mute()
def nothing(*a, x=1, **k): return None
def loud(*a, x=1, **k): return Loud()
def no_arguments(): return 1.0
def one_too_many(self, a, b, c, d, e, f, g, h): return 1.0
def generates(*a, **k): yield Loud()
async def waits(*a, **k): return 1.0
def leaves(*a, **k): raise SystemExit(1)
def itself(self=None, *a, **k): return self
def text(*a, **k): return "text"
def numbers(*a, **k): return [1.0, None, "x", Loud()]
def unstarted(*a, **k): raise NotImplementedError("Question 0: to do")

class Constructor:
    def __init__(self, *a, **k): raise AttributeError("no such thing", name="x", obj=self)

class Instance:
    forward = backward = train = property(raises)
    def __call__(self, *a, **k): return self

none, number, string, empty, odd, loud_object, kind = None, 3, "text", [], Odd, Loud(), type
class Holder:
    descriptor, raising_property, wrong_property = Raising(), property(raises), property(nothing)
    static, of_class, instance = staticmethod(no_arguments), classmethod(raises), Instance()
globals().update({k: v for k, v in vars(Holder).items() if not k.startswith("_")})
"""
VALUES = """
    none number string empty odd loud_object kind math Instance instance Constructor raises nothing
    loud no_arguments leaves one_too_many generates waits itself text numbers unstarted
"""
MEMBERS = VALUES + "descriptor raising_property wrong_property static of_class"
Request = dict[str, Any]


class Recording(InProcess):
    """Keeps the first request of each probe."""

    asked: ClassVar[dict[tuple[str, str], Request]] = {}

    def request(self, message: Request, seconds: float) -> Request:
        if message["do"] == "run":
            self.asked.setdefault((message["file"], message["probe"]), message)
        return super().request(message, seconds)


@pytest.fixture(scope="module")
def requests(grade: Grade) -> Callable[[str], list[Request]]:
    """``requests(exercise)``: one per probe, as the reference is asked."""

    def ask(exercise: str) -> list[Request]:
        Recording.asked = {}
        select, _ = SELECT[exercise]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("grader.plugin.InProcess", Recording)
            run = grade(ROOT / "reference", "--in-process", "--exercise", exercise, "-k", select)
        assert run.status == 0, run.text
        return list(Recording.asked.values())

    return ask


def definitions(source: str) -> Iterator[tuple[str, str]]:
    """Yield (owner, name) of what a file defines: its functions, classes, methods, attributes."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield "", node.name
        if isinstance(node, ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef):
                    yield node.name, inner.name
                elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                    yield node.name, inner.attr


def alarm(*_: object) -> None:
    raise TimeoutError("the sweep's own alarm")


def ask(root: Path, request: Request, change: Callable[[ModuleType, ModuleType], None]) -> Request:
    """Return the answer to ``request`` where ``change(module, surprises)`` was made before it."""
    code = StudentCode(root)
    previous = signal.signal(signal.SIGPROF, alarm)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        change(code.module(request["file"]), code.module("surprises.py"))
        answer = wire.decode(answering.reply(request, code, Lock("process"), lambda _: None)[8:])
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
        code.close()
    assert isinstance(answer, dict)
    return answer


def check(answer: Request, what: str) -> None:
    """Assert that the answer is a student's failure in plain words, or that nothing failed."""
    if answer["status"] == "ok":
        return
    assert answer["status"] in THEIRS, what
    assert "sweep's own alarm" not in str(answer), what
    if answer["status"] in ("wrong", "banned"):
        sentence, shown = answer["what"], answer["got"]
    else:
        sentence, shown = answer["why"], answer["message"] + answer["traceback"]
        assert answer["where"] or answer["why"] or "surprises" in shown, (what, answer)
    assert "\n" not in sentence, what
    assert str(ROOT / "grader") not in sentence + shown, what


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """Return a copy of the reference that can import the surprises."""
    (tmp_path / "surprises.py").write_text(SURPRISES)
    for path in (ROOT / "reference").rglob("*.py"):
        target = tmp_path / path.relative_to(ROOT / "reference")
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    return tmp_path


def surprised(root: Path, file: str) -> list[tuple[str, str, str]]:
    """Return (owner, name, surprise) for each name that a file defines and each surprise."""
    return [
        (owner, name, surprise)
        for owner, name in definitions((root / file).read_text(encoding="utf-8"))
        for surprise in ("missing", *(MEMBERS if owner else VALUES).split())
    ]


@pytest.mark.filterwarnings("ignore")  # coroutines of theirs that nobody awaits, and the like
@pytest.mark.parametrize("exercise", SELECT)
def test_sweep(exercise: str, requests: Callable[[str], list[Request]], reference: Path) -> None:
    cases = [
        (request, *case)
        for request in requests(exercise)
        for case in surprised(reference, request["file"])
    ]
    for request, owner, name, surprise in random.Random(exercise + SEED).sample(cases, CASES):

        def change(module: ModuleType, surprises: ModuleType) -> None:
            target = getattr(module, owner) if owner else module  # noqa: B023 (called at once)
            if surprise != "missing":  # noqa: B023
                setattr(target, name, getattr(surprises, surprise))  # noqa: B023
            elif name in vars(target):  # noqa: B023
                delattr(target, name)  # noqa: B023

        what = f"{request['probe']}: {owner}.{name} is {surprise}"
        check(ask(reference, request, change), what)


@pytest.mark.filterwarnings("ignore")
def test_sweep_of_scripts(reference: Path) -> None:
    """A script is executed anew by each probe, so that the surprises stand in the files."""
    cases = [
        (probe, file, *case)
        for probe in SCRIPTS
        for file in ("palindrome/train.py", "palindrome/vanilla_rnn.py", "palindrome/dataset.py")
        for case in surprised(reference, file)
    ]
    for probe, file, owner, name, surprise in random.Random(f"script{SEED}").sample(
        cases, SCRIPT_CASES
    ):
        what = f"{probe}: {file}, {owner}.{name} is {surprise}"
        target = f"{owner}.{name}" if owner else name
        given = f"{target} = surprises.{surprise}"
        changed = f"\nimport surprises\n{f'del {target}' if surprise == 'missing' else given}\n"
        text = (reference / file).read_text(encoding="utf-8")
        (reference / file).write_text(text + changed, encoding="utf-8")
        request = {"id": "", "do": "script", "exercise": "palindrome", "seed": 0}
        request |= {"file": "palindrome/train.py", "probe": f"grader.exercises.palindrome.{probe}"}
        request["inputs"] = {"model": "RNN", "length": 5, **SCRIPTS[probe]}
        code = StudentCode(reference)
        try:
            enough = answering.reply(request, code, Lock("process"), lambda _: "enough")
            answer = wire.decode(enough[8:])
        finally:
            code.close()
            (reference / file).write_text(text, encoding="utf-8")
        assert isinstance(answer, dict)
        check(answer, what)
