"""Course content: one folder per exercise, and the rubric."""
