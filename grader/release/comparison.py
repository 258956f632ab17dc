"""Compare the template with the reference, without ruff.

Two files agree if their code and their comments do. Layout does not count, nor do imports that
only solutions used.
"""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path, PurePosixPath

from grader.release.markers import Faults
from grader.release.template import cut, joined, render_template, visible_files


def outdated_files(reference: Path, template: Path) -> list[PurePosixPath]:
    """Return the template's files that are not the reference's without solutions."""
    expected = render_template(reference, without_solutions)
    present = visible_files(template)
    return sorted(
        name
        for name in expected.keys() | present
        if name not in expected
        or name not in present
        or not agree(expected[name], (template / name).read_text(encoding="utf-8"))
    )


def without_solutions(source: str, faults: Faults) -> str | None:
    """Return a file's text without solutions, in the reference's layout; None if it stays out."""
    lines, _ = cut(source, faults)
    return joined(lines) if lines else None


def agree(expected: str, found: str) -> bool:
    """Return whether two files have the same code and comments, and no imports are new."""
    try:
        trees = ast.parse(expected), ast.parse(found)
    except SyntaxError:
        return False
    imports = [{name for node in tree.body for name in _imported(node)} for tree in trees]
    return (
        imports[1] <= imports[0]
        and _code(trees[0]) == _code(trees[1])
        and _comments(expected) == _comments(found)
    )


def _imported(node: ast.stmt) -> set[str]:
    """Return what an import statement binds, each name with its origin."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return set()
    origin = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
    return {f"{origin} {alias.name} {alias.asname}" for alias in node.names}


def _code(tree: ast.Module) -> list[str]:
    return [ast.dump(node) for node in tree.body if not _imported(node)]


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]
