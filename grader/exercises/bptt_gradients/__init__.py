"""Sheet 002, and question 1.1 of sheet 004: BPTT gradients by hand, as formulas in NumPy."""
