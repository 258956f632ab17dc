"""The look at the source for tools that blind the looks at run time: what it finds and what not."""

from __future__ import annotations

import textwrap

import pytest

from grader.bans.static import Violation
from grader.bans.tampering import tampering as scan
from tests.conftest import ROOT

PRELUDE = """\
import argparse, builtins, concurrent.futures, copy, gc, importlib, inspect, math, os, pickle, re
import sys, threading, time, traceback, warnings
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import autograd, optim
"""
FIRST = PRELUDE.count("\n") + 1


def tampering(source: str, file: str) -> list[Violation]:
    return scan({file: source})


def tools(source: str) -> list[tuple[int, str]]:
    found = tampering(PRELUDE + textwrap.dedent(source), "x.py")
    return [(violation.line - FIRST + 1, violation.what) for violation in found]


def test_a_violation_says_where_what_and_how() -> None:
    source = "import gc\f\n\nfor thing in gc.get_objects():  # mine\n    pass\n"
    assert tampering(source, "part1/lstm.py") == [
        Violation("part1/lstm.py", 3, "gc.get_objects", "for thing in gc.get_objects():  # mine")
    ]


FOUND = {
    "import grader.bans.runtime as bans; bans.watch = None": "grader.bans.runtime",
    "from grader.worker import answering; answering.handle": "grader.worker.answering",
    "importlib.import_module('grader.bans.runtime').watch": "grader.bans.runtime",
    "import ctypes; ctypes.CDLL(None)": "ctypes",
    "from ctypes import pythonapi as api; api.PyRun_SimpleString": "ctypes.pythonapi",
    "for module in list(sys.modules.values()): pass": "sys.modules",
    "sys.modules['grader.bans.runtime'].watch": "grader.bans.runtime",
    "sys.modules[name]": "sys.modules",
    "modules = sys.modules": "sys.modules",
    "sys.settrace(look)": "sys.settrace",
    "sys._getframe(1).f_globals": "f_globals",
    "inspect.stack()[2].frame.f_locals": "f_locals",
    "error.__traceback__.tb_frame.f_back": "f_back",
    "gc.get_referrers(nn.Module)": "gc.get_referrers",
    "gc.callbacks.append(print)": "gc.callbacks",
    "inspect.getargvalues(inspect.currentframe()).locals": "inspect.getargvalues",
    "sys.addaudithook(print)": "sys.addaudithook",
    "sys.setprofile(None)": "sys.setprofile",
    "from torch._decomp import decompositions as d; d.one_layer_rnn":
        "torch._decomp.decompositions.one_layer_rnn",
    "import torch._refs as refs; refs.tanh(x)": "torch._refs.tanh",
    "from torch.overrides import TorchFunctionMode as Mode; Mode()":
        "torch.overrides.TorchFunctionMode",
    "f.__closure__[0]": "__closure__",
    "cell.cell_contents": "cell_contents",
    "class Mine:\n    def __torch_function__(self): pass": "__torch_function__",
    "x.__torch_dispatch__ = f": "__torch_dispatch__",
    "setattr(Mine, '__torch_' + 'function__', f)": "a method that replaces operators of torch",
    "from torch.fx.experimental.proxy_tensor import make_fx; make_fx(f)":
        "torch.fx.experimental.proxy_tensor.make_fx",
    "torch.export.export(net, ())": "torch.export.export",
    "torch._C._autograd._disable_profiler_legacy()": "torch._C",
    "from torch.ao.nn.quantizable.modules import rnn; rnn._LSTMSingleLayer(1, 2)":
        "torch.ao.nn.quantizable.modules.rnn._LSTMSingleLayer",
    "torch.nn.quantizable.LSTM(1, 2)": "torch.nn.quantizable.LSTM",
    "f.__globals__['counts'] = 3": "__globals__",
    "sys._getframe().f_builtins": "f_builtins",
    "getattr(f, '__glo' + 'bals__')": "__globals__",
    "getattr(torch, '_C')": "torch._C",
    "from torch._C import _autograd as a; a.x": "torch._C._autograd",
    "from torch._C import DispatchKey as Key; Key.CPU": "torch._C.DispatchKey",
    "torch.library.Library('aten', 'IMPL')": "torch.library",
    "autograd._enable_record_function(False)": "torch.autograd._enable_record_function",
    "nn.modules.module._global_forward_pre_hooks.clear()":
        "torch.nn.modules.module._global_forward_pre_hooks",
    "class Net:\n    def forward(self): return torch._C": "torch._C",
    "__name__ = '__main__'\nif __name__ == '__main__': torch._C": "torch._C",
}  # fmt: skip


@pytest.mark.parametrize(("source", "what"), FOUND.items())
def test_a_tool_is_found(source: str, what: str) -> None:
    assert what in [found for _, found in tools(source)]


# What real submissions hold, and networks that are right all the same.
HONEST = {
    "evaluation mode": "model.eval(); model.train(); self.eval()",
    "class by name": "model = eval(config.model_type)(10)\nkind = eval('VanillaRNN')",
    "weights by exec": "for g in 'gifo': exec(f'self.W_{g}x = nn.Parameter(torch.zeros(2, 2))')",
    "compiled": "torch.compile(model); re.compile('x'); compile(model); compile('1', '', 'eval')",
    "variables with such names": "exec = eval = compile = 3\nexecuted = exec_time = eval",
    "in a comment": "# torch._C._VariableFunctions does this, grader.bans.runtime looks\nx = 1",
    "in a text": "'''torch._C, ctypes, gc.get_objects()'''\nprint('sys.modules')",
    "own module": "model = getattr(sys.modules[__name__], name)",
    "own class's module": "sys.modules[self.__class__.__module__]",
    "in a notebook of Colab": "if 'google.colab' in sys.modules: pass",
    "a module read anew": "importlib.reload(sys.modules['dataset'])",
    "version of Python": "assert sys.version_info >= (3, 8)\nsys.path.append('..')\nsys.exit",
    "progress bar in a thread": "threading.Thread(target=bar, daemon=True).start()",
    "pool of threads": "concurrent.futures.ThreadPoolExecutor(2).map(train, lengths)",
    "lock": "lock = threading.Lock()",
    "signature": "inspect.signature(f).parameters, inspect.getsource(f), inspect.isclass(f)",
    "name of the function": "inspect.currentframe().f_code.co_name, inspect.stack()[0][3]",
    "name of the caller": "sys._getframe(1).f_code.co_name, sys._getframe().f_lineno",
    "freed memory": "gc.collect(); gc.disable(); torch.cuda.empty_cache()",
    "gradients": "autograd.grad(loss, h, retain_graph=True), torch.autograd.backward(loss)",
    "jacobian": "torch.autograd.functional.jacobian(f, x), torch.autograd.gradcheck(f, x)",
    "anomalies": "torch.autograd.set_detect_anomaly(True)\nwith autograd.detect_anomaly(): pass",
    "no gradients": "with torch.no_grad(), torch.autograd.grad_mode.no_grad(): pass",
    "own backward": "class Tanh(torch.autograd.Function): pass",
    "old wrapper": "h = torch.autograd.Variable(torch.zeros(2))",
    "profile": "with torch.autograd.profiler.record_function('forward'): pass\n"
    "with torch.profiler.profile(): pass",
    "fans": "nn.init._calculate_fan_in_and_fan_out(w)",
    "version": "print(torch.__version__)",
    "methods of tensors": "torch.Tensor.tanh(x)",
    "imported by an editor": "from torch._C import device, dtype\nd: device = device('cpu'), dtype",
    "unused import": "from torch._C import _VariableFunctions\nimport ctypes, grader.bans.runtime",
    "annotated": "from torch._C import _nn\ndef f(x: _nn.Thing) -> _nn.Thing: pass",
    "tensorboard": "from torch.utils.tensorboard import SummaryWriter\nSummaryWriter('runs')",
    "progress": "from tqdm import tqdm\nfor x in tqdm(range(3)): pass",
    "threads of torch": "torch.set_num_threads(1); torch.backends.cudnn.benchmark = True",
    "saved weights": "torch.save(model.state_dict(), 'w.pt'); torch.load('w.pt')",
    "copies": "copy.deepcopy(model); pickle.dumps(model)",
    "hooks": "model.register_forward_hook(f); h.register_hook(print); h.retain_grad()",
    "globals": "globals()['VanillaRNN']; locals(); vars(self); self.__dict__",
    "other modules of these names": "self.grader = 1; from .ctypes import x\nx(); library.grader",
    "a debugger": "import pdb; pdb.set_trace()\nbreakpoint()",
    "printed errors": "traceback.print_exc(); sys.exc_info()",
    "in the main program": "if __name__ == '__main__':\n    torch._C, gc.get_objects()",
    "bad syntax": "torch._C\ndef f(:",
    "null byte": "torch._C\0",
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_honest_code_is_let_through(source: str) -> None:
    assert tools(source) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("reference/**/*.py")), ids=lambda p: p.stem)
def test_the_reference_is_let_through(path: str) -> None:
    assert tampering((ROOT / path).read_text(encoding="utf-8"), "x.py") == []
