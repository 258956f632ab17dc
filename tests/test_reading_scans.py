"""To parse and to scan a source costs the judge no more than the source is long."""

from __future__ import annotations

import pytest

from grader.bans.hidden import hidden_code
from grader.bans.tampering import tampering
from grader.core import sources
from tests.test_reading_cost import quick

SCANS = {
    "stars": "".join(f"from torch.a{i} import *\n" for i in range(3_000)) + "b;" * 30_000,
    "joins": "x = [" + "''," * 60_000 + "]\n" + "''.join(x);" * 20_000,
    "long paths": f"import {'a' * 100_000}.b as x\n" + "x.y;" * 30_000,
    "texts that run": f"s = '{'f();' * 48}'\n" + "exec(s);" * 20_000,
    "uses in one long line": "if 1:\n  " + "".join(f"torch._C.a{i};" for i in range(10_000)),
    "names": "a;" * 60_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("source", SCANS.values(), ids=SCANS)
def test_a_scan_costs_what_a_source_is_long(source: str) -> None:
    found = []
    with quick(20):
        for scan in (hidden_code, tampering):
            found += scan({"a.py": "import torch\n" + source})
    assert sum(len(violation.how) for violation in found) < 2**24


@pytest.mark.parametrize("join", [".", " . ", ".\\\n", "\u2118."])
def test_a_name_of_many_parts_is_not_parsed(join: str) -> None:
    with quick(2), pytest.raises(sources.Unreadable, match="more than 200 parts"):
        sources.parse(f"x = 1\nimport {join.join(['a'] * 50_000)}")
    sources.parse(f"import {join.join(['a'] * 150)}".replace("\u2118.", "."))
    with quick(2):
        sources.parse(f"x = '{'a' * 400_000}'")
