#: skeleton = "kernel"
#: status = "blocked"
from torch._decomp import decompositions
from torch.overrides import TorchFunctionMode


class Products(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function.__name__ == "linear":
            return args[0] @ args[1].T + (0 if len(args) < 3 or args[2] is None else args[2])
        return function(*args, **(kwargs or {}))


def kernel():
    def run(inputs, state, weights, *_):
        with Products():
            outputs, _ = decompositions.one_layer_rnn(
                inputs, state[0], weights, True, decompositions.rnn_cell(torch.tanh)
            )
        return outputs, outputs[-1:]

    return run
