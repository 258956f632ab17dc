"""The grading kit: a pytest suite for the exercises and the engine that runs it."""
