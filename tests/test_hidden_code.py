"""Code that stands in no source, main blocks that can run, and sources that can't be scanned."""

from __future__ import annotations

import ast
import subprocess
import sys
import time

import pytest

from grader.bans.following import Scanner
from grader.bans.hidden import hidden_code
from grader.bans.main_blocks import main_blocks_run
from grader.bans.meanings import Ref
from grader.bans.static import UNREADABLE, banned_uses, findings
from grader.bans.tampering import tampering
from grader.core.rubric import Question, Result, grade
from grader.core.sources import MAX_MARKS, Unreadable, decode, parse
from grader.exercises.palindrome.bans import BANNED

PRELUDE = """\
import importlib, joblib, os, pickle, torch
import numpy as np
from functools import partial
"""


LOOKUPS = [
    "getattr(torch, name)",
    "vars(torch)[name]",
    "torch.__dict__[name]",
    "for x in vars(torch).values(): pass",
    "import operator\noperator.attrgetter(name)(torch)",
    "partial(getattr, torch)(name)",
    "from functools import reduce\nreduce(getattr, names, torch)",
    "import inspect\ninspect.getattr_static(torch, name)",
    "import string\nstring.Formatter().get_field(name, (torch,), {})",
    "torch.__getattribute__(name)",
    "match torch:\n    case Mine(x): pass",
]


def hidden(source: str) -> list[str]:
    return [found.what for found in hidden_code({"x.py": PRELUDE + source})]


HIDDEN = {
    "torch.load(f, weights_only=False)": "weights_only, which should be True",
    "torch.load(f, weights_only=flag)": "weights_only, which should be True",
    "torch.load(f, **options)": "arguments that are only known when it runs",
    "load = partial(torch.load, weights_only=False)": "weights_only, which should be True",
    "options = {'weights_only': False}": "weights_only",
    "os.environ['TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'] = '1'": "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "torch.serialization.add_safe_globals([f])": "torch.serialization.add_safe_globals",
    "torch.jit.load('net.pt')": "torch.jit.load",
    "np.load(f, allow_pickle=True)": "allow_pickle, which should be False",
    "np.load(f, None, True)": "allow_pickle",
    "pickle.load(f)": "pickle.load",
    "from pickle import loads as read\nread(b)": "pickle.loads",
    "from pickle import *\nloads(b)": "pickle.loads",
    "class Mine(pickle.Unpickler): pass": "pickle.Unpickler",
    "joblib.load('x')": "joblib.load",
    "import shelve\nshelve.open('x')": "shelve.open",
    "import marshal, types\ntypes.FunctionType(marshal.loads(b), {})": "marshal.loads",
    "exec(open('x.txt').read())": "exec",
    "run = eval\nrun(text)": "eval",
    "list(map(exec, texts))": "exec",
    "eval(config.model_type)(10)": "eval",
    "compile(text, '', 'exec')": "compile",
    "f.__code__ = g.__code__": "__code__",
    "importlib.import_module(name)": "importlib.import_module",
    "getattr(importlib, 'import_' + 'module')(name)": "importlib.import_module",
    "import sys\nsys.meta_path.append(finder)": "sys.meta_path",
    "def f():\n    return pickle.loads(b)": "pickle.loads",
}


@pytest.mark.parametrize("source", LOOKUPS)
def test_a_computed_name_of_torch_is_found(source: str) -> None:
    assert hidden(source) == ["a name in torch that is only known when it runs"]


def test_other_computed_names_of_torch_are_found() -> None:
    known_when_run = "that is only known when it runs"
    assert hidden("getattr(torch.nn, 'MTSL'[::-1])") == [f"a name in torch.nn {known_when_run}"]
    assert hidden("import pkgutil\npkgutil.resolve_name(name)") == [
        f"a name in modules {known_when_run}"
    ]


@pytest.mark.parametrize(("source", "what"), HIDDEN.items())
def test_code_in_no_source_is_found(source: str, what: str) -> None:
    assert what in hidden(source)


HARMLESS = {
    "weights": "torch.load('w.pt'); torch.load('w.pt', map_location='cpu', weights_only=True)",
    "arrays": "np.load('x.npy'); np.load('x.npz', allow_pickle=False)",
    "saving": "pickle.dump(history, f); joblib.dump(1, f); torch.save(w, 'w.pt')",
    "saving arrays": "np.save('x', a, allow_pickle=True)",
    "copies in memory": "pickle.dumps(model)",
    "known text": "kind = eval('VanillaRNN'); exec('x = 1')",
    "own compile": "torch.compile(model); import re; re.compile('x')",
    "own names": "exec_time = 1; self.load(f); self.eval(); model.eval()",
    "known module": "importlib.import_module('dataset'); __import__('os')",
    "read anew": "importlib.reload(dataset)",
    "main block": "if __name__ == '__main__':\n    pickle.load(f), eval(text)",
    "name of the code": "f.__code__.co_name, f.__code__.co_varnames",
}


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_what_the_sources_show_is_harmless(source: str) -> None:
    assert hidden(source) == []


def test_text_that_is_known_is_scanned_in_its_place() -> None:
    source = "import torch\n\nexec('from torch import nn\\ncell = nn.LSTM(1, 2)')\n"
    found = banned_uses(BANNED, {"x.py": source})
    assert [(each.line, each.what) for each in found] == [(3, "torch.nn.LSTM")]


# ── Main blocks ──────────────────────────────────────────────────────────────────────────────────

MAIN = "\nif __name__ == '__main__':\n    from torch import nn\n    nn.LSTM(1, 2)\n"
RENAMING = [
    "globals()['__name__'] = '__main__'",
    "globals()['__na' + 'me__'] = '__main__'",
    "globals().update(other)",
    "vars()[key] = '__main__'",
    "names = locals()\nnames[key] = '__main__'",
    "g = globals\ng()[key] = 1",
    "f.__globals__[key] = 1",
    "import sys\nsetattr(sys.modules[__name__], key, 1)",
    "import sys as s\ns.modules[__name__].__dict__[key] = 1",
    "__name__ = '__main__'",
    "for _ in 1, 2:\n    __name__ = '__main__'",
    "from helper import __name__",
    "import helper as __name__",
    "def f():\n    global __name__",
    "class __name__: pass",
    "other.__name__ = '__main__'",
    "import runpy\nrunpy.run_path('x.py', run_name='__main__')",
    "if 0x" + "f" * 5000 + ":\n    globals()[key] = 1",
]


@pytest.mark.parametrize("source", RENAMING, ids=lambda source: source[:40])
def test_main_blocks_are_scanned_where_they_can_run(source: str) -> None:
    found = banned_uses(BANNED, {"x.py": source + MAIN})
    assert [each.what for each in found] == ["torch.nn.LSTM"]


QUIET = {
    "nothing": "x = 1",
    "a class by its name": "kind = globals()['VanillaRNN']; globals().get('x'); vars(self)['W']",
    "attributes by name": "setattr(self, 'W_' + g, 1)\nself.__dict__[g] = 1",
    "an import in the main block": "if __name__ == '__main__':\n    import y",
    "a name for messages": "print(__name__, f.__name__, type(self).__name__)",
}


@pytest.mark.parametrize("source", QUIET.values(), ids=QUIET)
def test_main_blocks_that_never_run_cost_nothing(source: str) -> None:
    sources = {"x.py": source + MAIN, "y.py": "import x"}
    assert banned_uses(BANNED, sources) == []


def test_main_blocks_run_where_a_file_may_be_changed_by_one_that_it_imports() -> None:
    sources = {"x.py": "import y" + MAIN, "y.py": "import x\nx.x = 1"}
    assert main_blocks_run(tuple(sources.items()))
    assert [each.file for each in banned_uses(BANNED, sources)] == ["x.py"]


# ── What can't be scanned ────────────────────────────────────────────────────────────────────────


class Trips(Scanner):
    def objection(self, used: Ref) -> str | None:
        raise AssertionError(used)

    def visit_Constant(self, node: ast.Constant) -> None:
        raise KeyError(node.value)


def test_what_a_scan_stumbles_over_is_a_finding() -> None:
    found = findings(Trips, {"x.py": "import os\n\nx = 1\n"})
    assert [(each.line, each.what, each.how) for each in found] == [(3, UNREADABLE, "x = 1")]


def test_a_long_number_hides_nothing() -> None:
    source = f"if 0x{'f' * 5000}:\n    pass\nimport torch, gc\ntorch.lstm(x), gc.get_objects()\n"
    for found in (banned_uses(BANNED, {"x.py": source}), tampering({"x.py": source})):
        assert [each.line for each in found] == [4]


def test_python_can_not_import_what_has_no_findings() -> None:
    for source in ("nn.LSTM(1, 2)\ndef f(:", "nn.LSTM(1, 2)\0"):
        assert banned_uses(BANNED, {"x.py": source}) == []
        with pytest.raises((SyntaxError, ValueError)):
            compile(source, "x.py", "exec")


MARKS = {
    "two in turn": "\u0301\u0327",
    "one": "\u0301",
    "halfwidth": "\uff9e\uff9f",
    "vowels that decompose": "\u0f73",
}


@pytest.mark.parametrize("marks", MARKS.values(), ids=MARKS)
def test_runs_of_combining_marks_are_not_parsed(marks: str) -> None:
    source = f"x = 1\na{marks * 200_000} = 1"
    start = time.process_time()
    with pytest.raises(Unreadable, match="combining marks") as info:
        parse(source)
    assert info.value.lineno == 2
    assert [each.what for each in tampering({"x.py": source})] == [UNREADABLE]
    assert time.process_time() - start < 2


def test_names_with_accents_are_parsed() -> None:
    parse("e\u0301te\u0301 = 1  # " + "e\u0301" * 1000 + "─" * 1000 + "漢字" * 500)
    parse("x = 'a" + "\u0301" * MAX_MARKS + "'")


def test_a_source_is_parsed_once() -> None:
    source = "x = 1  # for this test alone"
    tree = parse(source)
    assert parse(source) is tree


def test_trees_of_many_sources_are_not_kept() -> None:
    source = "x = 1  # the first of many"
    tree = parse(source)
    for number in range(10):
        parse(f"y = {number}\n" + "#" * 100_000)
    assert parse(source) is not tree


@pytest.mark.parametrize("name", ["punycode", "PUNYCODE", "Puny-Code", "IDNA", "idna"])
def test_slow_codecs_are_never_used(name: str) -> None:
    data = f"# coding: {name}\n".encode() + b"x" * 200_000
    start = time.process_time()
    assert decode(data).note == "Latin-1"
    assert time.process_time() - start < 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    mark = "" if encoding in ("utf-16", "utf-32") else "\ufeff"
    decoded = decode(f"{mark}s = 'ü'\n".encode(encoding))
    assert decoded.text == "s = 'ü'\n"
    assert decoded.note == encoding[:6].upper()


# ── Points ───────────────────────────────────────────────────────────────────────────────────────


def of(status: str, points: float = 0.0, *, required: bool = False) -> Result:
    return Result("t", "T", "1", points, required, status, 0)  # type: ignore[arg-type]


def test_points_wait_for_a_person_where_code_is_hidden() -> None:
    rubric = [Question("1", "One", "000", "x", 2.0, "tests")]
    held = of("pending", required=True)
    found = grade([of("passed", 2.0), held], rubric)
    assert (found.earned, found.possible, found.pending) == (0.0, 0.0, 2.0)
    assert found.questions[0].status == "pending"
    # Nobody needs to decide on what earns nothing, nor on what is blocked.
    assert grade([of("failed", 2.0), held], rubric).questions[0].status == "failed"
    blocked = [of("passed", 2.0), held, of("blocked", required=True)]
    assert grade(blocked, rubric).questions[0].status == "blocked"


def test_scans_load_no_torch() -> None:
    modules = "grader.bans.static, grader.bans.hidden, grader.bans.tampering, grader.checks.arrays"
    core = "grader.core.sources, grader.core.rubric, grader.core.failures, grader.core.spelling"
    code = f"import sys, {modules}, {core}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
