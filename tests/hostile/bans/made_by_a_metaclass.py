#: skeleton = "layer"
class Maker(type):
    def __new__(kind, name, bases, space):
        return getattr(torch.nn, name.swapcase())


class rnn(metaclass=Maker):
    pass


def layer():
    return rnn
