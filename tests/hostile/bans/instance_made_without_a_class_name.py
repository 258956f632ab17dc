#: skeleton = "layer"
import copy

made = [
    value(1, 1) for name, value in vars(torch.nn).items() if name.startswith("R") and len(name) == 3
]


def layer():
    return type(copy.deepcopy(made[0]))
