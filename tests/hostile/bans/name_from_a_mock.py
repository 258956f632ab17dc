#: skeleton = "kernel"
from unittest import mock


def kernel():
    with mock.patch("torch." + "hnat_nnr"[::-1]):
        pass
    return mock.patch("torch." + "hnat_nnr"[::-1]).getter().__dict__["hnat_nnr"[::-1]]
