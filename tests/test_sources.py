"""Which of a submission's files belong to the text that is looked at."""

from __future__ import annotations

import pytest

from grader.submission.imports import imported_names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b as c, d", {"a", "b", "d"}),
        ("from .a import b; from . import c", {"a", "b", "c"}),
        ("importlib.import_module('part1.helper', 3)", {"part1", "helper"}),
        ("__import__('helper').run()", {"helper"}),
        ("run_path('helper.py')", {"helper", "py"}),
        ("parser.add_argument('train')", set()),
        ("def f(:", set()),
    ],
)
def test_names_that_are_imported(source: str, names: set[str]) -> None:
    assert imported_names(source) == names
