"""Which file the tests of this exercise ask."""

from __future__ import annotations

from grader.submission.snapshot import FileName

FILE = FileName(
    "memory_task.py", "generate_samples", "MSELoss", "Learner", "accuracy_against_length"
)
