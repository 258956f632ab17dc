"""Hold the course's content: one folder for each exercise."""
