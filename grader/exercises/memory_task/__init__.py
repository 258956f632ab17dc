"""Sheet 003, assignment 2: remember the first number of a random sequence."""
