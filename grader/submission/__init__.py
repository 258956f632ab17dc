"""Turn what a student handed in into a `Submission`: a folder with code that can be imported."""
