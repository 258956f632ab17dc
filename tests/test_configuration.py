"""Configurations of a student's program, and the values that a training should have in them."""

from __future__ import annotations

import argparse
import ast
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from grader.exercises.palindrome.configuration import Configuration, declared, is_configuration
from grader.exercises.palindrome.probes_train import ALIASES, CHOSEN, Aim
from grader.exercises.palindrome.settings import Settings

VALUES = {"length": 5, "learning_rate": 1e-3, "train_steps": 100}
NAMES = {"learning_rate": "lr eta", "train_steps": "steps"}
SOURCE = """
if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("-e", "--print-every", type=int, default="50", help=HELP)
    p.add_argument("--lr", type=float, default=0.5)
    p.add_argument("--verbose", action="store_true")
    p.add_argument("--where", dest="folder", required=True, choices=FOLDERS, default=HOME)
    p.add_argument("name")
    p.add_argument("--verbose", action="no such action")
    p.add_argument(*MORE)
    p.add_argument()
"""


def configuration(source: str = SOURCE) -> Configuration:
    return Configuration(declared(ast.parse(source)), VALUES, {"length", "train_steps"}, NAMES)


def test_options_have_the_defaults_that_argparse_gives_them() -> None:
    assert vars(configuration()).items() >= {
        "print_every": 50, "verbose": False, "folder": None, "name": None, "lr": 0.5,
    }.items()  # fmt: skip


def test_values_without_an_option_have_all_their_names() -> None:
    config = configuration("def train(config): ...")
    assert (config.lr, config.eta, config.learning_rate, config["Steps"]) == (1e-3, 1e-3, 1e-3, 100)


def test_values_that_are_chosen_go_before_defaults() -> None:
    assert configuration('p.add_argument("--steps", type=int, default=7)').steps == 100


def test_what_nobody_declares_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no 'momentum': no add_argument declares it"):
        _ = configuration().momentum


def test_a_default_that_is_none_of_its_type_is_no_obstacle() -> None:
    assert configuration('p.add_argument("--n", type=int, default="many")').length == 5


def settings(
    model: str = "RNN", source: str = "", literal: frozenset[str] = frozenset()
) -> Settings:
    made = Settings(Aim(model, 4).settings().values, ALIASES, literal)
    made.read(ast.parse(source))
    return made


@pytest.mark.parametrize(
    ("options", "model", "expected"),
    [
        ('p.add_argument("--input_length", type=int, default=10)', "RNN", ["--input_length", "4"]),
        ('p.add_argument("--palindrome-length", default=5)', "RNN", []),
        ('p.add_argument("-T", "--seq-len", default=10)', "RNN", ["--seq-len", "5"]),
        ('p.add_argument("--model_type", default="RNN")', "LSTM", ["--model_type", "LSTM"]),
        ('p.add_argument("--model", default="rnn")', "LSTM", ["--model", "lstm"]),
        ('p.add_argument("--net", choices=["vanilla_rnn"])', "RNN", ["--net", "vanilla_rnn"]),
        ('p.add_argument("--lstm", action="store_true")', "LSTM", ["--lstm"]),
        ('p.add_argument("--lstm", action="store_true")', "RNN", []),
        ('p.add_argument("--device", default="cuda:0")', "RNN", ["--device", "cpu"]),
        ('p.add_argument("model"); p.add_argument("length", type=int)', "RNN", ["RNN", "5"]),
        ('p.add_argument("--model_path", default="model.pt")', "RNN", []),
        ('p.add_argument("--lr", default=0.1)', "RNN", []),
    ],
)  # fmt: skip
def test_the_command_line_sets_what_the_program_declares(
    options: str, model: str, expected: list[str]
) -> None:
    assert settings(model, options).command_line(ast.parse(options)) == expected


class Plain:
    input_length = 10
    batch_size = 64


class Busy:
    length, batch_size = 10, 64

    def fit(self) -> None: ...


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("config", argparse.Namespace(), True),
        ("run", SimpleNamespace(length=3, lr=0.1), True),
        ("hyper", {"lr": 1, "seq_length": 10}, True),
        ("table", {"a": 1}, False),
        ("C", Plain, True),
        ("trainer", Busy(), False),
        ("length", 10, False),
    ],
)
def test_a_configuration_is_known_by_its_name_or_by_what_it_holds(
    name: str, value: Any, expected: bool
) -> None:
    assert is_configuration(name, value, ALIASES) is expected


def test_a_model_is_spelled_by_the_very_text_of_a_literal() -> None:
    """Some programs compare texts by ``is``."""
    program = 'p.add_argument("--model", default="RNN")\nkind = "LSTM"'
    _, chosen = settings("".join(["LS", "TM"]), program).command_line(ast.parse(program))
    assert chosen is sys.intern("LSTM")


def test_values_are_set_among_names_and_in_configurations() -> None:
    names = {
        "args": argparse.Namespace(input_length=10, model_type="RNN", lr=0.1),
        "T": 20,
        "model": object(),  # a network, not a name
        "seq_length": "?",
    }
    settings("LSTM", "'LSTM'").apply(names)
    assert vars(names["args"]) == {"input_length": 4, "model_type": "LSTM", "lr": 0.1}
    assert names["T"] == 5
    assert names["seq_length"] == "?"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("T = 20", "T = 5"),
        ("T, B = 20, 64", "T, B = (5, 64)"),
        ("for T in [10, 20]:\n    train(T)", "for T in [5]:\n    train(T)"),
        ("class Config:\n    input_length: int = 9", "class Config:\n    input_length: int = 4"),
        ("c = Namespace(input_length=9, lr=9)", "c = Namespace(input_length=4, lr=9)"),
        ("c = {'length': 9, 'lr': 9}", "c = {'length': 5, 'lr': 9}"),
        ("def f():\n    T = 20", "def f():\n    T = 20"),
        ("T = None", "T = None"),
        ("T = [10, 20]", "T = [5]"),
        ("T = []", "T = []"),
        ("p.add_argument('-T', default=[20, 30])", "p.add_argument('-T', default=[5])"),
        ("def f(p):\n    p.add_argument('--seq-len', default=[9])",
         "def f(p):\n    p.add_argument('--seq-len', default=[5])"),
        ("p.add_argument('--lr', default=[9])", "p.add_argument('--lr', default=[9])"),
        ("net = VanillaRNN(seq_length=9)", "net = VanillaRNN(seq_length=9)"),
    ],
)  # fmt: skip
def test_literals_are_replaced_where_they_are_bound(source: str, expected: str) -> None:
    tree = settings(literal=CHOSEN).rewritten(ast.parse(source))
    assert ast.unparse(ast.fix_missing_locations(tree)) == expected
