"""Hand-ins are read in a process of its own; one that breaks it costs only itself."""

from __future__ import annotations

import os

import pytest

from grader.batch.reading import Reader
from grader.submission.snapshot import Submission
from tests.synthetic import packed

pytestmark = pytest.mark.slow


def names(submission: Submission) -> object:
    """Return the names of a submission's files, or do what one of them is called after."""
    found = sorted(str(file) for file in submission.files)
    if "exits.py" in found:
        os._exit(0)
    if "fills.py" in found:
        return len(bytearray(2**32))
    if "raises.py" in found:
        raise ValueError
    return found


def test_a_hand_in_that_breaks_the_reader_costs_only_itself() -> None:
    good = packed({"good.py": "x = 1\n"})
    with Reader(names, seconds=60) as reader:
        assert reader.read(good) == ["good.py"]
        for bad, said in {
            "exits.py": "has ended",
            "fills.py": "MemoryError",
            "raises.py": "ValueError",
        }.items():
            with pytest.raises(OSError, match=said):
                reader.read(packed({bad: ""}))
            assert reader.read(good) == ["good.py"]
        with pytest.raises(OSError, match="ZIP"):
            reader.read(b"no ZIP")
        reader._process.kill()  # type: ignore[union-attr]  # as the system may
        with pytest.raises(OSError):  # noqa: PT011 (of the system, in its language)
            reader.read(good)
        assert reader.read(good) == ["good.py"]


def test_a_hand_in_that_takes_too_long_is_given_up() -> None:
    with Reader(names, seconds=0) as reader:
        with pytest.raises(OSError, match="not read within 0 s"):
            reader.read(packed({"good.py": ""}))
        assert reader._process is None
