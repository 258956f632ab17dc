import pytest

from grader.checks.arrays import close
from grader.exercises.rnn_step import oracle, probes


@pytest.mark.question(id="S1", share="1/5")
@pytest.mark.parametrize("name", oracle.NAMES)
def test_step(student, rng, name):
    """A value of the step at a random point."""
    given = oracle.problem(rng)
    forward = {key: given[key] for key in ("W", "b", "x", "h")}
    if name == "state":
        got = student.run(probes.step, "rnn.py", inputs=forward)
    else:
        got = student.run(probes.gradients, "rnn.py", inputs=given)[name]
    close(got, oracle.right(**given)[name], f"{name} should be that of the equations.")
