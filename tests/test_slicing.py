"""Of a notebook's statements those are kept that a definition needs, and no others."""

from __future__ import annotations

import ast

import pytest

from grader.core.sources import parse
from grader.submission.magics import plain_cell
from grader.submission.slicing import Statement, slice_of


def kept(*cells: str, wanted: tuple[str, ...] = ()) -> list[str]:
    """Return the statements that run when the notebook's module is imported."""
    body = [node for cell in cells for node in _body(plain_cell(cell).code)]
    chosen = zip(body, slice_of([Statement.of(node) for node in body], wanted), strict=True)
    return [ast.unparse(node) for node, is_kept in chosen if is_kept]


def _body(code: str) -> list[ast.stmt]:
    try:
        return parse(code).body
    except SyntaxError:
        return []


@pytest.mark.parametrize(
    "cell",
    [
        "import torch",
        "from torch import nn",
        "def f(x):\n    return x",
        "@decorator\n@another(1)\nclass A(B):\n    x = train()",
        "async def f():\n    pass",
        "x = 1",
        "x = -1",
        "x = y = 2.5",
        "x: int = 3",
        "a, b = (1, 'two')",
        "x = [1, (2, 3), {4}, {'five': 6}]",
        "x = 2 * 3 + 4 ** 2",
        "x = [*range(3)]",
        "f = lambda x: x ** 2",
        "try:\n    import tqdm\nexcept ImportError:\n    tqdm = None",
        "if cuda:\n\n    def f():\n        pass\nelse:\n    f = None",
        "with quiet():\n    import torch",
        "for name in names:\n\n    def f():\n        pass",
    ],
)
def test_definitions_and_constants_are_kept(cell: str) -> None:
    assert kept(cell) == [cell]


@pytest.mark.parametrize(
    "cell",
    [
        "train()",
        "x = train()",
        "print('hello')",
        "'a string'",
        "for i in range(3):\n    train()",
        "while True:\n    pass",
        "with open('x') as f:\n    pass",
        "x = unknown",
        "x = [train() for _ in range(3)]",
        "x += 1",
        "del x",
        "assert train()",
        "await train()",
        "plt.plot(x)",
    ],
)
def test_what_nothing_depends_on_is_left_out(cell: str) -> None:
    assert kept(cell) == []


# By name, cells of which all are needed but those that begin with "out".
SLICES = {
    "a call": ["GATES = gates()", "def f():\n    return GATES"],
    "a call of a library": ["loss = nn.MSELoss()", "def f(x):\n    return loss(x)"],
    "what a call needs": ["a = f()", "b = g(a)", "def h():\n    return b"],
    "a default": ["device = best()", "def f(device=device): pass"],
    "a base class": ["Base = make()", "class A(Base): pass"],
    "a decorator": ["register = Registry()", "@register\nclass A: pass"],
    "a loop that fills a table": [
        "size = {}", "for g in 'gifo':\n    size[g] = n", "def f():\n    return size",
    ],
    "an entry": ["t = table()", "t['a'] = 1", "def f():\n    return t"],
    "an attribute": ["c = Config()", "c.n = 3", "c.gates += ['g']", "def f():\n    return c"],
    "a method": ["cfg = dict()", "cfg.update(n=3)", "def f():\n    return cfg"],
    "a method for a class": ["class A: pass", "def forward(self): pass", "A.forward = forward"],
    "methods by name": ["class A: pass", "for n in 'ab':\n    setattr(A, n, make(n))"],
    "an attribute of a module": ["import utils", "utils.flag = flag()"],
    "an attribute of a foreign class": ["import torch", "torch.Tensor.f = f"],
    "a dictionary of variables": [
        "args = Namespace()", "vars(args)['n'] = 3", "def f():\n    return args.n",
    ],
    "a function that changes its argument": [
        "def fill(t):\n    t['a'] = 1", "t = table()", "fill(t)", "def f():\n    return t",
    ],
    "a function that changes a global": [
        "def fill():\n    global n\n    n = 3", "fill()", "def f():\n    return n",
    ],
    "a function that fills a global": [
        "t = {}", "def add(k):\n    t[k] = 1", "add('a')", "def f():\n    return t",
    ],
    "a function through another": [
        "t = {}", "def add(k):\n    t[k] = 1", "def both():\n    add('a')", "both()",
        "def f():\n    return t",
    ],
    "an in-place operation": [
        "W = torch.empty(3)", "nn.init.normal_(W)", "W.mul_(2)", "def f():\n    return W",
    ],
    "an iterator that has moved": ["it = iter(x)", "first = next(it)", "def f():\n    next(it)"],
    "a walrus": ["print((low := settings()))", "def f():\n    return low"],
    "an awaited value": ["s = await read()", "def f():\n    return s"],
    "what a method reads": ["n = size()", "class A:\n    def f(self):\n        return n"],
    "what a class reads": ["n = size()", "class A:\n    x = n"],
    "what a lambda reads": ["n = size()", "f = lambda: n"],
    "a setting": ["import torch", "torch.set_default_dtype(torch.float64)", "torch.manual_seed(0)"],
    "a local name like a global": ["out: h = train()", "def f(x):\n    h = x\n    return h"],
    "a parameter like a global": ["out: x = draw()", "def f(x):\n    return x"],
    "a loop variable like a global": ["out: k = draw()", "def f(x):\n    return [k for k in x]"],
    "an argument that nothing changes": [
        "cfg = Config()", "out: print(cfg)", "out: x = train(cfg)", "def f():\n    return cfg",
    ],
    "a training": [
        "import torch", "def f(): pass",
        "out: for step in range(9):\n    loss = f()\n    loss.backward()\n    opt.step()",
    ],
    "a training that a definition would need": [
        "def train(m):\n    for x in data():\n        m(x).backward()",
        "out: net, history = train(9)",
        "def evaluate():\n    return net",
    ],
    "a training by steps": [
        "def step(m):\n    m().backward()", "m = make()", "out: for k in range(9):\n    step(m)",
        "def f():\n    return m",
    ],
    "a plot": ["import pyplot as plt", "out: plt.plot(x)", "def show():\n    plt.plot(1)"],
}  # fmt: skip


@pytest.mark.parametrize("cells", SLICES.values(), ids=SLICES)
def test_what_a_definition_needs_is_kept(cells: list[str]) -> None:
    needed = [ast.unparse(parse(cell).body[0]) for cell in cells if not cell.startswith("out: ")]
    assert kept(*(cell.removeprefix("out: ") for cell in cells)) == needed


def test_what_exercises_ask_for_is_kept() -> None:
    cells = ["size = 1", "truncatedStep = factory(True)", "other = factory(False)"]
    assert kept(*cells, wanted=("truncatedstep",)) == cells[:2]


@pytest.mark.parametrize(
    "source",
    ["(" * 1000, "-" * 100_000 + "1", "a" + ".a" * 100_000, "1" + "+1" * 100_000, "x = '\0'",
     "x = '\ud800'", "x = " + "9" * 5000],
)  # fmt: skip
def test_hostile_source_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parse(source)
    assert kept(source, "x = 1") == ["x = 1"]
