"""Generate the students' template (skeletons) from the reference.

Two comment lines in the reference enclose what a student is to write:

    ### BEGIN SOLUTION Question 1.2: one step of the cell
    ### END SOLUTION

In a function such a block becomes `raise NotImplementedError("Question 1.2: one step of …")`;
at module or class level, where helpers of the solution stand, it vanishes and needs no text.
A file with blocks goes to the template; so does, as it is, a file with the comment `### GIVEN`, and
so does the `__init__.py` of every package that these files are in. All other files stay out.

What only a solution needed goes with it: unused imports are removed; local names that lose their
use, and names that lose their definition, are reported for their author to decide.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from grader.core.course import course
from grader.core.errors import UserError
from grader.core.language import translated
from grader.core.paths import ROOT
from grader.release.markers import Block, Faults, find_markers, pair

# Names without use or without definition, and syntax errors, which ruff always reports.
LEFTOVERS = ["--select", "F821,F841,RUF059", "--output-format", "json", "--exit-zero"]
UNUSED_IMPORTS = ["--select", "F401,I", "--fix", "--exit-zero"]
STYLE = ["--isolated", "--line-length", "100", "--target-version", "py311"]

Lines = list[str | None]  # None once a line is taken out
Render = Callable[[str, Faults], str | None]


class TemplateError(UserError):
    """The reference can't become a template; the message has one line for each problem."""


def run_template(args: argparse.Namespace) -> int:
    """`grader template`: status 1 if the reference is at fault or `--check` finds a difference."""
    reference, template = course().reference, course().template
    try:
        if not args.check:
            print(f"{template}: {write_template(reference, template)} files")
            return 0
        diff = check_template(reference, template)
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    print(diff, end="")
    return 1 if diff else 0


def write_template(reference: Path, template: Path) -> int:
    """Write the template's files, over those of the same names, and return their number.

    Raises:
        UserError: The folder holds another file, maybe somebody's work; nothing was written.
    """
    files = render_template(reference)
    others = sorted(visible_files(template) - files.keys())
    if others:
        names = ", ".join(f"{template.name}/{name}" for name in others)
        raise UserError(f"delete or move what is not generated, then run this again: {names}")
    for name, text in files.items():
        path = template / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return len(files)


def check_template(reference: Path, template: Path) -> str:
    """Return the difference to what would be written, in the style of `diff -ru`."""
    files, present = render_template(reference), visible_files(template)
    lines: list[str] = []
    for name in sorted(files.keys() | present):
        if name not in files:
            lines.append(f"Only in {template.name}: {name}")
        elif name not in present:
            lines.append(f"Missing in {template.name}: {name}")
        else:
            old = (template / name).read_text(encoding="utf-8", errors="replace").split("\n")
            new = files[name].split("\n")
            label = f"{template.name}/{name}"
            lines += difflib.unified_diff(old, new, label, f"{label} (generated)", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def visible_files(folder: Path) -> set[PurePosixPath]:
    """Return all files below a folder, except hidden ones and Python's caches."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {
        PurePosixPath(path.as_posix())
        for path in paths
        if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    }


def render_template(reference: Path, render: Render | None = None) -> dict[PurePosixPath, str]:
    """Return the template's files, by their paths below its root.

    Args:
        reference: The folder of the solutions.
        render: Turns the text of one file into the students', `render_file` by default.

    Raises:
        UserError: The reference or ruff is missing.
        TemplateError: Lines of the reference are at fault; the message names all of them.
    """
    if not reference.is_dir():
        raise UserError(f"{reference} is missing: run this in a copy that has the solutions")
    files: dict[PurePosixPath, str] = {}
    problems: list[str] = []
    for name in sorted(name for name in visible_files(reference) if name.suffix == ".py"):
        faults: Faults = []
        text = (render or render_file)((reference / name).read_text(encoding="utf-8"), faults)
        problems += [f"{reference.name}/{name}:{line}: {what}" for line, what in sorted(faults)]
        if text is not None:
            files[name] = text
    if problems:
        raise TemplateError("\n".join(problems))
    for package in {folder / "__init__.py" for name in files for folder in name.parents}:
        if package not in files and (reference / package).exists():
            files[package] = (reference / package).read_text(encoding="utf-8")
    if files:
        files[PurePosixPath("__init__.py")] = root_package()
    return files


def root_package() -> str:
    """Return the text of the template's own `__init__.py`."""
    text = translated("Your solutions: complete every function that raises NotImplementedError.")
    return f'"""{text}"""\n'


def render_file(source: str, faults: Faults) -> str | None:
    """Return a file of the reference as students get it; None if it stays out or is at fault."""
    lines, solved = cut(source, faults)
    if solved:
        find_leftovers(lines, faults)
    if faults or not lines:
        return None
    text = joined(lines)
    return ruff("format", text=ruff("check", *UNUSED_IMPORTS, text=text)) if solved else text


def joined(lines: Lines) -> str:
    """Return the text of the lines that were not taken out."""
    return "\n".join(line for line in lines if line is not None)


def cut(source: str, faults: Faults) -> tuple[Lines, bool]:
    """Return a file's lines without solutions, and whether there were any.

    There are no lines if the file stays out or is at fault.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        faults.append((error.lineno or 1, f"mend the syntax: {error.msg}"))
        return [], False
    lines: Lines = [*source.split("\n")]
    markers = find_markers(source, faults)
    blocks = pair(markers, faults)
    given = [marker.line for marker in markers if marker.kind == "GIVEN"]
    for block in blocks:
        take_out_solution(block, tree, lines, faults)
    for number in given:
        take_out_line(number, lines)
    if blocks and given:
        faults.append((given[0], "remove this: a file with solutions is not given as it is"))
    return ([], False) if faults or not markers else (lines, bool(blocks))


def take_out_solution(block: Block, tree: ast.Module, lines: Lines, faults: Faults) -> None:
    """Replace the block's lines: by a stub in a function, by nothing elsewhere."""
    begin, end = block
    in_function = is_in_function(block, tree, lines)
    if in_function is None:
        faults.append((begin.line, "let the block hold whole statements, indented as its markers"))
    elif in_function and not begin.task:
        faults.append((begin.line, "say what to do: ### BEGIN SOLUTION <task>"))
    stub = f"{begin.indent}raise NotImplementedError({begin.task!r})" if in_function else None
    lines[begin.line - 1 : end] = [stub] + [None] * (end - begin.line)


def take_out_line(number: int, lines: Lines) -> None:
    """Remove a line, and one of the blank lines if it stands between two."""
    lines[number - 1] = None
    if lines[number - 2 : number + 1] == ["", None, ""]:
        lines[number] = None


def is_in_function(block: Block, tree: ast.Module, lines: Lines) -> bool | None:
    """Tell functions from modules and classes; None unless one body holds all of the block."""
    begin, end = block
    inner = range(begin.line + 1, end)
    code = {number for number in inner if not re.match(r"\s*(#|$)", lines[number - 1] or "")}
    for in_function, body in bodies(tree):
        inside = [statement for statement in body if set(span(statement)) <= set(inner)]
        covered = {number for statement in inside for number in span(statement)}
        if inside and code <= covered and inside[0].col_offset == len(begin.indent):
            return in_function
    return None


def bodies(node: ast.AST, in_function: bool = False) -> Iterator[tuple[bool, list[ast.stmt]]]:
    """Yield all lists of statements, outer ones first, each with whether it is in a function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        in_function = not isinstance(node, ast.ClassDef)
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if isinstance(body, list):  # that of a lambda is a single expression
            yield in_function, body
    for child in ast.iter_child_nodes(node):
        yield from bodies(child, in_function)


def span(statement: ast.stmt) -> range:
    """Return the lines of a statement, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (statement.end_lineno or first) + 1)


def find_leftovers(lines: Lines, faults: Faults) -> None:
    """Report names that have no definition, or no use, without the solutions."""
    # Blank lines for those taken out, so that ruff counts as the reference does.
    text = "\n".join(line or "" for line in lines)
    for finding in json.loads(ruff("check", *LEFTOVERS, text=text)):
        what = f"{finding['message']} without the solutions: move this line into a block"
        faults.append((finding["location"]["row"], what))


def ruff(*arguments: str, text: str) -> str:
    """Return ruff's output for a text, independent of folder and configuration."""
    if importlib.util.find_spec("ruff") is None:
        raise UserError('ruff is missing: run pip install -c constraints.txt -e ".[dev]"')
    command = [sys.executable, "-m", "ruff", *arguments, *STYLE, "-"]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", cwd=ROOT)
    if done.returncode:
        raise UserError(f"ruff {arguments[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout
