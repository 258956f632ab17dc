"""Pack what is given away: template, hand-out, Gradescope's autograder."""
