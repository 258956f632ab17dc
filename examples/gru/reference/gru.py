"""Una celda GRU desde cero, según Cho et al. (2014).

    r_t = σ(W_r x_t + U_r h_(t−1) + b_r)
    z_t = σ(W_z x_t + U_z h_(t−1) + b_z)
    h̃_t = tanh(W_h x_t + U_h (r_t ⊙ h_(t−1)) + b_h)
    h_t = z_t ⊙ h_(t−1) + (1 − z_t) ⊙ h̃_t

x_t tiene la forma (B, d), h_t la forma (B, n). Están prohibidas todas las capas ya hechas:
nn.GRU, nn.GRUCell, nn.Linear y similares.
"""

import torch
from torch import nn


class CeldaGRU(nn.Module):
    """Un paso de la GRU; sus parámetros son W_r, U_r, b_r, W_z, U_z, b_z, W_h, U_h y b_h."""

    def __init__(self, tam_entrada: int, tam_oculto: int) -> None:
        """Crear W_* (n, d), U_* (n, n), uniformes en ±1/√n, y b_* (n,), nulos."""
        super().__init__()
        ### BEGIN SOLUTION Pregunta G1: los parámetros
        bound = tam_oculto**-0.5
        for gate in "rzh":
            W = torch.empty(tam_oculto, tam_entrada).uniform_(-bound, bound)
            U = torch.empty(tam_oculto, tam_oculto).uniform_(-bound, bound)
            self.register_parameter(f"W_{gate}", nn.Parameter(W))
            self.register_parameter(f"U_{gate}", nn.Parameter(U))
            self.register_parameter(f"b_{gate}", nn.Parameter(torch.zeros(tam_oculto)))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """Devolver h_t (B, n) para x_t (B, d) y h_(t−1) (B, n)."""
        ### BEGIN SOLUTION Pregunta G2: un paso
        r = torch.sigmoid(x @ self.W_r.T + h @ self.U_r.T + self.b_r)
        z = torch.sigmoid(x @ self.W_z.T + h @ self.U_z.T + self.b_z)
        candidate = torch.tanh(x @ self.W_h.T + (r * h) @ self.U_h.T + self.b_h)
        return z * h + (1 - z) * candidate
        ### END SOLUTION


def recorrer(celda: nn.Module, x: torch.Tensor, h0: torch.Tensor) -> torch.Tensor:
    """Devolver h_1 … h_T, (T, B, n), para x (T, B, d) y h_0 (B, n)."""
    ### BEGIN SOLUTION Pregunta G3: la secuencia
    h, states = h0, []
    for x_t in x:
        h = celda(x_t, h)
        states.append(h)
    return torch.stack(states)
    ### END SOLUTION
