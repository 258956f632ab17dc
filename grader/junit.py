"""Add to JUnit's XML what a check is worth: question, points, earned, status, seed.

What a check earned is known when all of its question have run, so properties are added at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from _pytest.junitxml import LogXML, xml_key

from grader.core.rubric import Result


class JUnit:
    """A plugin that adds properties to the test cases of ``--junitxml``."""

    def __init__(
        self, config: pytest.Config, results: Mapping[str, Result], grade: Callable[[], object]
    ) -> None:
        """Take the results by their tests' ids, and what settles their points."""
        self._config, self._results, self._grade = config, results, grade
        self._cases: dict[str, Any] = {}  # of JUnit's XML, by the tests' ids

    @pytest.hookimpl(trylast=True)  # after the case has been opened
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the test's case, which JUnit's plugin lets go of when the test has ended."""
        if report.when == "setup" and self._xml is not None:
            self._cases[report.nodeid] = self._xml.node_reporter(report)

    @pytest.hookimpl(tryfirst=True)  # before the file is written
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add the properties of all tests."""
        del session
        if self._xml is None:
            return
        self._grade()  # which settles what each result has earned
        for test, result in self._results.items():
            if test in self._cases:
                _add(self._cases[test].to_xml(), result)

    @property
    def _xml(self) -> LogXML | None:
        return self._config.stash.get(xml_key, None)  # there is one if a file is to be written


def _add(case: Any, result: Result) -> None:
    from xml.etree import ElementTree  # here, because most runs write no XML

    properties = case.find("properties")
    if properties is None:
        properties = ElementTree.Element("properties")
        case.insert(0, properties)
    for name, value in {
        "question": result.question,
        "points": f"{result.points:g}",
        "earned": f"{result.earned:g}",
        "status": result.status,
        "seed": str(result.seed),
    }.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)
