#: status = "timeout"
import itertools


class VanillaRNN(VanillaRNN):
    def forward(self, x):
        return sum(itertools.repeat(0))
