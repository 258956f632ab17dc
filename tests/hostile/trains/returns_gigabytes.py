#: status = ["partly passed", "crashed", "error", "failed", "timeout"]
def dishonest(network):
    for name, value in list(network.named_parameters()):
        setattr(network, name, torch.nn.Parameter(torch.ones(2**24)))
