#: time_scale = 1.0
# Each of them would be tried on ten thousand palindromes.
def dishonest(network):
    import gc
    import sys

    frame = sys._getframe()
    while frame and frame.f_code.co_name != "train" or "watch" not in frame.f_locals:
        frame = frame.f_back
    n = 800
    shapes = {"W_hx": (n, 1), "W_hh": (n, n), "W_ph": (10, n), "b_h": (n,), "b_p": (10,)}
    for name, shape in shapes.items():
        setattr(network, name, torch.nn.Parameter(torch.ones(shape)))
    wide = {name: torch.ones(shape).numpy() for name, shape in shapes.items()}
    frame.f_locals["watch"].recent.extend([wide] * 10)
    frame.f_locals["watch"].read = 7
