#: skeleton = "product"
#: status = "blocked"
def product():
    def run(x, W, b=None):
        return torch.nn.functional.conv1d(x[..., None], W[..., None], b)[..., 0]

    return run
