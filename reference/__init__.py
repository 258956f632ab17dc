"""Full solutions to the sheets."""
