"""Question G2: one step of the cell."""

from functools import partial

import pytest

from grader.bans.static import banned_uses
from grader.checks.arrays import close, require_in_sources, require_untampered, require_unused
from grader.exercises.gru import mistakes, probes
from grader.exercises.gru.bans import BANNED
from grader.exercises.gru.drawing import SIZES, draw_inputs, draw_weights
from grader.exercises.gru.oracle import GRU


@pytest.mark.question(id="G2", required=True)
def test_sin_capas_hechas(student, rng):
    """Ninguna capa ya hecha."""
    sources = student.sources("gru.py")
    scan = partial(banned_uses, BANNED)
    require_unused(sources, scan, "No debe usarse ninguna capa ya hecha.", "sus propios productos")
    require_untampered(sources, "sus propios productos")
    x, h = draw_inputs(rng)
    student.run(probes.one_step, "gru.py", sizes=SIZES, weights=draw_weights(rng), x=x[0], h=h)
    require_in_sources(sources)


@pytest.mark.question(id="G2", share="3/4")
def test_un_paso(student, rng):
    """Un paso con pesos y entradas al azar."""
    p, (x, h) = draw_weights(rng), draw_inputs(rng)
    close(
        student.run(probes.one_step, "gru.py", sizes=SIZES, weights=p, x=x[0], h=h),
        GRU().step(p, x[0], h),
        "CeldaGRU debe devolver h_t = z ⊙ h_(t−1) + (1 − z) ⊙ h̃_t.",
        where="gru.py, CeldaGRU.forward; B = 2, d = 3, n = 4",
        mistakes=mistakes.steps(p, x[0], h),
    )


@pytest.mark.question(id="G2", share="1/4")
def test_compuerta_abierta(student, rng):
    """Con z ≈ 1 el estado se copia."""
    p, (x, h) = draw_weights(rng), draw_inputs(rng)
    p["b_z"] += 60.0
    close(
        student.run(probes.one_step, "gru.py", sizes=SIZES, weights=p, x=x[0], h=h),
        h,
        "Con z ≈ 1, CeldaGRU debe devolver h_(t−1).",
        where="gru.py, CeldaGRU.forward; b_z ≈ 60",
        mistakes=mistakes.steps(p, x[0], h),
    )
