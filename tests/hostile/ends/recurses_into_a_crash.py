#: status = ["crashed", "error"]
import sys

sys.setrecursionlimit(10**9)


def fall():
    return [fall() for _ in range(2)]


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        return sorted([1, 2], key=lambda _: self.forward(x))
