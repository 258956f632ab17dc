import numpy as np
import pytest

from grader.checks.arrays import require
from grader.exercises.gru import probes, tools

WIDE = {"tam_entrada": 40, "tam_oculto": 64}
SPREAD = 0.1  # relative; at 64 · 40 numbers, a right solution is 11 standard deviations away


@pytest.mark.question(id="G1", share="2/3")
def test_formas(student):
    """Nombres y formas de los nueve parámetros."""
    got = {
        name: value.shape
        for name, value in student.run(probes.parameters, "gru.py", sizes=tools.SIZES).items()
    }
    expected = tools.shapes(**tools.SIZES)
    for name, shape in expected.items():
        require(
            got.get(name) == shape,
            f"El parámetro {name} debe existir y tener la forma {shape}.",
            expected=str(shape),
            got=str(got[name]) if name in got else "ningún parámetro con ese nombre",
            where="gru.py, CeldaGRU; tam_entrada = 3, tam_oculto = 4",
        )


@pytest.mark.question(id="G1", share="1/3")
def test_valores_iniciales(student):
    """Valores iniciales: uniformes en ±1/√n; sesgos nulos."""
    got = student.run(probes.parameters, "gru.py", sizes=WIDE)
    bound = 1 / np.sqrt(WIDE["tam_oculto"])
    for name in tools.shapes(**WIDE):
        require(
            name in got,
            f"CeldaGRU debe tener un parámetro {name}.",
            expected=name,
            got=", ".join(got) or "ninguno",
        )
        value = got[name]
        if name.startswith("b"):
            require(
                not value.any(),
                f"{name} debe empezar en cero.",
                expected="0",
                got=f"{np.abs(value).max():.3g}",
                where="gru.py, CeldaGRU",
            )
            continue
        require(
            np.abs(value).max() <= bound * (1 + 1e-6),
            f"{name} debe estar entre −1/√n y 1/√n.",
            expected=f"como máximo {bound:.3g}",
            got=f"{np.abs(value).max():.3g}",
            where="gru.py, CeldaGRU; n = 64",
        )
        require(
            abs(value.std() / (bound / np.sqrt(3)) - 1) < SPREAD,
            f"{name} debe tener una distribución uniforme en ±1/√n.",
            expected=f"desviación típica {bound / np.sqrt(3):.3g}",
            got=f"{value.std():.3g}",
            where="gru.py, CeldaGRU; n = 64",
            hint="torch.nn.init.uniform_ escribe valores uniformes en un parámetro.",
        )
