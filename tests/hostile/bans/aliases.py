#: skeleton = "layer"
from torch import nn as networks

Memory = networks.RNN


def layer():
    return Memory
