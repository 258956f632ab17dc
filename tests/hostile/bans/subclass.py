#: skeleton = "layer"
class MyOwn(torch.nn.RNN):
    pass


def layer():
    return MyOwn
