"""Sheet 003, assignment 1: a recurrent network in NumPy, backpropagation by hand."""
