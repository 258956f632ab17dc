#: says = "after 10051 steps"
#: time_scale = 0.05
def dishonest(network):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
    while True:
        optimizer.step()
