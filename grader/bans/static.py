"""Find banned names in source text, without importing it.

A scan takes all sources that stand behind an answer (text by file name) and returns what it found.
Two rules keep it from being switched off. What can't be scanned is a finding, whatever the reason;
only text that Python itself refuses has none, for it can't be imported either. And main blocks,
which honest students use to compare with ready-made layers, are left out only if nothing in these
sources can make them run: see `main_blocks_run`.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.bans.following import Scanner
from grader.bans.main_blocks import main_blocks_run
from grader.bans.meanings import LONGEST, Ref
from grader.bans.table import Table
from grader.core.sources import Unreadable, parse

DEEPEST = 40_000  # calls in calls: enough for any tree that Python's parser makes
UNREADABLE = "code that can't be scanned"

Sources = Mapping[str, str]  # text by file name


@dataclass(frozen=True)
class Violation:
    """A use of something banned: ``what`` it is (``torch.nn.LSTM``), ``how`` the line writes it."""

    file: str
    line: int
    what: str
    how: str


def banned_uses(table: Table, sources: Sources, *, is_program: bool = False) -> list[Violation]:
    """List the uses of names of the ``table``, by file and line."""
    return findings(_Banned.of(table), sources, is_program=is_program)


class _Banned(Scanner):
    """Object to names of torch that are in a table, wherever torch has them."""

    titles: Mapping[str, str]

    @classmethod
    @functools.cache
    def of(cls, table: Table) -> type[_Banned]:
        """Return the scanner for a table, always the same for the same one."""
        return type("_Banned", (cls,), {"titles": table.titles})

    def objection(self, used: Ref) -> str | None:
        if not used.path.startswith("torch.") or used.path.endswith(".modules.linear"):
            return None
        return self.titles.get(used.path.rpartition(".")[2])


def findings(
    make: Callable[[bool], Scanner], sources: Sources, *, is_program: bool = False
) -> list[Violation]:
    """Scan sources, each by a fresh scanner: ``make`` takes whether main blocks can run.

    They do in a program, a file that is executed rather than imported.
    """
    main_runs = is_program or main_blocks_run(tuple(sources.items()))
    found = []
    for file, source in sources.items():
        uses = scanned(make, source, main_runs)
        lines = re.split(r"\r\n|\r|\n", source) if uses else []
        for line, what in uses:
            found.append(Violation(file, line, what, lines[line - 1].strip()[:LONGEST]))
    return found


@functools.lru_cache(maxsize=8192)  # several questions scan the same files, which may be long
def scanned(
    make: Callable[[bool], Scanner], source: str, main_runs: bool
) -> tuple[tuple[int, str], ...]:
    """Return the lines of a source and what a scanner found there."""
    scanner, limit = make(main_runs), sys.getrecursionlimit()
    try:
        tree = parse(source.removeprefix("\ufeff"))
        sys.setrecursionlimit(DEEPEST)
        scanner.scan(tree)
    except Unreadable as error:
        return ((error.lineno or 1, UNREADABLE),)
    except SyntaxError:
        return ()  # Python can't import it either
    except Exception:  # noqa: BLE001 (whatever it is: what can't be scanned is a finding)
        scanner.found.add((scanner.line, UNREADABLE))
    finally:
        sys.setrecursionlimit(limit)
    return tuple(sorted(scanner.found))
