#: skeleton = "kernel"
def kernel():
    operator = getattr(torch.ops.aten, "hnat_nnr"[::-1]).input
    key = torch._C.DispatchKey.CompositeImplicitAutograd
    return lambda *arguments: operator._op_dk(key, *arguments)
