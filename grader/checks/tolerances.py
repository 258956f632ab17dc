"""Define the tolerances of all checks, each with its reason, in one table.

Unless it says otherwise, a tolerance is relative to the largest expected magnitude.
``tests/benchmarks/tolerances.py`` measures how far right and wrong solutions are from each.
"""

from __future__ import annotations

# Another order of summation moves an answer by about 1e-14 in float64 and 1e-6 in float32; wrong
# formulas move it by 1e-3 and more.
FLOAT64 = 1e-9
FLOAT32 = 2e-4
TOLERANCE = {"float64": FLOAT64, "float32": FLOAT32}

# Some rounding to float32 on the way adds up to this; numbers that are closer are named so.
SINGLE_PRECISION = 1e-5

# Central differences with DIFFERENCE_STEP: the rule's error is step² times a third derivative,
# 1e-10; rounding adds 1e-16 / step = 1e-11.
DIFFERENCE_STEP = 1e-5
DIFFERENCES = 1e-6
# The same for a float32 network: rounding adds 1e-7 / step = 1e-5, the rule's error is 1e-4.
SINGLE_DIFFERENCE_STEP = 1e-2
SINGLE_DIFFERENCES = 5e-3
BY_DIFFERENCES = {  # step, tolerance
    "float64": (DIFFERENCE_STEP, DIFFERENCES),
    "float32": (SINGLE_DIFFERENCE_STEP, SINGLE_DIFFERENCES),
}
# Differences with a step of 0.02 and more, against the same differences: rounding alone, 1e-14.
SAME_DIFFERENCES = 1e-8

# The mean squared error and its gradient in float32, and central differences of a parabola, which
# are exact but for rounding: 1e-6 of the value, over a step of 0.1.
SQUARED_ERRORS = 1e-4

# Norms that fall by many powers of ten, each relative to its own size.
EACH_NORM = 1e-7

# What a figure shows, and a theta that was recorded: both may have passed through float32, 6e-8.
SHOWN = 1e-6
RECORDED = 1e-6

# The chance that a statistical check fails a right solution: of one comparison, and of one check.
CHANCE = 1e-9
CHANCE_OF_CHECK = 1e-6
