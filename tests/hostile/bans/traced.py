#: skeleton = "kernel"
def kernel():
    def run(inputs, state, weights, *_):
        return torch.jit.trace(Flat(), (inputs, state, *weights), check_trace=False)(
            inputs, state, *weights
        )

    return run


class Flat(torch.nn.Module):
    def forward(self, inputs, state, *weights):
        return getattr(torch, "hnat_nnr"[::-1])(
            inputs, state, list(weights), True, 1, 0.0, False, False, False
        )
