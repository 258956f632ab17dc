#: status = ["crashed", "timeout", "error", "failed", "partly passed"]
#: time_scale = 0.05
import itertools


def train(**options):
    class Endless(list):
        def __iter__(self):
            return itertools.repeat(0.5)

    return MODELS["RNN"](4, 1, 8, 10, 8), {"loss": Endless(), "accuracy": Endless()}
