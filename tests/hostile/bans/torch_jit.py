#: skeleton = "kernel"
source = """
def run(inputs: Tensor, state: Tensor, weights: List[Tensor], bias: bool, layers: int,
        dropout: float, train: bool, both: bool, first: bool) -> Tuple[Tensor, Tensor]:
    return torch.%s(inputs, state, weights, bias, layers, dropout, train, both, first)
"""


def kernel():
    return torch.jit.CompilationUnit(source % "hnat_nnr"[::-1]).run
