#: status = ["partly passed", "error", "failed", "internal"]
def dishonest(network):
    network.named_parameters = lambda *_, **__: [("W_hh", "a text"), (None, None)]
