"""Draws every figure that the sheets ask for, from the solutions."""
