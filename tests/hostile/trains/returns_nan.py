def dishonest(network):
    for value in network.parameters():
        value.data.fill_(float("nan"))
