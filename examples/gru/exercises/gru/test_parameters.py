"""Question G1: the cell's parameters."""

import numpy as np
import pytest

from grader.checks.arrays import require
from grader.exercises.gru import probes
from grader.exercises.gru.drawing import SIZES, shapes

WIDE = {"tam_entrada": 40, "tam_oculto": 64}
SPREAD = 0.1  # relative; 11 standard deviations of what 64 · 40 uniform numbers give


@pytest.mark.question(id="G1", share="2/3")
def test_formas(student):
    """Nombres y formas de los nueve parámetros."""
    parameters(student, SIZES)


@pytest.mark.question(id="G1", share="1/3")
def test_valores_iniciales(student):
    """Valores iniciales: uniformes en ±1/√n; sesgos nulos."""
    bound = 1 / np.sqrt(WIDE["tam_oculto"])
    deviation = bound / np.sqrt(3)
    for name, value in parameters(student, WIDE).items():
        largest, where = np.abs(value).max(), f"gru.py, CeldaGRU, {name}; n = 64"
        if name.startswith("b"):
            what = f"{name} debe empezar en cero."
            require(largest == 0, what, expected="0", got=f"{largest:.3g}", where=where)
            continue
        require(
            largest <= bound * (1 + 1e-6),
            f"{name} debe estar entre −1/√n y 1/√n.",
            expected=f"como máximo {bound:.3g}",
            got=f"{largest:.3g}",
            where=where,
        )
        require(
            abs(value.std() / deviation - 1) < SPREAD,
            f"{name} debe tener una distribución uniforme en ±1/√n.",
            expected=f"desviación típica {deviation:.3g}",
            got=f"{value.std():.3g}",
            where=where,
            hint="torch.nn.init.uniform_ escribe valores uniformes en un parámetro.",
        )


def parameters(student, sizes):
    """Return the nine parameters of a new cell; fail if one is missing or has another shape."""
    got = student.run(probes.parameters, "gru.py", sizes=sizes)
    for name, shape in shapes(**sizes).items():
        require(
            name in got and got[name].shape == shape,
            f"El parámetro {name} debe existir y tener la forma {shape}.",
            expected=str(shape),
            got=str(got[name].shape) if name in got else f"solo {', '.join(got)}",
            where=f"gru.py, CeldaGRU; d = {sizes['tam_entrada']}, n = {sizes['tam_oculto']}",
        )
    return {name: got[name] for name in shapes(**sizes)}
