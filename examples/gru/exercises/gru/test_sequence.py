import numpy as np
import pytest

from grader.checks.arrays import close
from grader.checks.gradients import (
    DIFFERENCE_STEP,
    directional,
    draw_lines,
    require_directional,
    shifted,
)
from grader.exercises.gru import mistakes, oracle, probes, tools


@pytest.mark.question(id="G3", share="1/2")
def test_celda_dada(student, rng):
    """recorrer con una celda dada, h_t = a · h_(t−1) + x_t."""
    x, h0 = rng.normal(size=(5, 2, 3)), rng.normal(size=(2, 3))
    a, h, expected = float(rng.uniform(0.3, 0.9)), h0, []
    for x_t in x:
        h = a * h + x_t
        expected.append(h)
    close(
        student.run(probes.states_of_given_cell, "gru.py", x=x, h0=h0, a=a),
        np.stack(expected),
        "recorrer debe devolver h_1 … h_T, (T, B, n).",
        where="gru.py, recorrer; T = 5, B = 2, n = 3",
    )


@pytest.mark.question(id="G3", share="1/2")
def test_celda_propia(student, rng):
    """recorrer con su propia celda."""
    p = tools.weights(rng)
    x, h0 = tools.inputs(rng)
    close(
        student.run(probes.states, "gru.py", sizes=tools.SIZES, weights=p, x=x, h0=h0),
        oracle.states(p, x, h0),
        "recorrer debe devolver los estados de la GRU.",
        where="gru.py, recorrer y CeldaGRU; T = 6, B = 2, d = 3, n = 4",
        mistakes=mistakes.states(p, x, h0),
    )


@pytest.mark.question(id="G4", share="1")
def test_gradiente(student, rng):
    """El gradiente llega de h_T a h_0."""
    x, h0 = 0.3 * rng.normal(size=(5, 2, 3)), 0.3 * rng.normal(size=(2, 3))
    c, a = rng.normal(size=(2, 3)), float(rng.uniform(0.7, 0.9))

    def loss(h):
        for x_t in x:
            h = np.tanh(a * h + x_t)
        return float((c * h).sum())

    lines = draw_lines(rng, {"h0": h0})
    values = [loss(case["h0"]) for case in shifted({"h0": h0}, lines, DIFFERENCE_STEP)]
    require_directional(
        student.run(probes.gradient, "gru.py", x=x, h0=h0, c=c, a=a),
        lines["h0"],
        directional(values, lines, DIFFERENCE_STEP)["h0"],
        "El gradiente respecto de h_0 debe pasar por todos los pasos.",
        of="la suma de c · h_T",
        where="gru.py, recorrer; T = 5",
        hint="Un .detach() en el bucle corta el gradiente.",
    )
