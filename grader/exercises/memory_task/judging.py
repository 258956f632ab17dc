"""The files that the tests of this exercise ask; a file of another name may define the same."""

from __future__ import annotations

from grader.sandbox.exercise_file import ExerciseFile

FILE = ExerciseFile("memory_task.py", ("generate_samples", "accuracy_against_length"))
LEARNER = ExerciseFile("memory_learner.py", ("MSELoss", "Learner"))
