#: skeleton = "layer"
class Layer:
    def __set_name__(self, owner, name):
        self.name = name.upper()

    def __get__(self, instance, owner):
        return getattr(torch.nn, self.name)


class Holder:
    rnn = Layer()


def layer():
    return Holder().rnn
