"""What a ``train(config)`` is called with."""

from __future__ import annotations

import pytest

from grader.worker.configuration import Configuration, declared

VALUES = {"length": 5, "learning_rate": 1e-3, "train_steps": 100}
ALIASES = {"learning_rate": "lr eta", "train_steps": "steps"}
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
    return Configuration(declared(source), VALUES, ALIASES)


def test_further_options_have_the_defaults_that_argparse_gives_them() -> None:
    assert vars(configuration()).items() >= {
        "print_every": 50, "verbose": False, "folder": None, "name": None,
    }.items()  # fmt: skip


def test_values_go_before_defaults_under_all_their_names() -> None:
    config = configuration()
    assert (config.lr, config.eta, config.learning_rate, config["Steps"]) == (1e-3, 1e-3, 1e-3, 100)


def test_what_nobody_declares_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no 'momentum': no add_argument declares it"):
        _ = configuration().momentum


def test_a_file_without_a_command_line_has_the_sheets_values() -> None:
    assert configuration("def train(config): ...").length == 5


def test_a_default_that_is_none_of_its_type_is_no_obstacle() -> None:
    assert configuration('p.add_argument("--n", type=int, default="many")').length == 5
