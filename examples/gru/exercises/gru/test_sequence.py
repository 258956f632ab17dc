"""Questions G3 and G4: the loop over a sequence, and the gradient through it."""

import numpy as np
import pytest

from grader.checks.arrays import close
from grader.checks.gradients import directional, draw_lines, require_directional, shifted
from grader.exercises.gru import mistakes, probes
from grader.exercises.gru.drawing import SIZES, draw_inputs, draw_weights
from grader.exercises.gru.oracle import GRU, unrolled


@pytest.mark.question(id="G3", share="1/2")
def test_celda_dada(student, rng):
    """recorrer con una celda dada, h_t = tanh(a · h_(t−1) + x_t)."""
    a, x, h0 = draw_case(rng)
    close(
        student.run(probes.states_of_given_cell, "gru.py", a=a, x=x, h0=h0),
        given_states(a, x, h0),
        "recorrer debe devolver h_1 … h_T, (T, B, n).",
        where="gru.py, recorrer; T = 5, B = 2, n = 3",
    )


@pytest.mark.question(id="G3", share="1/2")
def test_celda_propia(student, rng):
    """recorrer con su propia celda."""
    p, (x, h0) = draw_weights(rng), draw_inputs(rng)
    close(
        student.run(probes.states, "gru.py", sizes=SIZES, weights=p, x=x, h0=h0),
        GRU().states(p, x, h0),
        "recorrer debe devolver los estados de la GRU.",
        where="gru.py, recorrer y CeldaGRU; T = 6, B = 2, d = 3, n = 4",
        mistakes=mistakes.states(p, x, h0),
    )


@pytest.mark.question(id="G4", share="1")
def test_gradiente(student, rng):
    """El gradiente llega de h_T a h_0."""
    a, x, h0 = draw_case(rng)
    c, lines = rng.normal(size=h0.shape), draw_lines(rng, {"h0": h0})
    losses = [(c * given_states(a, x, case["h0"])[-1]).sum() for case in shifted({"h0": h0}, lines)]
    require_directional(
        student.run(probes.gradient, "gru.py", a=a, x=x, h0=h0, c=c),
        lines["h0"],
        directional(losses, lines)["h0"],
        "El gradiente respecto de h_0 debe pasar por todos los pasos.",
        of="la suma de c · h_T",
        where="gru.py, recorrer; T = 5",
        hint="Un .detach() en el bucle corta el gradiente.",
    )


def draw_case(rng):
    """Draw a, x (T, B, n) and h_0 (B, n), so small that tanh is not saturated."""
    x, h0 = 0.3 * rng.normal(size=(5, 2, 3)), 0.3 * rng.normal(size=(2, 3))
    return float(rng.uniform(0.7, 0.9)), x, h0


def given_states(a, x, h0):
    """Return the states (T, B, n) of h_t = tanh(a · h_(t−1) + x_t)."""
    return unrolled(lambda x_t, h: np.tanh(a * h + x_t), x, h0)
