"""Find the function that computes the number of parameters (question 1.5b)."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator

from grader.core.failures import Failure
from grader.core.sources import parse
from grader.core.spelling import by_any_name, names_for, squeeze
from grader.exercises.palindrome.probes_handout import SIZES, SPEAKS_OF_PARAMETERS
from grader.sandbox.bad_answers import syntax_failure
from grader.sandbox.student import Student


def formula(student: Student) -> tuple[str, str]:
    """Return the file and the name of the function that computes the number.

    Raises:
        Failure: No file defines one. The formula may stand in the PDF, for a person to read.
    """
    for file in sorted(student.submission.files):
        if file.suffix.lower() == ".py":
            for name, parameters in functions(student.submission.source_of(file)):
                if is_formula(name, parameters):
                    return str(file), name
    if failure := syntax_failure(student.submission, ("lstm_parameter_count",)):
        raise failure
    raise Failure(
        "A formula for the number of parameters should stand in the PDF, or in a function.",
        expected="lstm_parameter_count(T, d, n, m), or the formula in the PDF",
        got="no function of the sizes whose name speaks of parameters",
        status="pending",
    )


def functions(source: str) -> Iterator[tuple[str, ast.arguments]]:
    """Yield the functions that a file defines at its top level, with ``def`` or as a lambda."""
    with contextlib.suppress(SyntaxError):
        for node in parse(source).body:
            match node:
                case ast.FunctionDef(name=name, args=parameters):
                    yield name, parameters
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=parameters))
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Lambda(args=parameters))
                ):
                    yield name, parameters


def is_formula(name: str, parameters: ast.arguments) -> bool:
    """Return whether a function speaks of parameters and takes sizes, the number of units too."""
    if squeeze(name) == "lstmparametercount":
        return True
    known = by_any_name(dict.fromkeys(SIZES), SIZES)
    names = [squeeze(argument.arg) for argument in parameters.args]
    required = names[: len(names) - len(parameters.defaults)]
    return (
        SPEAKS_OF_PARAMETERS.search(name) is not None
        and bool(names_for("n", SIZES) & set(names))
        and all(name in known for name in required)
    )
